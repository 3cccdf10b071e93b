"""Protects a server on loopback from pages in the developer's browser.

Any page that a developer visits can send requests to loopback addresses. Three checks refuse them:

- *Host*: a name that is not a loopback name means DNS rebinding. The answer is 421.
- *Origin*: control routes and server-side API calls refuse requests from pages of other origins.
- *Body*: control calls need `Content-Type: application/json` and a limited size. A page of another
  origin can send that only after a preflight, and the preflight is always refused.

This module sends no CORS header.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from fakealiyun import strict_json

MAX_CONTROL_BODY = 64 * 1024  # bytes
_MAX_DEPTH = 16

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PORT = re.compile(r"[0-9]{1,5}")


class GuardError(Exception):
    """The request must be refused. `reason` must not quote the request."""

    code = "LocalGuard"

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason

    def response(self) -> web.Response:
        """The answer to send. Its body is `{"Code", "Message"}`."""
        return web.json_response(
            {"Code": self.code, "Message": self.reason},
            status=self.status,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )


class MalformedRequest(GuardError):
    """The HTTP parser cannot read the request, or the rest of its body."""

    code = "InvalidRequest"

    def __init__(self, status: int = 400) -> None:
        super().__init__(status, "The HTTP request is malformed.")


@lru_cache(maxsize=64)  # asked several times for every request
def split_host(host: str) -> tuple[str, str] | None:
    """A `Host` header as (lower-case name, port or ""). None if it is malformed."""
    name, port = host.lower(), ""
    if name.startswith("["):
        inner, bracket, rest = name[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return None
        try:
            ipaddress.IPv6Address(inner)
        except ValueError:
            return None
        name, port = f"[{inner}]", rest[1:]
        if rest and not port:
            return None
    else:
        name, colon, port = name.partition(":")
        if colon and not port:
            return None
        if not all(_LABEL.fullmatch(label) for label in name.split(".")):
            return None
    if port and not (_PORT.fullmatch(port) and int(port) <= 65535):
        return None
    return name, port


def _is_origin(text: str) -> bool:
    scheme, mark, rest = text.partition("://")
    return bool(mark) and scheme in ("http", "https") and split_host(rest) is not None


class Guard:
    """The host names that a server answers to, and the pages that may use its control routes.

    `mapped_hosts`: other names that somebody mapped to this server on purpose (with a browser's
    resolver rules), exact or `*.suffix`. `own_origins`: origins of pages that may use the control
    routes, such as `http://127.0.0.1:9000`. The server's own origin is *not* allowed unless it is
    listed, because the server may serve an uploaded HTML file. Raises ValueError for a malformed
    entry.
    """

    def __init__(
        self, *, mapped_hosts: Iterable[str] = (), own_origins: Iterable[str] = ()
    ) -> None:
        self._names: set[str] = set()
        self._suffixes: tuple[str, ...] = ()
        for entry in mapped_hosts:
            name = entry.lower()
            parts = split_host(name[2:] if name.startswith("*.") else name)
            if parts is None or parts[1] or "." not in parts[0]:
                raise ValueError("a mapped host must be a name with a dot, or *. and such a name")
            if name.startswith("*."):
                self._suffixes += (name[1:],)
            else:
                self._names.add(name)
        self.own_origins = frozenset(origin.lower() for origin in own_origins)
        if not all(_is_origin(origin) for origin in self.own_origins):
            raise ValueError("an origin must be http:// or https://, a host, and a port if needed")

    def knows_host(self, host: str) -> bool:
        """Whether a `Host` header has a loopback name or a mapped name, on any port."""
        parts = split_host(host)
        if parts is None:
            return False
        name = parts[0]
        return (
            name in ("127.0.0.1", "localhost", "[::1]")
            or name.endswith(".localhost")
            or name in self._names
            or name.endswith(self._suffixes)
        )

    def check_host(self, request: web.BaseRequest) -> None:
        """Raise GuardError (421) unless the request has exactly one `Host`, and it is known."""
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not self.knows_host(hosts[0]):
            raise GuardError(421, "this server answers to loopback names only")

    def check_page(self, request: web.BaseRequest) -> None:
        """Raise GuardError (403) if a page caused the request and its origin is not allowed.

        A browser sends `Origin` or `Sec-Fetch-Site`. Other clients send neither.
        """
        origins = request.headers.getall("Origin", [])
        site = request.headers.get("Sec-Fetch-Site", "none").strip().lower()
        if len(origins) > 1:
            raise GuardError(403, "more than one Origin")
        if origins:
            if origins[0].lower() not in self.own_origins:
                raise GuardError(403, "pages of this origin may not send this request")
            return
        if site == "cross-site":
            raise GuardError(403, "cross-site requests are refused")
        if site == "same-origin":
            # Browsers send no Origin with a same-origin GET. The page then comes from this host.
            own = f"{request.scheme}://{request.headers.get('Host', '')}".lower()
            if own not in self.own_origins:
                raise GuardError(403, "pages of this origin may not send this request")

    def middleware(self) -> Middleware:
        """An aiohttp middleware that makes both checks.

        It calls `check_host` for every request and `check_page` for `/_local/*`. It turns a
        GuardError of any handler into an answer.
        """

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                self.check_host(request)
                if is_control(request):
                    self.check_page(request)
                return await handler(request)
            except GuardError as error:
                return error.response()

        return guarded


def is_control(request: web.BaseRequest) -> bool:
    """Whether the request goes to the control routes, also if its path is escaped."""
    return request.path == "/_local" or request.path.startswith("/_local/")


async def control_body(request: web.Request, limit: int = MAX_CONTROL_BODY) -> dict[str, Any]:
    """The JSON object in the body of a control call.

    Raises GuardError: 415 without `Content-Type: application/json`, 413 above `limit` bytes, and
    400 for anything else but one strict JSON object (no key twice, no NaN, no deep nesting).
    """
    if request.headers.getall("Content-Type", []) == [] or request.content_type != (
        "application/json"
    ):
        raise GuardError(415, "control calls need Content-Type: application/json")
    if request.content_length is not None and request.content_length > limit:
        raise GuardError(413, f"the body may have at most {limit} bytes")
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > limit:
            raise GuardError(413, f"the body may have at most {limit} bytes")
    try:
        return strict_json.parse_object(body, max_depth=_MAX_DEPTH)
    except strict_json.StrictJsonError:
        raise GuardError(400, "the body must be one JSON object") from None
