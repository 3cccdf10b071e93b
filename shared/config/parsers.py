"""Parsers for the values of environment variables.

A parser takes the text of a variable and returns its value. It raises ValueError without the
text, because the text may be a secret. Patterns are compiled when they are used: a function that
does not read a variable must not pay for its pattern in a cold start.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SCOPES = frozenset({"vod:upload", "vod:refresh", "vod:play", "vod:sts"})

WATCH_JOBS = frozenset({"expiring", "abandoned", "completed"})
"""What `watch` can look for. See `shared/watch`."""

NONE = "none"
"""As issuer or audience: tokens carry none. Only a single key made for vodpass allows that."""


@dataclass(frozen=True)
class Variable:
    """One variable: the attribute of Settings that it sets, its parser, and what it may hold."""

    attribute: str
    parse: Callable[[str], Any]
    allowed: str
    required: bool = False


@dataclass(frozen=True)
class OwnerKey:
    """A key for ownership marks: ``key_id`` (2 characters) and at least 32 secret bytes."""

    key_id: str
    secret: bytes = field(repr=False)


def matching(pattern: str) -> Callable[[str], str]:
    """A parser for text that matches ``pattern`` from start to end."""

    def parse(raw: str) -> str:
        if not re.fullmatch(pattern, raw):
            raise ValueError
        return raw

    return parse


def one_of(choices: frozenset[str]) -> Callable[[str], str]:
    """A parser for one of ``choices``."""

    def parse(raw: str) -> str:
        if raw not in choices:
            raise ValueError
        return raw

    return parse


def some_of(*choices: str) -> Callable[[str], str]:
    """A parser for some of ``choices``, separated by commas, none twice."""

    def parse(raw: str) -> str:
        given = raw.split(",")
        if not set(given) <= set(choices) or len(set(given)) != len(given):
            raise ValueError
        return raw

    return parse


def listed(
    parse_one: Callable[[str], Any], *, separator: str = ",", most: int = 20
) -> Callable[[str], tuple[Any, ...]]:
    """A parser for 1 to ``most`` values with ``separator`` between them, none twice."""

    def parse(raw: str) -> tuple[Any, ...]:
        found = tuple(parse_one(item) for item in raw.split(separator))
        if len(found) > most or len(set(found)) != len(found):
            raise ValueError
        return found

    return parse


def number(low: int, high: int) -> Callable[[str], int]:
    """A parser for a decimal integer from ``low`` to ``high``."""

    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", raw) or not low <= int(raw) <= high:
            raise ValueError
        return int(raw)

    return parse


def flag(raw: str) -> bool:
    """1 or 0."""
    if raw not in ("0", "1"):
        raise ValueError
    return raw == "1"


def scopes(raw: str) -> frozenset[str]:
    """Scopes separated by blanks. ``vod:sts`` is never a default scope."""
    found = frozenset(raw.split())
    if not found or not found <= SCOPES - {"vod:sts"}:
        raise ValueError
    return found


def owner_keys(raw: str) -> tuple[OwnerKey, ...]:
    """``id:base64`` pairs separated by commas, each id once."""
    keys = []
    for item in raw.split(","):
        key_id, _, encoded = item.strip().partition(":")
        secret = _base64(encoded)
        if not re.fullmatch(r"[a-z0-9]{2}", key_id) or len(secret) < 32:
            raise ValueError
        keys.append(OwnerKey(key_id, secret))
    if len({key.key_id for key in keys}) != len(keys):
        raise ValueError
    return tuple(keys)


def callback_keys(raw: str) -> tuple[str, ...]:
    """One AuthKey of VOD, or two separated by a comma during a rotation."""
    keys = tuple(item.strip() for item in raw.split(","))
    for key in keys:
        # VOD's own rule for an AuthKey, and long enough to resist guessing.
        mixed = all(re.search(kind, key) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
        if not re.fullmatch(r"[A-Za-z0-9]{16,32}", key) or not mixed:
            raise ValueError
    if not 1 <= len(keys) <= 2:
        raise ValueError
    return keys


def callback_url(raw: str) -> str:
    """An https URL of at most 256 bytes whose last path segment is a secret."""
    secret = re.search(r"/[A-Za-z0-9_-]{22,}$", raw)
    if not re.fullmatch(_WEB_URL, raw) or len(raw) > 256 or "?" in raw or secret is None:
        raise ValueError
    return raw


def webhook_secrets(raw: str) -> tuple[bytes, ...]:
    """One secret of 24 to 64 bytes in base64, or two separated by a comma during a rotation."""
    secrets = tuple(_base64(item.strip().removeprefix("whsec_")) for item in raw.split(","))
    if not 1 <= len(secrets) <= 2 or not all(24 <= len(secret) <= 64 for secret in secrets):
        raise ValueError
    return secrets


def watch_jobs(raw: str) -> frozenset[str]:
    """Some of WATCH_JOBS separated by commas, or the word none."""
    if raw == NONE:
        return frozenset()
    jobs = frozenset(item.strip() for item in raw.split(","))
    if not jobs <= WATCH_JOBS:
        raise ValueError
    return jobs


def limits(raw: str) -> Mapping[str, int]:
    """Limits for each user, as JSON."""
    from shared.config.limits import parse

    return parse(raw)


def store_url(raw: str) -> str:
    """The URL of the store that counts for the limits."""
    from shared.config.limits import url

    return url(raw)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError from None


_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
domain = matching(rf"(?=.{{4,253}}$){_LABEL}(\.{_LABEL})+")
"""A domain of at least two labels, in lower case, without a port."""

_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# Only what a browser can send: an origin that it never sends would silently allow nothing.
_ORIGIN = (
    rf"null|http://({_HOST}|\[[0-9a-f:.]+\])(:(?!80$){_PORT})?"
    rf"|https://({_HOST}|\[[0-9a-f:.]+\])(:(?!443$){_PORT})?"
    r"|(?!https?:)[a-z][a-z0-9+.-]*://[\x21-\x7e]+"
)


def origins(raw: str) -> frozenset[str]:
    """Origins separated by commas, each spelled as a browser sends it."""
    found = [item.strip() for item in raw.split(",")]
    for origin in found:
        host = origin.partition("://")[2]
        if not re.fullmatch(_ORIGIN, origin) or any(mark in host for mark in "/?#@*"):
            raise ValueError
    return frozenset(found)


_PATH = r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
_LOOPBACK_HOST = rf"(127\.0\.0\.1|localhost|\[::1\]):{_PORT}"
_WEB_URL = rf"https://{_HOST}(:{_PORT})?{_PATH}|http://{_LOOPBACK_HOST}{_PATH}"

web_url = matching(_WEB_URL)
"""An https URL, or an http URL of a loopback address with a port."""

loopback = matching(_LOOPBACK_HOST)
"""A loopback address with a port."""
