"""The HTTP server of the gateway: the HTTP triggers of all functions on one port."""

from __future__ import annotations

import base64
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from fakealiyun.guard import Guard, is_control
from local.gateway import errors
from local.gateway.asynchronous import AsyncQueue
from local.gateway.cloud_link import CloudLink
from local.gateway.deployment import Deployment
from local.gateway.errors import FcError
from local.gateway.function import Function, longest_match
from local.gateway.http_event import (
    MAX_ASYNC_BODY_BYTES,
    MAX_BODY_BYTES,
    build_event,
    check_headers,
    decoded_path,
    read_body,
    target_of,
)
from local.gateway.http_response import to_response
from local.gateway.invoker import Invoker
from local.gateway.logs import FunctionLogs
from local.gateway.outcome import new_request_id
from local.gateway.pool import Exhausted
from local.gateway.queue_consumer import QueueConsumer
from local.gateway.timers import Timer

if TYPE_CHECKING:
    from local.gateway.deployed import DeployedFunctions

IDLE_SECONDS = 300.0
"""Seconds after which an idle instance is ended. The real value is not documented."""

# Larger than Function Compute's own limits, so that callers get FC's errors, not the server's.
_MAX_LINE = 256 * 1024
_MAX_HEADERS = 2048

_logger = logging.getLogger(__name__)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _OwnFaultsOnly(logging.Filter):
    """Drops log records about malformed requests and about clients that disconnect.

    The parser quotes a malformed request, which may contain a token.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError | ConnectionError)


_logger.addFilter(_OwnFaultsOnly())


class Gateway:
    """Function Compute on one machine. `start` and `stop` belong to one event loop.

    `guard` decides which hosts and pages may send requests. `routes` are further routes on the same
    port (the page and `/_local/*`); they take precedence over the functions' paths. `interpreter`
    runs the functions (default: the interpreter that the virtual environment is based on). `timers`
    is whether timer triggers fire; tests that move the cloud's clock may not want that.
    `deployed` are functions that are created and deleted at run time.
    """

    def __init__(
        self,
        deployment: Deployment,
        cloud: CloudLink,
        *,
        guard: Guard | None = None,
        logs: FunctionLogs | None = None,
        routes: Iterable[web.AbstractRouteDef] = (),
        interpreter: Path | None = None,
        idle_seconds: float = IDLE_SECONDS,
        timers: bool = True,
        deployed: DeployedFunctions | None = None,
    ) -> None:
        self.deployment = deployment
        self.deployed = deployed
        self.logs = logs if logs is not None else FunctionLogs()
        self.port = 0
        self._cloud = cloud
        self._guard = guard if guard is not None else Guard()
        self._routes = list(routes)
        self.invoker = Invoker(
            deployment,
            cloud,
            self.logs,
            interpreter=interpreter if interpreter is not None else base_interpreter(),
            idle_seconds=idle_seconds,
        )
        functions = deployment.functions.values()
        by_name = {function.name: function for function in functions}
        self._queue = AsyncQueue(self.invoker, cloud, by_name)
        self._timers = [
            Timer(function, trigger, self._queue, cloud)
            for function in functions
            for trigger in function.timers
            if timers and trigger.enabled
        ]
        self._consumers = [
            QueueConsumer(function, trigger, self.invoker, cloud)
            for function in functions
            for trigger in function.queues
            if trigger.enabled
        ]
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address of the gateway, without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *, port: int = 0, listening: socket.socket | None = None) -> None:
        """Listen on loopback. Port 0 selects a free port. Raises OSError if the port is in use.

        `listening` is a socket that already listens. `stop` closes it.
        """
        middlewares: list[Any] = [self._guard.middleware(), self._functions()]
        app = web.Application(middlewares=middlewares)
        app.add_routes([*self._routes, web.get("/_local/instances", self._instances)])
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_logger,
            auto_decompress=False,
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
            max_headers=_MAX_HEADERS,
            shutdown_timeout=1.0,
        )
        await self._runner.setup()
        site: web.BaseSite = (
            web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True)
            if listening is None
            else web.SockSite(self._runner, listening)
        )
        await site.start()
        self.port = self._runner.addresses[0][1]
        for timer in self._timers:
            timer.start()
        for consumer in self._consumers:
            consumer.start()
        if self.deployed is not None:
            self.deployed.start(self.url)

    async def stop(self) -> None:
        """Stop listening and end every instance."""
        for timer in self._timers:
            timer.stop()
        for consumer in self._consumers:
            await consumer.close()
        await self._queue.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self.deployed is not None:
            await self.deployed.close()
        await self.invoker.close()

    async def _instances(self, _request: web.Request) -> web.Response:
        instances = self.invoker.instances()
        if self.deployed is not None:
            instances += self.deployed.invoker.instances()
        return web.json_response({"instances": instances}, headers={"Cache-Control": "no-store"})

    def _functions(self) -> Middleware:
        @web.middleware
        async def functions(request: web.Request, handler: _Handler) -> web.StreamResponse:
            if request.match_info.http_exception is None or is_control(request):
                return await handler(request)
            return await self._answer(request)

        return functions

    async def _answer(self, request: web.Request) -> web.Response:
        now = self._cloud.now()
        request_id = new_request_id(now)
        try:
            response = await self._serve(request, request_id, now)
        except FcError as error:
            response = error.response(request_id)
        except Exhausted:
            response = errors.exhausted().response(request_id)
        except (LookupError, PermissionError) as error:
            response = errors.internal(f"the function's role: {error}").response(request_id)
        response.headers["X-Fc-Request-Id"] = request_id
        response.headers["Date"] = formatdate(int(self._cloud.now()), usegmt=True)
        return response

    async def _serve(self, request: web.Request, request_id: str, now: float) -> web.Response:
        raw_path, _ = target_of(request)
        check_headers(request)
        invoker, queue = self.invoker, self._queue
        found = None if self.deployed is None else self.deployed.find(request)
        if self.deployed is not None and found is not None:
            function, prefix = found.function, found.prefix
            invoker, queue = self.deployed.invoker, self.deployed.queue
        else:
            function, prefix = self._function_at(decoded_path(raw_path), request.method), ""
        asynchronous = _choice(request, "X-Fc-Invocation-Type", "Sync", "Async")
        tail = _choice(request, "X-Fc-Log-Type", "None", "Tail")
        if "X-Fc-Async-Delay" in request.headers:
            raise errors.invalid_argument("X-Fc-Async-Delay does not work locally")
        limit = MAX_ASYNC_BODY_BYTES if asynchronous else MAX_BODY_BYTES
        body = await read_body(request, limit)
        if self.deployed is not None and found is not None and found.signed:
            self.deployed.check_signature(request, body, function)
        event = build_event(
            request,
            body,
            function,
            account_id=self.deployment.account_id,
            request_id=request_id,
            now=now,
            prefix=prefix,
        )
        if asynchronous:
            if not queue.accept(function, event, request_id):
                raise errors.exhausted()
            return web.Response(status=202)
        outcome = await invoker.invoke(function, event, request_id)
        response = to_response(outcome)
        if tail:
            response.headers["X-Fc-Log-Result"] = base64.b64encode(outcome.log_tail).decode()
        return response

    def _function_at(self, path: str, method: str) -> Function:
        routes = [
            (route, (function, route))
            for function in self.deployment.functions.values()
            for route in function.routes
        ]
        found = longest_match(routes, path)
        if found is None:
            raise errors.route_not_found(path)
        function, route = found
        if route.methods is not None and method not in route.methods:
            raise errors.method_not_allowed(method)
        if function.http is not None and method not in function.http.methods:
            raise errors.method_not_allowed(method)
        return function


def base_interpreter() -> Path:
    """The interpreter that the virtual environment is based on."""
    return Path(getattr(sys, "_base_executable", sys.executable))


def _choice(request: web.Request, header: str, default: str, other: str) -> bool:
    """Whether a header has the value `other`. Raises FcError (400) for any third value."""
    value = request.headers.get(header, default)
    if value not in (default, other):
        raise errors.invalid_argument(f"{header} must be {default} or {other}")
    return value == other
