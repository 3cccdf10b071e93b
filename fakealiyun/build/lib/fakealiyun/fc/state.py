"""The state of Function Compute: functions, their triggers and settings, and custom domains."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from fakealiyun.fc import errors
from fakealiyun.fc.code import CodeInput, Package
from fakealiyun.fc.compute import Deployed
from fakealiyun.fc.fields import Fields

MAX_FUNCTIONS = 200
"""The limit for functions, and also for domains. Real quotas can be raised. This limit protects the
machine."""
MAX_TRIGGERS = 50
MAX_PAGE = 100


def new_id() -> str:
    """A new id for a function or trigger."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Trigger:
    """A trigger. Times are epoch seconds of cloud time."""

    name: str
    kind: str
    config: Mapping[str, Any] = field(repr=False)
    id: str
    created: float
    modified: float
    description: str = ""
    source_arn: str = ""
    invocation_role: str = ""


@dataclass(frozen=True)
class Function:
    """A function. Every change makes a new object. Times are epoch seconds of cloud time."""

    name: str
    id: str
    settings: Mapping[str, Any] = field(repr=False)
    package: Package
    code: CodeInput
    created: float
    modified: float
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    async_config: Mapping[str, Any] | None = None
    concurrency: int | None = None
    scaling: Mapping[str, Any] | None = None
    provision: Mapping[str, Any] | None = None

    def deployed(self) -> Deployed:
        """The function in the form that `Compute` needs."""
        props: dict[str, Any] = {
            name: self.settings[name]
            for name in ("runtime", "handler", "memorySize", "timeout", "environmentVariables")
        }
        if self.settings["role"]:
            props["role"] = self.settings["role"]
        if "instanceLifecycleConfig" in self.settings:
            props["instanceLifecycleConfig"] = self.settings["instanceLifecycleConfig"]
        props["triggers"] = [
            {"triggerName": one.name, "triggerType": one.kind, "triggerConfig": dict(one.config)}
            for one in self.triggers.values()
        ]
        if self.async_config is not None:
            known = ("maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig")
            props["asyncInvokeConfig"] = {
                name: self.async_config[name] for name in known if name in self.async_config
            }
        if self.concurrency is not None:
            props["concurrencyConfig"] = {"reservedConcurrency": self.concurrency}
        return Deployed(self.name, props, self.package.folder)


@dataclass(frozen=True)
class Domain:
    """A custom domain. The private key of its certificate is not stored."""

    name: str
    protocol: str
    routes: tuple[Mapping[str, Any], ...]
    created: float
    modified: float
    certificate: Mapping[str, str] = field(default_factory=dict, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


class FcAccount:
    """The functions and domains of one account in one region."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self.functions: dict[str, Function] = {}
        self.domains: dict[str, Domain] = {}

    def arn(self, rest: str) -> str:
        """`acs:fc:<region>:<account>:<rest>`."""
        return f"acs:fc:{self.region}:{self.account_id}:{rest}"

    def function_arn(self, name: str) -> str:
        """The ARN of a function."""
        return self.arn(f"functions/{name}")

    def function(self, name: str) -> Function:
        """The function with this name. Raises ApiError FunctionNotFound."""
        found = self.functions.get(name)
        if found is None:
            raise errors.not_found("Function", name[:64])
        return found

    def log_store(self, function: str) -> tuple[str, str] | None:
        """The log project and store of a function; None if there is none."""
        found = self.functions.get(function)
        config = {} if found is None else found.settings.get("logConfig") or {}
        if not config.get("project") or not config.get("logstore"):
            return None
        return str(config["project"]), str(config["logstore"])

    def trigger(self, function: str, name: str) -> Trigger:
        """A trigger of a function. Raises ApiError FunctionNotFound or TriggerNotFound."""
        found = self.function(function).triggers.get(name)
        if found is None:
            raise errors.not_found("Trigger", name[:128])
        return found

    def domain(self, name: str) -> Domain:
        """The custom domain with this name. Raises ApiError DomainNameNotFound."""
        found = self.domains.get(name)
        if found is None:
            raise errors.not_found("DomainName", name[:256])
        return found


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def page(items: Iterable[_N], query: Mapping[str, str]) -> tuple[list[_N], dict[str, str]]:
    """One page of a list sorted by name, and the `nextToken` of the next page, if there is one.

    Reads `limit` (default 20, at most 100), `nextToken` and `prefix`. Raises ApiError.
    """
    limit_text = query.get("limit") or "20"
    if not (limit_text.isascii() and limit_text.isdigit() and 1 <= int(limit_text) <= MAX_PAGE):
        raise errors.invalid_argument(f"limit must be a whole number from 1 to {MAX_PAGE}")
    after = _after(query.get("nextToken") or "")
    prefix = query.get("prefix") or ""
    names = sorted(
        (item for item in items if item.name.startswith(prefix) and item.name > after),
        key=lambda item: item.name,
    )
    found, rest = names[: int(limit_text)], names[int(limit_text) :]
    if not rest:
        return found, {}
    return found, {"nextToken": base64.urlsafe_b64encode(found[-1].name.encode()).decode()}


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (ValueError, binascii.Error):
        raise errors.invalid_argument("nextToken must come from an earlier answer") from None


def check_qualifier(qualifier: str | None) -> None:
    """Raise ApiError for a version or an alias. The fake has only the latest deployed code."""
    if qualifier in (None, "", "LATEST"):
        return
    kind = "Version" if qualifier.isdigit() else "Alias"
    raise errors.not_found(kind, qualifier[:64])


def role_of(fields: Fields, name: str) -> str:
    """The ARN of a role, or an empty string. Raises ApiError."""
    value = fields.text(name, "the ARN of a role", default="")
    if value and not value.startswith("acs:ram::"):
        raise fields.refuse(name, "the ARN of a role")
    return value
