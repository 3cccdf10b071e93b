"""Invoking the functions of a deployment: where every trigger comes together."""

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
    """Runs the functions of a deployment. `close` ends every process it has started."""

    def __init__(
        self,
        deployment: Deployment,
        cloud: CloudLink,
        logs: FunctionLogs,
        *,
        interpreter: Path,
        idle_seconds: float,
    ) -> None:
        self._hosts = {
            name: FunctionHost(
                function, deployment.account_id, cloud, logs, interpreter, idle_seconds
            )
            for name, function in deployment.functions.items()
        }

    async def invoke(
        self, function: Function, event: bytes, request_id: str, *, retry_count: int = 0
    ) -> Outcome:
        """Call the function's handler with `event` and say how it ended.

        Raises pool.Exhausted when all instances are busy; LookupError or PermissionError when the
        function's role cannot be assumed.
        """
        return await self._hosts[function.resource].invoke(event, request_id, retry_count)

    def instances(self) -> list[dict[str, Any]]:
        """Every instance: function, id, pid, memory in KB, milliseconds to start, calls served."""
        return [found for host in self._hosts.values() for found in host.describe()]

    async def close(self) -> None:
        """End every instance."""
        for host in self._hosts.values():
            await host.pool.close()
