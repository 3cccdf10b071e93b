"""Asynchronous invocation: accepted at once, run in the background, tried again on failure.

Any caller of an HTTP trigger may ask for it by `X-Fc-Invocation-Type: Async`. The result is
discarded, for no destinations are served here. Attempts and the age of an event follow the cloud's
clock (function-compute.md section 5, `asyncInvokeConfig`).
"""

from __future__ import annotations

import asyncio
import logging

from local.gateway.cloud_link import CloudLink, sleep_until
from local.gateway.function import Function
from local.gateway.invoker import Invoker
from local.gateway.pool import Exhausted

MAX_WAITING = 1000
"""Events that may wait at once; more are refused, so that a flood cannot fill the memory."""

_FIRST_DELAY = 1.0  # seconds, doubled with each attempt; the real schedule is not documented
_LONGEST_DELAY = 60.0

_logger = logging.getLogger(__name__)


class AsyncQueue:
    """Events that were accepted and are not done yet."""

    def __init__(self, invoker: Invoker, cloud: CloudLink) -> None:
        self._invoker = invoker
        self._cloud = cloud
        self._running: set[asyncio.Task[None]] = set()

    def accept(self, function: Function, event: bytes, request_id: str) -> bool:
        """Take an event; False when too many are waiting."""
        if len(self._running) >= MAX_WAITING:
            return False
        task = asyncio.ensure_future(self._deliver(function, event, request_id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return True

    async def close(self) -> None:
        """Give up whatever is still waiting or running."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _deliver(self, function: Function, event: bytes, request_id: str) -> None:
        policy = function.asynchronous
        deadline = self._cloud.now() + policy.max_age
        failures = 0
        attempt = 0
        while True:
            try:
                outcome = await self._invoker.invoke(
                    function, event, request_id, retry_count=failures
                )
                if outcome.error_type is None:
                    return
                failures += 1
            except Exhausted:
                pass  # Throttling does not count as an attempt; the event's age bounds it.
            except (LookupError, PermissionError) as error:
                _logger.warning("async invocation of %s: %s", function.resource, error)
                return
            delay = min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY)
            attempt += 1
            if failures > policy.retries or self._cloud.now() + delay > deadline:
                _logger.warning("async invocation %s of %s given up", request_id, function.resource)
                return
            await sleep_until(self._cloud, self._cloud.now() + delay)
