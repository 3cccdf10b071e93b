"""Timer triggers. They follow the cloud's clock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable

from local.gateway.asynchronous import AsyncQueue
from local.gateway.cloud_link import CloudLink
from local.gateway.function import Function, TimerTrigger
from local.gateway.outcome import new_request_id
from local.gateway.times import iso_time

_logger = logging.getLogger(__name__)


class Timer:
    """Fires one timer trigger: one asynchronous invocation per period, the first after one period.

    If a test moves the clock over several periods at once, the timer fires once. (Function Compute
    fires for each period, but there the clock does not jump. All invocations of one jump would
    see the same time.)
    """

    def __init__(
        self, function: Function, trigger: TimerTrigger, queue: AsyncQueue, cloud: CloudLink
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._queue = queue
        self._cloud = cloud
        self._due = 0.0
        self._cancel: Callable[[], None] | None = None

    def start(self) -> None:
        """Start the timer, in the running loop."""
        self._arm(asyncio.get_running_loop(), self._cloud.now())

    def stop(self) -> None:
        """Stop the timer."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _arm(self, loop: asyncio.AbstractEventLoop, tick: float) -> None:
        """Fire one period after `tick`, which is not in the future."""

        def reached() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._fire)

        self._due = tick + self._trigger.period
        self._cancel = self._cloud.call_at(self._due, reached)
        now = self._cloud.now()
        if now < tick:
            # Another thread has just set the clock back, perhaps before the clock knew this timer.
            # The timer would then wait for a time far in the future.
            self._cancel()
            self._arm(loop, now)

    def _fire(self) -> None:
        if self._cancel is None:
            return
        now, period = self._cloud.now(), self._trigger.period
        # Timers survive a clock that is set back, so `now` may be before `_due`.
        tick = now if now < self._due else now - (now - self._due) % period
        self._arm(asyncio.get_running_loop(), tick)
        event = {
            "triggerTime": iso_time(tick),
            "triggerName": self._trigger.name,
            "payload": self._trigger.payload,
        }
        if not self._queue.accept(self._function, json.dumps(event).encode(), new_request_id(now)):
            name = self._function.resource
            _logger.warning("timer %s of %s: too many events wait", self._trigger.name, name)
