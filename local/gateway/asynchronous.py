"""Asynchronous invocation: accepts an event at once, runs it in the background, retries failures.

Timers use it. Any caller of an HTTP trigger can ask for it with `X-Fc-Invocation-Type: Async`.
Retries and the age of an event follow the cloud's clock (Function Compute's documentation,
`asyncInvokeConfig`). Only an error of the function is a failure. A returned status 500 is none.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from local.gateway.background import BackgroundTasks
from local.gateway.cloud_link import CloudLink, sleep_until
from local.gateway.function import Destination, Function
from local.gateway.invoker import Invoker
from local.gateway.outcome import Outcome, new_request_id
from local.gateway.pool import Exhausted

MAX_WAITING = 1000
"""Events that may wait at once. More are refused, so that a flood cannot fill the memory."""

THROTTLED = "FunctionResourceExhausted"
"""The `condition` of a result if no instance became free in time."""

_FIRST_DELAY = 1.0  # seconds, doubled with each attempt; the real schedule is not documented
_LONGEST_DELAY = 60.0

_logger = logging.getLogger(__name__)


class AsyncQueue:
    """Events that were accepted and are not done yet.

    `functions` are the possible destinations, by the name they are deployed under.
    """

    def __init__(
        self, invoker: Invoker, cloud: CloudLink, functions: Mapping[str, Function]
    ) -> None:
        self._invoker = invoker
        self._cloud = cloud
        self._functions = functions
        self._running = BackgroundTasks()
        self._closed = False

    def accept(self, function: Function, event: bytes, request_id: str) -> bool:
        """Accept an event. Returns False if too many are waiting, or after `close`."""
        if self._closed or len(self._running) >= MAX_WAITING:
            return False
        self._running.start(self._deliver(function, event, request_id))
        return True

    async def close(self) -> None:
        """Cancel every event that waits or runs, and accept no more."""
        self._closed = True
        await self._running.cancel()

    async def _deliver(self, function: Function, event: bytes, request_id: str) -> None:
        """Invoke the function until it succeeds or the policy gives up.

        Each attempt waits for the one before, so a moved clock skips none of them. After the
        maximum age of the event there is at most one more. A reset of the cloud ends everything.
        """
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
                pass  # Throttling does not count as an attempt. The age of the event limits it.
            except (LookupError, PermissionError) as error:
                _logger.warning("async invocation of %s: %s", function.resource, error)
                return
            if self._cloud.generation() != generation:
                return
            if outcome is not None:
                last = outcome
                if last.error_type is None:
                    self._send_result(
                        policy.on_success, function, event, request_id, failures, last
                    )
                    return
                failures += 1
            delay = min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY)
            attempt += 1
            if failures > policy.retries or self._cloud.now() + delay > deadline:
                _logger.warning("async invocation %s of %s: gave up", request_id, function.resource)
                self._send_result(
                    policy.on_failure, function, event, request_id, failures - 1, last
                )
                return
            await sleep_until(self._cloud, self._cloud.now() + delay)

    def _send_result(
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
            except ValueError as error:  # an event may be twice as long as a queue accepts
                _logger.warning("the result of %s is lost: %s", request_id, error)
            return
        target = self._functions.get(destination.name)
        if target is None:
            _logger.warning("the result of %s is lost: its destination does not exist", request_id)
            return
        encoded = json.dumps(result).encode()
        if not self.accept(target, encoded, new_request_id(self._cloud.now())):
            _logger.warning("the result of %s is lost: too many events wait", request_id)

    def _result(
        self,
        function: Function,
        event: bytes,
        request_id: str,
        invocations: int,
        outcome: Outcome | None,
    ) -> dict[str, Any]:
        """What a destination gets. Source: the documentation's page about result callbacks.

        The `condition` of an error of the function is not documented. Here it is the error type.
        """
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
