"""Invokes the functions of a deployment, for every kind of trigger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local.gateway.cloud_link import CloudLink
from local.gateway.deployment import Deployment
from local.gateway.function import Function
from local.gateway.host import FunctionHost
from local.gateway.logs import FunctionLogs
from local.gateway.outcome import Outcome


class Invoker:
    """Runs the functions of a deployment. `close` ends every process that it started."""

    def __init__(
        self,
        deployment: Deployment,
        cloud: CloudLink,
        logs: FunctionLogs,
        *,
        interpreter: Path,
        idle_seconds: float,
    ) -> None:
        def host(function: Function) -> FunctionHost:
            return FunctionHost(
                function, deployment.account_id, cloud, logs, interpreter, idle_seconds
            )

        self._host = host
        self._hosts = {name: host(function) for name, function in deployment.functions.items()}
        self._draining: list[FunctionHost] = []

    async def invoke(
        self, function: Function, event: bytes, request_id: str, *, retry_count: int = 0
    ) -> Outcome:
        """The outcome of a call of the function's handler with `event`.

        Raises pool.Exhausted if all instances are busy, and LookupError or PermissionError if the
        function's role cannot be assumed.
        """
        return await self._hosts[function.key].invoke(event, request_id, retry_count)

    def put(self, function: Function) -> None:
        """Run this function from now on. It replaces the function of the same key, whose running
        requests are completed."""
        self.remove(function.key)
        self._hosts[function.key] = self._host(function)

    def remove(self, key: str) -> None:
        """Stop running a function. Has no effect if there is none of that key."""
        old = self._hosts.pop(key, None)
        if old is not None:
            old.pool.drain()
            self._draining = [host for host in self._draining if host.pool.instances]
            self._draining.append(old)

    def instances(self) -> list[dict[str, Any]]:
        """Every instance: function, id, pid, memory in KB, milliseconds to start, calls served."""
        hosts = [*self._hosts.values(), *self._draining]
        return [found for host in hosts for found in host.describe()]

    async def close(self) -> None:
        """End every instance."""
        for host in [*self._hosts.values(), *self._draining]:
            await host.pool.close()
