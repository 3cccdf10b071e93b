"""The developer's settings for `make run`, and where each of them may come from.

`.env` is written for a deployment. So `make run` accepts from it only what is not secret and means
the same on this machine. Keys, secrets and addresses come from `.env.local` or from the process
environment alone: local uploads never reach the production receiver, and no token is signed with
a production key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PLAIN = frozenset(
    {
        "VODPASS_CORS_ORIGINS",
        "VODPASS_JWT_MAX_LIFE",
        "VODPASS_JWT_SUBJECT_CLAIM",
        "VODPASS_JWT_SCOPE_CLAIM",
        "VODPASS_JWT_VOD_CLAIM",
        "VODPASS_DEFAULT_SCOPES",
        "VODPASS_LIMITS",
        "VODPASS_LIMITS_AWAY",
        "VODPASS_LIMITS_BUDGET",
        "VODPASS_MAX_FILE_SIZE",
        "VODPASS_PLAY_MAX_TIMEOUT",
        "VODPASS_UPLOAD_WINDOW",
    }
)
"""Settings that `.env` may give: origins, claim names, limits, sizes and windows."""

TOGETHER = (
    ("VODPASS_WEBHOOK_URL", "VODPASS_WEBHOOK_SECRETS"),
    ("VODPASS_CREDENTIAL_WEBHOOK_URL", "VODPASS_CREDENTIAL_WEBHOOK_SECRETS"),
    ("VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS"),
)
"""Pairs that are set together or not at all."""

KEYS, KEYS_URL = "VODPASS_JWT_KEYS", "VODPASS_JWT_JWKS_URL"
ISSUER = frozenset({KEYS, KEYS_URL, "VODPASS_JWT_ISSUER", "VODPASS_JWT_AUDIENCE"})
"""The settings of an issuer other than this checkout. One of the first two, and the last two."""

PRIVATE = ISSUER.union(
    *TOGETHER, {"VODPASS_OWNER_KEYS", "VODPASS_ISSUER_ALIAS", "VODPASS_LIMITS_URL"}
)
"""Settings that only `.env.local` and the process environment may give."""

PLACEHOLDER = "replace me"

_PREFIX = "VODPASS_"
_QUOTED = r"'(?:\\'|[^'])*'|\"(?:\\\"|[^\"])*\""
_LINE = re.compile(
    rf"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*({_QUOTED}|[^#\r\n]*)", re.MULTILINE
)


class SettingsRefused(Exception):
    """The settings do not fit together. The message is one line for the developer."""


@dataclass(frozen=True)
class OwnSettings:
    """`values` override the local settings. `report` is lines for the developer, without values."""

    values: Mapping[str, str]
    report: tuple[str, ...]


def own_settings(folder: Path, environ: Mapping[str, str]) -> OwnSettings:
    """The settings in `environ`, in `.env.local` and in `.env` of `folder`; the first one counts.

    Raises SettingsRefused if a setting has no value for the one that belongs to it.
    """
    values: dict[str, str] = {}
    report: list[str] = []
    placeholders: set[str] = set()
    for source, given, allowed in (
        ("the environment", dict(environ), PLAIN | PRIVATE),
        (".env.local", _read(folder / ".env.local"), PLAIN | PRIVATE),
        (".env", _read(folder / ".env"), PLAIN),
    ):
        own = {name: value for name, value in given.items() if value and name.startswith(_PREFIX)}
        placeholders |= {name for name, value in own.items() if value == PLACEHOLDER}
        own = {name: value for name, value in own.items() if value != PLACEHOLDER}
        accepted = {name for name in own if name in allowed and name not in values}
        values |= {name: own[name] for name in accepted}
        report += _lines(f"accepted from {source}", accepted)
        report += _lines(
            f"not used from {source}, because only .env.local and the environment may set it",
            own.keys() & PRIVATE - allowed,
        )
        report += _lines(
            f"not used from {source}, because the local account has its own",
            own.keys() - PRIVATE - PLAIN,
        )
    report += _lines(f"ignored, because the value is still '{PLACEHOLDER}'", placeholders)
    _check_together(values)
    return OwnSettings(values, tuple(report))


def _check_together(values: Mapping[str, str]) -> None:
    for pair in TOGETHER:
        _check_complete(values, pair)
    if values.keys() & ISSUER:
        if KEYS in values and KEYS_URL in values:
            raise SettingsRefused(f"{KEYS} and {KEYS_URL} may not both be set")
        keys = KEYS_URL if KEYS_URL in values else KEYS
        _check_complete(values, (keys, "VODPASS_JWT_ISSUER", "VODPASS_JWT_AUDIENCE"))


def _check_complete(values: Mapping[str, str], names: Iterable[str]) -> None:
    found = [name for name in names if name in values]
    missing = [name for name in names if name not in values]
    if found and missing:
        raise SettingsRefused(
            f"{found[0]} needs {' and '.join(missing)} too; set all of them in .env.local or in "
            "the environment, or none"
        )


def _lines(what: str, names: Iterable[str]) -> list[str]:
    listed = ", ".join(sorted(names))
    return [f"settings {what}: {listed}"] if listed else []


def _read(path: Path) -> dict[str, str]:
    """The variables of a file in the form of `.env`. Empty if there is no such file."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise SettingsRefused(f"{path.name} cannot be read as UTF-8 text") from None
    found = {}
    for name, raw in _LINE.findall(text):
        value = raw.strip()
        if len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]:
            value = value[1:-1]
        found[name] = value
    return found
