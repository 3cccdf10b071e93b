"""Asynchronous invocation: accepted at once, run in the background, tried again on failure.

Timers invoke functions so, and any caller of an HTTP trigger may ask for it by
`X-Fc-Invocation-Type: Async`. Attempts and the age of an event follow the cloud's clock
(Function Compute's documentation, `asyncInvokeConfig`). Only an error of the function is a failure:
an answer of 500 that it returned is a success.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from local.gateway.cloud_link import CloudLink, sleep_until
from local.gateway.function import Destination, Function
from local.gateway.invoker import Invoker
from local.gateway.outcome import Outcome, new_request_id
from local.gateway.pool import Exhausted

MAX_WAITING = 1000
"""Events that may wait at once; more are refused, so that a flood cannot fill the memory."""

THROTTLED = "FunctionResourceExhausted"
"""The `condition` of a result when no instance became free in time."""

_FIRST_DELAY = 1.0  # seconds, doubled with each attempt; the real schedule is not documented
_LONGEST_DELAY = 60.0

_logger = logging.getLogger(__name__)


class AsyncQueue:
    """Events that were accepted and are not done yet. `functions` are the possible destinations,
    by the name they are deployed under."""

    def __init__(
        self, invoker: Invoker, cloud: CloudLink, functions: Mapping[str, Function]
    ) -> None:
        self._invoker = invoker
        self._cloud = cloud
        self._functions = functions
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    def accept(self, function: Function, event: bytes, request_id: str) -> bool:
        """Take an event; False when too many are waiting, or after `close`."""
        if self._closed or len(self._running) >= MAX_WAITING:
            return False
        task = asyncio.ensure_future(self._deliver(function, event, request_id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return True

    async def close(self) -> None:
        """Give up whatever is still waiting or running, and take no more."""
        self._closed = True
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _deliver(self, function: Function, event: bytes, request_id: str) -> None:
        """Each attempt waits for the one before, so that a moved clock passes none of them; past
        the event's greatest age there is one more at most. A reset of the cloud ends it all."""
        policy, generation = function.asynchronous, self._cloud.generation()
        deadline = self._cloud.now() + policy.max_age
        last: Outcome | None = None
        attempt = failures = 0
        while not self._closed and self._cloud.generation() == generation:
            outcome = None
            try:
                outcome = await self._invoker.invoke(
                    function, event, request_id, retry_count=failures
                )
            except Exhausted:
                pass  # Throttling does not count as an attempt; the event's age bounds it.
            except (LookupError, PermissionError) as error:
                _logger.warning("async invocation of %s: %s", function.resource, error)
                return
            if self._cloud.generation() != generation:
                return
            if outcome is not None:
                last = outcome
                if last.error_type is None:
                    self._hand_on(policy.on_success, function, event, request_id, failures, last)
                    return
                failures += 1
            delay = min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY)
            attempt += 1
            if failures > policy.retries or self._cloud.now() + delay > deadline:
                _logger.warning("async invocation %s of %s given up", request_id, function.resource)
                self._hand_on(policy.on_failure, function, event, request_id, failures - 1, last)
                return
            await sleep_until(self._cloud, self._cloud.now() + delay)

    def _hand_on(
        self,
        destination: Destination | None,
        function: Function,
        event: bytes,
        request_id: str,
        retries: int,
        outcome: Outcome | None,
    ) -> None:
        if destination is None:
            return
        result = self._result(function, event, request_id, retries + 1, outcome)
        if destination.kind == "queue":
            try:
                self._cloud.queue(destination.name).send(json.dumps(result))
            except ValueError as error:  # an event may be twice as long as what a queue takes
                _logger.warning("the result of %s is lost: %s", request_id, error)
            return
        target = self._functions.get(destination.name)
        if target is None:
            _logger.warning("the result of %s is lost: its destination is gone", request_id)
            return
        encoded = json.dumps(result).encode()
        if not self.accept(target, encoded, new_request_id(self._cloud.now())):
            _logger.warning("the result of %s is lost: too much waits", request_id)

    def _result(
        self,
        function: Function,
        event: bytes,
        request_id: str,
        invocations: int,
        outcome: Outcome | None,
    ) -> dict[str, Any]:
        """What a destination gets: the members of the result callback page. Which `condition` an
        error of the function has is not documented; here it is the type of the error."""
        error = THROTTLED if outcome is None else outcome.error_type
        arn = f"acs:fc:{function.region}:{self._cloud.account_id}:functions/{function.name}"
        return {
            "timestamp": int(self._cloud.now() * 1000),
            "requestContext": {
                "requestId": request_id,
                "functionArn": arn,
                "condition": error or "",
                "approximateInvokeCount": invocations,
            },
            "requestPayload": event.decode("utf-8", "replace"),
            "responseContext": {
                "statusCode": 429 if outcome is None else 200,
                "functionError": "" if outcome is None else error or "",
            },
            "responsePayload": (
                "" if outcome is None else outcome.payload.decode("utf-8", "replace")
            ),
        }
