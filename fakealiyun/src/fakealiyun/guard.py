"""What protects a developer's machine from the pages open in its browser.

The fake cloud and the local gateway listen on loopback, where any page that the developer visits
can send requests too. Three checks keep such pages out:

- *Host*: a name other than loopback's own means DNS rebinding. Answer: 421.
- *Origin*: control routes and server-side API calls refuse requests that a foreign page caused.
- *Body*: control calls are JSON of a bounded size with the content type that says so, which a
  page of another origin cannot send without a preflight that is never granted.

Nothing here sends a CORS header.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

MAX_CONTROL_BODY = 64 * 1024  # bytes
_MAX_DEPTH = 16

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PORT = re.compile(r"[0-9]{1,5}")


class Refused(Exception):
    """The request must not be served: `status` and a `reason` that holds nothing of the request."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason

    def response(self) -> web.Response:
        """The answer to send; its body is `{"Code", "Message"}`."""
        return web.json_response(
            {"Code": "LocalGuard", "Message": self.reason},
            status=self.status,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )


def split_host(host: str) -> tuple[str, str] | None:
    """A `Host` header as (lower-case name, port or ""); None when it is not well-formed."""
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
    """The names this server answers to and the pages that may use its control routes.

    `mapped_hosts`: further names that are mapped to this server on purpose (a browser's resolver
    rules), exact or `*.suffix`. `own_origins`: origins of our own pages, `http://127.0.0.1:9000`;
    the server's own origin is *not* one of them unless listed, for an uploaded HTML file could be
    served from it. Raises ValueError for an entry that is not well-formed.
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
                raise ValueError("a mapped host is a name with a dot, or *. and such a name")
            if name.startswith("*."):
                self._suffixes += (name[1:],)
            else:
                self._names.add(name)
        self.own_origins = frozenset(origin.lower() for origin in own_origins)
        if not all(_is_origin(origin) for origin in self.own_origins):
            raise ValueError("an origin is http:// or https://, a host and perhaps a port")

    def knows_host(self, host: str) -> bool:
        """Whether a `Host` header names this machine's loopback or a mapped name, on any port."""
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
        """Raise Refused (421) unless the request has exactly one `Host` and it is a known one."""
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not self.knows_host(hosts[0]):
            raise Refused(421, "this server answers to loopback names only")

    def check_page(self, request: web.BaseRequest) -> None:
        """Raise Refused (403) when a page other than our own caused the request.

        A browser says so by `Origin` or `Sec-Fetch-Site`; other clients send neither.
        """
        origins = request.headers.getall("Origin", [])
        site = request.headers.get("Sec-Fetch-Site", "none").strip().lower()
        if len(origins) > 1:
            raise Refused(403, "more than one Origin")
        if origins:
            if origins[0].lower() not in self.own_origins:
                raise Refused(403, "requests from pages of a foreign origin are not served here")
            return
        if site == "cross-site":
            raise Refused(403, "cross-site requests are not served here")
        if site == "same-origin":
            # Browsers leave Origin out of same-origin GETs: the page lives on this very host.
            own = f"{request.scheme}://{request.headers.get('Host', '')}".lower()
            if own not in self.own_origins:
                raise Refused(403, "requests from pages of a foreign origin are not served here")

    def middleware(self) -> Middleware:
        """An aiohttp middleware: `check_host` on every request, `check_page` on `/_local/*`, and
        `Refused` raised anywhere below turned into its answer."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                self.check_host(request)
                if is_control(request):
                    self.check_page(request)
                return await handler(request)
            except Refused as refused:
                return refused.response()

        return guarded


def is_control(request: web.BaseRequest) -> bool:
    """Whether the request goes to the control routes, however its path is written."""
    return request.path == "/_local" or request.path.startswith("/_local/")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(_name: str) -> Any:
    raise ValueError("not a number of JSON")


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0


async def control_body(request: web.Request, limit: int = MAX_CONTROL_BODY) -> dict[str, Any]:
    """The JSON object in the body of a control call.

    Raises Refused: 415 without `Content-Type: application/json`, 413 above `limit` bytes, 400 for
    anything but one well-formed JSON object (repeated keys, NaN and deep nesting included).
    """
    if request.headers.getall("Content-Type", []) == [] or request.content_type != (
        "application/json"
    ):
        raise Refused(415, "control calls need Content-Type: application/json")
    if request.content_length is not None and request.content_length > limit:
        raise Refused(413, f"the body may have at most {limit} bytes")
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > limit:
            raise Refused(413, f"the body may have at most {limit} bytes")
    try:
        value = json.loads(body, object_pairs_hook=_pairs, parse_constant=_no_constant)
        if not isinstance(value, dict) or _depth(value) > _MAX_DEPTH:
            raise ValueError("not an object")
    except (ValueError, RecursionError):
        raise Refused(400, "the body must be one JSON object") from None
    return value
