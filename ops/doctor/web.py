"""The addresses of the functions, and single HTTP requests to them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ops.doctor.report import Report
from shared.transport import HttpAnswer, Transport, TransportError

TIMEOUT = 20.0  # seconds: longer than a cold start and a function's own timeout
LIMIT = 256 * 1024  # bytes

_URL = re.compile(r"https?://[^\s/?#@]+(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?", re.ASCII)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UnusableUrl(ValueError):
    """The doctor cannot use the URL; the message says which it can."""


@dataclass(frozen=True)
class Place:
    """A URL, split: `host` may have a port, `path` may be empty."""

    tls: bool
    host: str
    path: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Scheme and host. These may be shown, but a path may hold a secret."""
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def below(self, path: str) -> Place:
        """The place at a path below this one."""
        return Place(self.tls, self.host, self.path.rstrip("/") + path)

    def at(self, path: str) -> Place:
        """The place at a path of the same host."""
        return Place(self.tls, self.host, path)


def place(url: str) -> Place:
    """The place of an https URL without a query, or an http one of this machine.

    Raises UnusableUrl.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for an invalid port
        sound = _URL.fullmatch(url) is not None and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        raise UnusableUrl("a URL must be https://HOST or https://HOST/PATH, without a query")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UnusableUrl("a URL must be https, because tokens are sent to it")
    return Place(parts.scheme == "https", parts.netloc, parts.path)


def places(url: str | None, at: Sequence[str], functions: Collection[str]) -> dict[str, Place]:
    """The place of each function that the arguments URL and `--at FUNCTION=URL` name.

    Raises UnusableUrl.
    """
    found: dict[str, Place] = {}
    if url:
        base = place(url)
        found = {name: base.below(f"/{name}") for name in functions}
    for given in at:
        name, _, own = given.partition("=")
        if name not in functions:
            raise UnusableUrl(f"--at is FUNCTION=URL, a function one of {', '.join(functions)}")
        found[name] = place(own)
    return found


class Once(Transport):
    """A transport that closes every connection at its end, even one that it could reuse."""

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
    """The answer to one request, on its own connection, without redirects.

    Raises TransportError.
    """
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
    """As `ask`, for the function `name`. Without an answer, None and an entry in the report."""
    try:
        return ask(at, method, headers=headers, query=query, body=body)
    except TransportError as fault:
        report.could_not_check(name, f"{method} {at.origin}: {fault}")
        return None


def problem(answer: HttpAnswer) -> Mapping[str, Any]:
    """The problem details of a function's refusal; empty for any other answer."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or not re.fullmatch(r"[A-Za-z]{1,64}", str(found.get("Code"))):
        return {}
    return found
