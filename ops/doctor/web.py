"""Where the functions are reached, and one HTTP request to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ops.doctor.report import Report
from shared.transport import HttpAnswer, Transport, TransportError

TIMEOUT = 20.0  # seconds: a cold start, and a function's own timeout, are within
LIMIT = 256 * 1024  # bytes

_URL = re.compile(r"https?://[^\s/?#@]+(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?", re.ASCII)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UnusableUrl(ValueError):
    """The URL is none that the doctor asks; the message says what is."""


@dataclass(frozen=True)
class Place:
    """A URL, split: `host` may have a port, `path` may be empty."""

    tls: bool
    host: str
    path: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Scheme and host, which may be shown; a path may hold a secret."""
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def below(self, path: str) -> Place:
        """The place at this path below."""
        return Place(self.tls, self.host, self.path.rstrip("/") + path)

    def at(self, path: str) -> Place:
        """The place at exactly this path of the same host."""
        return Place(self.tls, self.host, path)


def place(url: str) -> Place:
    """An https URL, or an http one of this machine, without query. Raises UnusableUrl."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is none
        sound = _URL.fullmatch(url) is not None and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        raise UnusableUrl("a URL is https://HOST or https://HOST/PATH, without a query")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UnusableUrl("a URL must be https: tokens are sent to it")
    return Place(parts.scheme == "https", parts.netloc, parts.path)


class Once(Transport):
    """A transport that keeps no connection: what rests, though it was to be closed, is closed."""

    def __enter__(self) -> Once:
        return self

    def __exit__(self, *_: object) -> None:
        for connection, _since in self._resting.values():
            connection.close()
        self._resting.clear()


def ask(
    at: Place,
    method: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> HttpAnswer:
    """One request on a connection of its own; no redirect is followed. Raises TransportError."""
    target = (at.path or "/") + (f"?{query}" if query else "")
    given = {"User-Agent": "vodpass-doctor", "Connection": "close", **(headers or {})}
    with Once() as transport:
        return transport.exchange(
            method, at.host, target, given, body, tls=at.tls, timeout=TIMEOUT, limit=LIMIT
        )


def attempt(
    report: Report,
    name: str,
    at: Place,
    method: str,
    *,
    headers: Mapping[str, str],
    query: str = "",
    body: bytes = b"",
) -> HttpAnswer | None:
    """As `ask`, of the function `name`; where there is no answer, the report says so."""
    try:
        return ask(at, method, headers=headers, query=query, body=body)
    except TransportError as fault:
        report.could_not_check(name, f"{method} {at.origin}: {fault}")
        return None


def problem(answer: HttpAnswer) -> Mapping[str, Any]:
    """The problem details of a function's refusal; empty for anything else."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    if not isinstance(found, dict) or not re.fullmatch(r"[A-Za-z]{1,64}", str(found.get("Code"))):
        return {}
    return found
