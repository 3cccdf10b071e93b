"""The settings of a function, read from its environment and checked before the first request.

An empty value counts as unset, because ``s.yaml`` passes optional variables as empty strings. An
error names the variable and what is allowed there, never its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.config.jwk import KeySet
from shared.config.parsers import NONE, OwnerKey
from shared.config.uses import ALWAYS, ENDPOINTS
from shared.config.variables import PREFIX, VARIABLES

DEFAULT_APP = "app-1000000"
"""VOD's default application. Every account has it."""


class SettingsError(Exception):
    """A variable is missing or wrong: ``variable`` names it, ``allowed`` says what is allowed."""

    def __init__(self, variable: str, allowed: str) -> None:
        super().__init__(f"{variable} {allowed}")
        self.variable = variable
        self.allowed = allowed


@dataclass(frozen=True)
class Settings:
    """The settings. Fields are named like their variables. Times are seconds, sizes are bytes."""

    region: str = ""
    jwt_keys: KeySet | None = field(default=None, repr=False)
    jwt_jwks_url: str = ""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_max_life: int = 86400
    jwt_subject_claim: str = "sub"
    jwt_scope_claim: str = ""
    jwt_vod_claim: str = "vod"
    default_scopes: frozenset[str] = frozenset()
    issuer_alias: str = ""
    owner_keys: tuple[OwnerKey, ...] = field(default=(), repr=False)
    cors_origins: frozenset[str] = frozenset()
    upload_window: int = 86400
    max_file_size: int = 48_800_000_000_000
    title_unit: str = "bytes"
    play_max_timeout: int = 3000
    play_key: str = field(default="", repr=False)
    play_formats: str = ""
    play_definition: str = ""
    play_stream_type: str = ""
    play_auth_timeout: int = 0
    play_domain: str = ""
    play_domain_signed: bool = False
    upload_callback: bool = False
    accelerate: bool = False
    template_group_id: str = ""
    template_group_ids: tuple[str, ...] = ()
    workflow_id: str = ""
    storage_location: str = ""
    app_id: str = ""
    cate_id: int | None = None
    cate_ids: tuple[int, ...] = ()
    sts_upload_role: str = ""
    sts_play_role: str = ""
    sts_oss_role: str = ""
    oss_bucket: str = ""
    oss_prefix: str = ""
    limits: Mapping[str, int] | None = None
    limits_url: str = field(default="", repr=False)
    limits_away: str = "count"
    limits_budget: int = 50
    """Milliseconds."""
    callback_url: str = field(default="", repr=False)
    callback_keys: tuple[str, ...] = field(default=(), repr=False)
    callback_signed_urls: tuple[str, ...] = field(default=(), repr=False)
    webhook_url: str = field(default="", repr=False)
    webhook_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    webhook_private: bool = False
    credential_webhook_url: str = field(default="", repr=False)
    credential_webhook_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    watch: frozenset[str] = frozenset({"expiring", "abandoned"})
    watch_queue: str = ""
    late_recheck: int = 86400
    cleanup: str = "dry-run"
    cleanup_force: bool = False
    local: bool = False
    vod_endpoint: str = ""
    sts_endpoint: str = ""
    mns_endpoint: str = ""

    @property
    def application(self) -> str:
        """The VOD application of the deployment."""
        return self.app_id or DEFAULT_APP

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each setting that is allowed but unwise."""
        found = []
        if self.jwt_max_life > 86400:
            found.append("VODPASS_JWT_MAX_LIFE accepts tokens that live longer than a day")
        if self.limits is not None and not self.limits_url and self.jwt_issuer:
            found.append("VODPASS_LIMITS without VODPASS_LIMITS_URL counts in each instance alone")
        if self.limits is None and self.limits_url:
            found.append("VODPASS_LIMITS_URL has no effect without VODPASS_LIMITS")
        return tuple(found)


def load(environ: Mapping[str, str], uses: frozenset[str]) -> Settings:
    """Read and check the variables named in ``uses``.

    Raises SettingsError for the first that is missing or wrong, and for any ``VODPASS_`` variable
    that does not exist: most likely its name is misspelt.
    """
    for name in environ:
        if name.startswith(PREFIX) and name not in VARIABLES:
            raise SettingsError(name, "is not a setting of vodpass")
    values: dict[str, Any] = {}
    for name in sorted(uses | ALWAYS):
        variable = VARIABLES[name]
        raw = environ.get(name, "")
        if raw == "":
            if variable.required and not _is_optional(name, uses):
                raise SettingsError(name, f"is not set: {variable.allowed}")
            continue
        try:
            values[variable.attribute] = variable.parse(raw)
        except ValueError:
            raise SettingsError(name, f"must be {variable.allowed}") from None
    settings = Settings(**values)
    _check_together(settings, uses)
    return settings


def _is_optional(name: str, uses: frozenset[str]) -> bool:
    """Whether these functions can do without a variable that others require.

    Only what receives callbacks has their keys. `upload` needs just the URL, to name it in uploads.
    """
    return name == "VODPASS_CALLBACK_URL" and "VODPASS_CALLBACK_KEYS" not in uses


def _check_together(settings: Settings, uses: frozenset[str]) -> None:
    """Checks the variables that depend on each other. Raises SettingsError for the first fault."""
    _check_addresses(settings)
    _check_credential_webhook(settings)
    for name, needed in _NEEDS:
        for other in needed if _value(settings, name) else ():
            if not _value(settings, other):
                raise SettingsError(other, f"is not set, and {name} needs it")
    if "VODPASS_JWT_KEYS" in uses:
        _check_token_keys(settings)


def _value(settings: Settings, name: str) -> Any:
    """The value of the variable ``name``."""
    return getattr(settings, VARIABLES[name].attribute)


def _check_addresses(settings: Settings) -> None:
    """Raises SettingsError for an address that only a local deployment may have."""
    if settings.local:
        return
    for name in ENDPOINTS:
        if _value(settings, name):
            raise SettingsError(name, "is accepted only with VODPASS_LOCAL=1")
    for name in _WEB_URLS:
        if _value(settings, name).startswith("http:"):
            raise SettingsError(name, "must be an https URL")


def _check_token_keys(settings: Settings) -> None:
    """Raises SettingsError unless the keys that verify tokens come from one place."""
    if settings.jwt_keys is None and not settings.jwt_jwks_url:
        allowed = VARIABLES["VODPASS_JWT_KEYS"].allowed
        raise SettingsError("VODPASS_JWT_KEYS", f"is not set, nor VODPASS_JWT_JWKS_URL: {allowed}")
    if settings.jwt_keys is not None and settings.jwt_jwks_url:
        raise SettingsError("VODPASS_JWT_JWKS_URL", "may not be set beside VODPASS_JWT_KEYS")
    single = settings.jwt_keys is not None and len(settings.jwt_keys) == 1
    for name in ("VODPASS_JWT_ISSUER", "VODPASS_JWT_AUDIENCE"):
        if _value(settings, name) == NONE and not single:
            raise SettingsError(name, "may be the word none only beside a single key")


def _check_credential_webhook(settings: Settings) -> None:
    """Raises SettingsError if URL and secrets are not set together, or also serve the events."""
    if bool(settings.credential_webhook_url) != bool(settings.credential_webhook_secrets):
        raise SettingsError(
            "VODPASS_CREDENTIAL_WEBHOOK_URL",
            "and VODPASS_CREDENTIAL_WEBHOOK_SECRETS are set together or not at all",
        )
    if settings.credential_webhook_url and (
        settings.credential_webhook_url == settings.webhook_url
        or set(settings.credential_webhook_secrets) & set(settings.webhook_secrets)
    ):
        raise SettingsError(
            "VODPASS_CREDENTIAL_WEBHOOK_URL", "needs a URL and secrets that nothing else uses"
        )


_NEEDS = (
    ("VODPASS_STS_OSS_ROLE", ("VODPASS_OSS_BUCKET", "VODPASS_OSS_PREFIX")),
    ("VODPASS_UPLOAD_CALLBACK", ("VODPASS_CALLBACK_URL",)),
    ("VODPASS_PLAY_DOMAIN_SIGNED", ("VODPASS_PLAY_DOMAIN",)),
)
"""Each variable that others must accompany."""

_WEB_URLS = (
    "VODPASS_JWT_JWKS_URL",
    "VODPASS_CALLBACK_URL",
    "VODPASS_WEBHOOK_URL",
    "VODPASS_CREDENTIAL_WEBHOOK_URL",
)
