"""The HTTP server: one port for the whole cloud. It decides which service gets a request.

First the host name decides:

/_local/*                              control routes, on any host
vod.*, sts.*                           OpenAPI gateway
fc.*, fcv3.*, ACCOUNT.REGION.fc.*      Function Compute
ACCOUNT.mns.REGION.*                   SMQ
any other name                         OSS (BUCKET.*, oss*.*)

On 127.0.0.1, [::1] and localhost, the request decides:

signed `MNS …`, or with x-mns-version  SMQ
path /                                 OpenAPI gateway, unless it is signed or posted as for OSS
paths /2023-03-30/*, /2021-04-06/*, …  Function Compute, with the same exception
any other path                         OSS
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE

from fakealiyun.clock import Clock, http_date
from fakealiyun.guard import Guard, GuardError, is_control, split_host

_log = logging.getLogger(__name__)

HTTP_LOG = logging.getLogger(f"{__name__}.http")
"""The log of aiohttp's server. It is silent, because it would show the content of bad requests."""
HTTP_LOG.setLevel(logging.CRITICAL + 1)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LARGEST_LINE = 64 * 1024  # bytes of a request line or a header; parameters are in the query
_API_LABELS = ("vod", "sts", "vod-vpc", "sts-vpc")
_FC_NAME = re.compile(r"(fc|fcv3|[0-9]{1,20}\.[a-z0-9-]+\.fc)\.")
_MNS_PATH = re.compile(r"/(queues|topics)(?![^/?])")
_MNS_NAME = re.compile(r"[0-9]{1,20}\.mns\.")
_FC_PATH = re.compile(r"/(2023-03-30|2021-04-06|2016-08-15)/")
_PLAIN_NAMES = ("127.0.0.1", "localhost", "[::1]")
_REQUEST_IDS = ("x-acs-request-id", "x-oss-request-id", "x-mns-request-id")


def build(
    *,
    guard: Guard,
    clock: Clock,
    control: Handler,
    openapi: Handler,
    fc: Handler,
    mns: Handler,
    oss: Handler,
) -> web.Application:
    """The aiohttp application. It adds `Date` by cloud time and a request id to every answer."""

    async def dispatch(request: web.Request) -> web.StreamResponse:
        if not request.raw_path.startswith("/"):
            raise GuardError(400, "the request target must be a path")
        if is_control(request):
            answer = control
        elif is_for_mns(request):
            answer = mns
        else:
            answer = fc if is_for_fc(request) else openapi if is_for_openapi(request) else oss
        try:
            return await answer(request)
        except (GuardError, OSError):
            raise
        except Exception:
            # aiohttp's own log would also show what hostile clients send.
            _log.exception("a request could not be answered")
            raise

    async def stamp(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = http_date(clock.now())
        if response.headers.get("Server") == SERVER_SOFTWARE:
            del response.headers["Server"]  # the real services do not name Python
        if not any(name in response.headers for name in _REQUEST_IDS):
            response.headers["x-acs-request-id"] = secrets.token_hex(16).upper()

    app = web.Application(middlewares=[guard.middleware()])
    app.router.add_route("*", r"/{path:[\s\S]*}", dispatch)  # an object key may contain a newline
    app.on_response_prepare.append(stamp)
    return app


def is_for_openapi(request: web.Request) -> bool:
    """Whether a request goes to the OpenAPI gateway (VOD and STS)."""
    parts = split_host(request.headers.get("Host", ""))
    name = "" if parts is None else parts[0]
    if name not in _PLAIN_NAMES:
        return name.partition(".")[0] in _API_LABELS
    return request.raw_path.partition("?")[0] == "/" and not _is_marked_for_oss(request)


def is_for_fc(request: web.Request) -> bool:
    """Whether a request goes to the API of Function Compute."""
    parts = split_host(request.headers.get("Host", ""))
    name = "" if parts is None else parts[0]
    if name not in _PLAIN_NAMES:
        return _FC_NAME.match(name) is not None
    return _FC_PATH.match(request.raw_path) is not None and not _is_marked_for_oss(request)


def is_for_mns(request: web.Request) -> bool:
    """Whether a request goes to the API of SMQ.

    A path is not enough, because a bucket may have the name `queues`. If the host does not decide,
    the scheme of the signature or the header with the API version does.
    """
    parts = split_host(request.headers.get("Host", ""))
    name = "" if parts is None else parts[0]
    if name not in _PLAIN_NAMES:
        return _MNS_NAME.match(name) is not None
    if request.headers.get("Authorization", "").startswith("MNS "):
        return True
    return "x-mns-version" in request.headers and _MNS_PATH.match(request.raw_path) is not None


def _is_marked_for_oss(request: web.Request) -> bool:
    query = request.raw_path.partition("?")[2]
    return (
        request.headers.get("Authorization", "").startswith("OSS")
        or request.content_type == "multipart/form-data"
        or "OSSAccessKeyId=" in query
        or "x-oss-signature=" in query
    )
