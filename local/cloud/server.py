"""One port for the whole cloud: which request goes to which service.

/_local/*                                   control
vod.*, sts.* (any path)                     OpenAPI
BUCKET.*, oss*.* (any path)                 OSS
an address or localhost: / alone            OpenAPI, unless it is signed or posted as for OSS
                         any other path     OSS
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from local.cloud.clock import Clock, http_date
from local.guard import Guard, Refused, is_control, split_host

_log = logging.getLogger(__name__)

HTTP_LOG = logging.getLogger(f"{__name__}.http")
"""aiohttp's own log of a server: silent, it reports broken requests with their content."""
HTTP_LOG.setLevel(logging.CRITICAL + 1)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LARGEST_LINE = 64 * 1024  # bytes of a request line or a header: parameters travel in the query
_API_LABELS = ("vod", "sts", "vod-vpc", "sts-vpc")
_PLAIN_NAMES = ("127.0.0.1", "localhost", "[::1]")
_REQUEST_IDS = ("x-acs-request-id", "x-oss-request-id")


def build(
    *, guard: Guard, clock: Clock, control: Handler, openapi: Handler, oss: Handler
) -> web.Application:
    """The aiohttp application. Every answer gets the cloud's `Date` and a request id."""

    async def dispatch(request: web.Request) -> web.StreamResponse:
        if not request.raw_path.startswith("/"):
            raise Refused(400, "the request target must be a path")
        service = openapi if is_for_openapi(request) else oss
        answer = control if is_control(request) else service
        try:
            return await answer(request)
        except (Refused, OSError):
            raise
        except Exception:
            # Here and not by aiohttp, whose log would also show what hostile clients send.
            _log.exception("a request could not be answered")
            raise

    async def stamp(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = http_date(clock.now())
        if not any(name in response.headers for name in _REQUEST_IDS):
            response.headers["x-acs-request-id"] = secrets.token_hex(16).upper()

    app = web.Application(middlewares=[guard.middleware()])
    app.router.add_route("*", r"/{path:[\s\S]*}", dispatch)  # a key may hold a new line
    app.on_response_prepare.append(stamp)
    return app


def is_for_openapi(request: web.Request) -> bool:
    """Whether a request goes to VOD or STS; the others go to OSS."""
    parts = split_host(request.headers.get("Host", ""))
    name = "" if parts is None else parts[0]
    if name not in _PLAIN_NAMES:
        return name.partition(".")[0] in _API_LABELS
    path, _, query = request.raw_path.partition("?")
    if path != "/":
        return False
    return not (
        request.headers.get("Authorization", "").startswith("OSS")
        or request.content_type == "multipart/form-data"
        or "OSSAccessKeyId=" in query
        or "x-oss-signature=" in query
    )
