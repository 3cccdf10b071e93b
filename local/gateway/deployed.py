"""Functions that are created and deleted through Function Compute's API while the gateway runs.

Each is served at `/<functionName>` on the gateway's port, and at the custom domains that route to
it. Its event has the path without that prefix, because a real function has its own address. A
version or an alias with an HTTP trigger is served at `/<functionName>.<qualifier>`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from fakealiyun.fc import Busy, DomainRoute, NotServed, TriggerCalls
from fakealiyun.fc import Deployed as DeployedFunction
from fakealiyun.guard import split_host
from fakealiyun.openapi import ApiError
from fakealiyun.openapi.wire import RawRequest
from local.gateway import errors
from local.gateway.asynchronous import AsyncQueue
from local.gateway.background import BackgroundTasks
from local.gateway.cloud_link import CloudLink
from local.gateway.deployment import Deployment
from local.gateway.errors import FcError
from local.gateway.function import LATEST, Function, Route, keyed, longest_match
from local.gateway.http_event import decoded_path, target_of
from local.gateway.invoker import Invoker
from local.gateway.logs import FunctionLogs
from local.gateway.outcome import Outcome
from local.gateway.pool import Exhausted
from local.gateway.queue_consumer import QueueConsumer
from local.gateway.running import Running, read, stop
from local.gateway.timers import Timer


@dataclass(frozen=True)
class RequestTarget:
    """The function that a request is for. If `signed`, the trigger requires a signature."""

    function: Function
    prefix: str = ""
    signed: bool = False


class DeployedFunctions:
    """Runs the functions of the fake Function Compute: implements `fakealiyun.fc.Compute`.

    It belongs to one event loop. `extra_environment` overrides every function's own variables and
    points them to the fake cloud. `reserved` are names that other functions already serve.
    `timers` is whether timer triggers fire. `trigger_calls` checks callers that must sign.
    """

    def __init__(
        self,
        cloud: CloudLink,
        *,
        region: str,
        trigger_calls: TriggerCalls,
        logs: FunctionLogs,
        interpreter: Path,
        idle_seconds: float,
        extra_environment: Mapping[str, str] | None = None,
        reserved: Collection[str] = (),
        timers: bool = True,
    ) -> None:
        nothing = Deployment(cloud.account_id, {}, {})
        self.invoker = Invoker(
            nothing, cloud, logs, interpreter=interpreter, idle_seconds=idle_seconds
        )
        self._functions: dict[str, Function] = {}
        self.queue = AsyncQueue(self.invoker, cloud, self._functions)
        self._cloud = cloud
        self._region = region
        self._trigger_calls = trigger_calls
        self._extra_environment = dict(extra_environment or {})
        self._reserved = frozenset(reserved)
        self._timers = timers
        self._running: dict[str, Running] = {}
        self._domains: dict[str, tuple[DomainRoute, ...]] = {}
        self._url = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._endings = BackgroundTasks()

    def start(self, url: str) -> None:
        """Serve at `url`, in the running loop."""
        self._url = url
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """Stop every trigger and end every instance."""
        for key in list(self._running):
            await self._remove(key)
        await self._endings.wait()
        await self.queue.close()
        await self.invoker.close()

    def find(self, request: web.BaseRequest) -> RequestTarget | None:
        """The function that a request is for. None if it is for none of these functions.

        Raises FcError if the function does not accept the request.
        """
        raw_path, _ = target_of(request)
        host = (split_host(request.headers.get("Host", "")) or ("", ""))[0]
        if host in self._domains:
            return self._find_by_domain(host, decoded_path(raw_path), request.method)
        name = raw_path[1:].partition("/")[0]
        running = self._running.get(name)
        if running is None or running.function.http is None:
            return None
        if not running.on_internet:
            raise errors.access_denied("access denied due to function internet URL is disable")
        if request.method not in running.function.http.methods:
            raise errors.method_not_allowed(request.method)
        return RequestTarget(running.function, f"/{name}", running.signed)

    def check_signature(self, request: web.BaseRequest, body: bytes, function: Function) -> None:
        """Raises FcError unless somebody who may invoke the function signed the call."""
        path, _, query = request.raw_path.partition("?")
        raw = RawRequest(
            method=request.method,
            path=path,
            query=query,
            headers=request.headers,
            body=body,
            host=request.headers.get("Host", ""),
            source_ip=request.remote or "",
            secure=request.secure,
        )
        try:
            self._trigger_calls.check(raw, function.name)
        except ApiError as error:
            raise FcError(error.status, error.code, error.message) from None

    def _find_by_domain(self, host: str, path: str, method: str) -> RequestTarget:
        routes = [
            (Route(route.path), route)
            for route in self._domains[host]
            if keyed(route.function, route.qualifier) in self._running
        ]
        route = longest_match(routes, path)
        if route is None:
            raise errors.route_not_found(path)
        if route.methods is not None and method not in route.methods:
            raise errors.method_not_allowed(method)
        return RequestTarget(self._running[keyed(route.function, route.qualifier)].function)

    # -- fakealiyun.fc.Compute

    async def put(self, deployed: DeployedFunction) -> None:
        """See Compute."""
        if deployed.name in self._reserved:
            raise NotServed(
                f"the name {deployed.name}: another function is served at /{deployed.name} here"
            )
        running = read(deployed, self._region, self._extra_environment)
        function = running.function
        await self._stop_triggers(function.key)
        self.invoker.put(function)
        if function.qualifier == LATEST:
            self._functions[deployed.name] = function
        self._running[function.key] = running
        for timer in function.timers if self._timers else ():
            if timer.enabled:
                running.triggers.append(Timer(function, timer, self.queue, self._cloud))
        for queue in function.queues:
            if queue.enabled:
                consumer = QueueConsumer(function, queue, self.invoker, self._cloud)
                running.triggers.append(consumer)
        for trigger in running.triggers:
            trigger.start()

    async def remove(self, name: str, qualifier: str) -> None:
        """See Compute."""
        await self._remove(keyed(name, qualifier))

    async def _remove(self, key: str) -> None:
        await self._stop_triggers(key)
        self._running.pop(key, None)
        self._functions.pop(key, None)
        self.invoker.remove(key)

    async def invoke(self, name: str, qualifier: str, event: bytes, request_id: str) -> Outcome:
        """See Compute."""
        function = self._running[keyed(name, qualifier)].function
        try:
            return await self.invoker.invoke(function, event, request_id)
        except Exhausted:
            raise Busy from None

    def accept(self, name: str, qualifier: str, event: bytes, request_id: str) -> None:
        """See Compute."""
        function = self._running[keyed(name, qualifier)].function
        if not self.queue.accept(function, event, request_id):
            raise Busy

    def put_domain(self, name: str, routes: Sequence[DomainRoute]) -> None:
        """See Compute."""
        self._domains[name] = tuple(routes)

    def remove_domain(self, name: str) -> None:
        """See Compute."""
        self._domains.pop(name, None)

    def url(self, name: str, qualifier: str) -> str:
        """See Compute."""
        return f"{self._url}/{keyed(name, qualifier)}"

    def clear(self) -> None:
        """See Compute."""
        gone, self._running = self._running, {}
        self._functions.clear()
        self._domains.clear()

        async def end() -> None:
            for key, running in gone.items():
                await stop(running.triggers)
                if key not in self._running:
                    self.invoker.remove(key)

        def begin() -> None:
            self._endings.start(end())

        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(begin)

    # -- inside

    async def _stop_triggers(self, key: str) -> None:
        running = self._running.get(key)
        if running is not None:
            triggers, running.triggers = running.triggers, []
            await stop(triggers)
