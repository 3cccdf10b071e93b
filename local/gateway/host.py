"""Serves one function: its instances, its invocations, and their log."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.gateway.cloud_link import CloudLink, RoleCredentials
from local.gateway.environment import instance_environment
from local.gateway.function import Function, LifecycleHook
from local.gateway.instance import (
    Instance,
    InstanceExited,
    InstanceReply,
    InstanceTimedOut,
    RequestNotRead,
)
from local.gateway.logs import MAX_LINE, FunctionLogs, LogLine, RequestLog
from local.gateway.outcome import INITIALIZATION, TIMED_OUT, UNHANDLED, InvocationFailed, Outcome
from local.gateway.pool import Pool

_RENEW_SECONDS = 3600.0
"""Seconds until a role credential is replaced, long before it expires. When Function Compute
replaces it is not documented."""

_PRE_STOP_SECONDS_AT_MOST = 5.0  # FC allows 90 s; a developer does not wait that long


class FunctionHost:
    """Serves the invocations of one function with as many instances as they need."""

    def __init__(
        self,
        function: Function,
        account_id: str,
        cloud: CloudLink,
        logs: FunctionLogs,
        interpreter: Path,
        idle_seconds: float,
    ) -> None:
        self._function = function
        self._account_id = account_id
        self._cloud = cloud
        self._logs = logs
        self._interpreter = interpreter
        self._credential: tuple[float, RoleCredentials] | None = None
        self._serving: dict[str, tuple[str, RequestLog]] = {}
        self.pool = Pool(function.instances, self._start, self._stop, idle_seconds)

    async def invoke(self, event: bytes, request_id: str, retry_count: int) -> Outcome:
        """See `Invoker.invoke`.

        An idle instance may have ended without the gateway's notice. Then another instance serves
        the request. If a new instance ends before it reads the request, the invocation fails.
        """
        while True:
            with contextlib.suppress(RequestNotRead):
                return await self._serve(event, request_id, retry_count)

    async def _serve(self, event: bytes, request_id: str, retry_count: int) -> Outcome:
        """The outcome of one request on one instance.

        Raises RequestNotRead if the instance had served before and did not read this request.
        """
        log = RequestLog()
        try:
            instance = await self.pool.acquire()
        except (InstanceExited, InstanceTimedOut) as error:
            failed = InvocationFailed.with_message(
                UNHANDLED, f"the instance did not start: {error}"
            )
            return Outcome(request_id, failed.payload, failed.error_type, b"")
        self._serving[instance.id] = (request_id, log)
        usable = False
        try:
            payload = await self._run(instance, event, request_id, retry_count)
            usable = instance.alive
            return Outcome(request_id, payload, None, log.tail(), instance.id)
        except InvocationFailed as failed:
            usable = instance.alive and instance.loaded
            return Outcome(request_id, failed.payload, failed.error_type, log.tail(), instance.id)
        finally:
            del self._serving[instance.id]
            if usable:
                self.pool.release(instance)
            else:
                self.pool.discard(instance)

    def describe(self) -> list[dict[str, Any]]:
        """See `Invoker.instances`."""
        found = []
        for instance in self.pool.instances:
            if not instance.alive:
                continue  # it was killed, and nobody has asked for it since
            memory = instance.memory()
            found.append(
                {
                    "function": self._function.resource,
                    "instance": instance.id,
                    "pid": instance.pid,
                    "memoryKB": memory.now,
                    "peakMemoryKB": memory.peak,
                    "startMilliseconds": round(instance.start_milliseconds, 1),
                    "served": instance.served,
                }
            )
        return found

    async def _run(
        self, instance: Instance, event: bytes, request_id: str, retry_count: int
    ) -> bytes:
        call: dict[str, Any] = {"requestId": request_id, "retryCount": retry_count}
        credentials = self._credentials(instance.id)
        call["credentials"] = None if credentials is None else vars(credentials)
        cold = not instance.loaded
        if cold and self._function.initializer is not None:
            await self._initialize(instance, self._function.initializer, call)
        invocation = {**call, "kind": "invoke", "handler": self._function.handler}
        self._log(instance, f"FC Invoke Start RequestId: {request_id}")
        started = time.perf_counter()
        try:
            reply = await self._call(instance, invocation, event, self._function.timeout, UNHANDLED)
        finally:
            self._log(instance, f"FC Invoke End RequestId: {request_id}")
            self._log(instance, self._usage(instance, time.perf_counter() - started))
        instance.served += 1
        instance.loaded = True
        if cold:
            self._note_cold_start(instance, float(reply.head.get("loadMilliseconds", 0.0)))
        if reply.head.get("outcome") != "returned":
            raise InvocationFailed(UNHANDLED, reply.payload)
        return reply.payload

    async def _initialize(
        self, instance: Instance, hook: LifecycleHook, call: Mapping[str, Any]
    ) -> None:
        self._log(instance, f"FC Initialize Start RequestId: {call['requestId']}")
        head = {**call, "kind": "initialize", "handler": hook.handler}
        try:
            reply = await self._call(instance, head, b"", hook.timeout, INITIALIZATION)
        finally:
            self._log(instance, f"FC Initialize End RequestId: {call['requestId']}")
        if reply.head.get("outcome") != "returned":
            raise InvocationFailed(INITIALIZATION, reply.payload)

    async def _call(
        self,
        instance: Instance,
        head: dict[str, Any],
        payload: bytes,
        seconds: int,
        error_type: str,
    ) -> InstanceReply:
        """Send one call to the instance. Raises InvocationFailed.

        The runtime loads the code during the first call, so loading counts towards the timeout of
        that call. Whether Function Compute counts it is not documented.
        """
        started = time.perf_counter()
        try:
            reply = await instance.call(head, payload, seconds)
        except InstanceTimedOut:
            raise InvocationFailed.with_message(
                TIMED_OUT if error_type == UNHANDLED else error_type,
                f"Function time out after {seconds} seconds",
            ) from None
        except InstanceExited as error:
            if isinstance(error, RequestNotRead) and instance.loaded:
                raise
            milliseconds = math.ceil((time.perf_counter() - started) * 1000)
            raise InvocationFailed.with_message(
                error_type,
                "Process exited unexpectedly before completing request "
                f"(duration: {milliseconds}ms)",
            ) from None
        if reply.head.get("outcome") == "not loaded":
            raise InvocationFailed(error_type, reply.payload)
        return reply

    def _usage(self, instance: Instance, seconds: float) -> str:
        milliseconds = seconds * 1000
        peak = instance.memory().peak
        used = "unknown" if peak is None else f"{peak / 1024:.2f} MB"
        return (
            f"Duration: {milliseconds:.2f} ms, Billed Duration: {math.ceil(milliseconds)} ms, "
            f"Memory Size: {self._function.memory} MB, Max Memory Used: {used}"
        )

    def _note_cold_start(self, instance: Instance, load: float) -> None:
        """Log a line for the developer. Function Compute has no such line, so callers get none."""
        start = instance.start_milliseconds
        text = f"Cold Start: {start + load:.2f} ms (process {start:.2f} ms, code {load:.2f} ms)"
        self._logs.write(LogLine(self._function.resource, instance.id, None, text))

    def _log(self, instance: Instance, text: str) -> None:
        self._output(instance, text.encode())

    def _output(self, instance: Instance, line: bytes) -> None:
        line = line[:MAX_LINE]
        request_id, log = self._serving.get(instance.id, (None, None))
        if log is not None:
            log.add(line)
        text = line.decode("utf-8", "replace")
        self._logs.write(LogLine(self._function.resource, instance.id, request_id, text))

    def _credentials(self, session: str) -> RoleCredentials | None:
        if self._function.role is None:
            return None
        now = self._cloud.now()
        if self._credential is None or not 0 <= now - self._credential[0] < _RENEW_SECONDS:
            self._credential = now, self._cloud.role_credentials(self._function.role, session)
        return self._credential[1]

    async def _start(self) -> Instance:
        function = self._function
        identifier = Instance.new_id()
        credentials = self._credentials(identifier)
        instance = Instance(identifier, lambda line: self._output(instance, line))
        environment = instance_environment(
            function,
            account_id=self._account_id,
            instance_id=identifier,
            credentials=credentials,
            scratch=instance.scratch,
        )
        settings = {
            "runtime": function.runtime,
            "region": function.region,
            "accountId": self._account_id,
            "function": {
                "name": function.name,
                "handler": function.handler,
                "memory": function.memory,
                "timeout": function.timeout,
                "qualifier": function.qualifier,
                "version_id": function.version,
            },
        }
        try:
            await instance.start(self._interpreter, function.code, environment, settings)
        except BaseException:
            await instance.close()
            raise
        return instance

    async def _stop(self, instance: Instance) -> None:
        hook = self._function.pre_stop
        if hook is None or not instance.alive or not instance.loaded:
            return
        head = {
            "requestId": "",
            "retryCount": 0,
            "credentials": None,
            "kind": "preStop",
            "handler": hook.handler,
        }
        await instance.call(head, b"", min(hook.timeout, _PRE_STOP_SECONDS_AT_MOST))
