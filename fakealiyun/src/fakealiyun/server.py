"""The HTTP server: one port for the whole cloud.

It refuses requests that do not belong here, in the form of the service that they are meant for.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE

from fakealiyun.clock import Clock, http_date
from fakealiyun.guard import Guard, GuardError, is_control
from fakealiyun.refusal import Refusal, Refuse
from fakealiyun.routing import ServiceName, is_bucket_host, service_of

_log = logging.getLogger(__name__)

HTTP_LOG = logging.getLogger(f"{__name__}.http")
"""The log of aiohttp's server. It is silent, because it would show the content of bad requests."""
HTTP_LOG.setLevel(logging.CRITICAL + 1)

LARGEST_LINE = 64 * 1024  # bytes of a request line or a header; parameters are in the query
_REQUEST_IDS = ("x-acs-request-id", "x-oss-request-id", "x-mns-request-id", "x-log-requestid")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Route:
    """How one service answers a request, and how it words a refusal."""

    handle: Handler
    refuse: Refuse


def build(
    *, guard: Guard, clock: Clock, control: Handler, routes: Mapping[ServiceName, Route]
) -> web.Application:
    """The aiohttp application. It adds `Date` by cloud time and a request id to every answer."""

    async def dispatch(request: web.Request) -> web.StreamResponse:
        name = _meant_for(request)
        answer = control if name is None else routes[name].handle
        try:
            return await answer(request)
        except (GuardError, OSError):
            raise
        except Exception:
            # aiohttp's own log would also show what hostile clients send.
            _log.exception("a request could not be answered")
            raise

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = _meant_for(request)
        try:
            if not (name == "oss" and _has_own_bucket_name(request)):
                guard.check_host(request)
            if name is None:
                guard.check_page(request)
            if not request.raw_path.startswith("/"):
                raise GuardError(400, "the request target must be a path")
            return await handler(request)
        except GuardError as error:
            if name is None:
                return error.response()
            if error.status == 421:
                # The host is foreign. So the request alone shows what it is meant for.
                name = service_of(request.raw_path, request.headers, by_host=False)
            refusal = Refusal(error.status, error.code, error.reason)
            return routes[name].refuse(request, refusal)

    async def stamp(_request: web.Request, response: web.StreamResponse) -> None:
        stamp_answer(response, clock)

    async def expect(request: web.Request) -> web.StreamResponse | None:
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
            return None
        name = service_of(request.raw_path, request.headers)
        refusal = Refusal(417, "InvalidRequest", "Expect must be 100-continue.")
        return routes[name].refuse(request, refusal)

    app = web.Application(middlewares=[guarded])
    # An object key may contain a newline.
    app.router.add_route("*", r"/{path:[\s\S]*}", dispatch, expect_handler=expect)
    app.on_response_prepare.append(stamp)
    return app


def stamp_answer(response: web.StreamResponse, clock: Clock) -> None:
    """Add the headers that every answer has: `Date` by cloud time, and a request id."""
    response.headers["Date"] = http_date(clock.now())
    if response.headers.get("Server") == SERVER_SOFTWARE:
        del response.headers["Server"]  # the real services do not name Python
    if not any(name in response.headers for name in _REQUEST_IDS):
        response.headers["x-acs-request-id"] = secrets.token_hex(16).upper()


def _meant_for(request: web.Request) -> ServiceName | None:
    """The service that a request is for; None for the control routes."""
    return None if is_control(request) else service_of(request.raw_path, request.headers)


def _has_own_bucket_name(request: web.BaseRequest) -> bool:
    hosts = request.headers.getall("Host", [])
    return len(hosts) == 1 and is_bucket_host(hosts[0])
