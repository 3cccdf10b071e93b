"""EventBridge triggers: push the messages of a queue to a function until it accepts them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import time
from itertools import chain

from local.gateway.background import BackgroundTasks
from local.gateway.cloud_events import queue_event
from local.gateway.cloud_link import CloudLink, Message, sleep_until
from local.gateway.function import Function, QueueTrigger
from local.gateway.invoker import Invoker
from local.gateway.outcome import new_request_id
from local.gateway.pool import Exhausted
from local.gateway.retries import delays

MOST_HELD = 1000
"""Messages that one trigger may hold at once. The others wait in the queue."""

_logger = logging.getLogger(__name__)


class QueueConsumer:
    """Pushes the messages of one queue to one function, for an EventBridge trigger.

    A push fails if the function raises, times out or cannot start. The returned value does not
    matter. Retries follow the trigger's strategy and the cloud's clock. After the last one, each
    event goes to the dead-letter queue, if there is one. Only one push runs at a time. While a
    batch waits for its retry, other batches are pushed. A message stays in its queue until the
    function accepts it or the trigger gives up, so a gateway that stops in between loses none. It
    is pushed even if the queue drops it meanwhile. Only a reset of the cloud discards it.
    """

    def __init__(
        self,
        function: Function,
        trigger: QueueTrigger,
        invoker: Invoker,
        cloud: CloudLink,
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._invoker = invoker
        self._cloud = cloud
        self._held: set[str] = set()
        self._batches = BackgroundTasks()
        self._turn = asyncio.Lock()
        self._closed = False
        self._queue = cloud.queue(trigger.queue)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start to receive, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._queue.on_message(self._notice)

    def _notice(self, _message: Message) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._receive)

    async def close(self) -> None:
        """Stop every push. The messages stay in their queue."""
        self._closed = True
        self._queue.remove_listener(self._notice)
        await self._batches.cancel()

    def _receive(self) -> None:
        """Receive every available message. It does not wait for a full batch: a batch may have
        fewer events than CountBasedWindow."""
        while not self._closed and len(self._held) < MOST_HELD:
            batch: list[Message] = []
            while len(batch) < self._trigger.batch:
                message = self._queue.receive()
                if message is None:
                    break
                # After the time that the queue hides it, a held message is received again.
                if message.id not in self._held:
                    self._held.add(message.id)
                    batch.append(message)
            if not batch:
                return
            self._batches.start(self._deliver(batch))

    async def _deliver(self, batch: list[Message]) -> None:
        now, generation = self._cloud.now(), self._cloud.generation()
        events = [
            queue_event(message, self._trigger, self._cloud.account_id, now) for message in batch
        ]
        payload = json.dumps(events if self._trigger.streaming else events[0]).encode()
        accepted = await self._push_until_accepted(payload, generation)
        if not accepted and self._closed:
            return
        if not accepted and self._cloud.generation() == generation:
            self._give_up(events)
        for message in batch:
            self._queue.delete(message.id)
            self._held.discard(message.id)
        self._receive()

    async def _push_until_accepted(self, payload: bytes, generation: object) -> bool:
        """Push at the times of the strategy, until the function accepts the batch.

        Returns False if the last push failed, the cloud was reset, or `close` was called. All times
        count from the first push. If the clock moves over several of them, they become one push.
        The time that pushes take, and wait for their turn, does not count: a slow function gets as
        many pushes as a fast one.
        """
        due, pushed = self._cloud.now(), -math.inf
        for delay in chain((0.0,), delays(self._trigger.retry)):
            due += delay
            if due <= pushed:
                continue
            await sleep_until(self._cloud, due)
            begun = time.monotonic()
            async with self._turn:
                if self._closed or self._cloud.generation() != generation:
                    return False
                pushed = self._cloud.now()
                if await self._push(payload):
                    return True
            # If the clock was set back, the remaining delays count from its new time.
            now = self._cloud.now()
            due, pushed = min(due + time.monotonic() - begun, now), min(pushed, now)
        return False

    async def _push(self, payload: bytes) -> bool:
        request_id = new_request_id(self._cloud.now())
        try:
            outcome = await self._invoker.invoke(self._function, payload, request_id)
        except (Exhausted, LookupError, PermissionError) as error:
            _logger.warning(
                "trigger %s of %s: %s", self._trigger.name, self._function.resource, error
            )
            return False
        return outcome.error_type is None

    def _give_up(self, events: list[dict[str, object]]) -> None:
        """Send the events to the dead-letter queue, or drop them if there is none.

        The format of a dead letter is not documented. Here it is the event as it was pushed.
        """
        name = self._trigger.dead_letter_queue
        if name is None:
            _logger.warning("trigger %s: %d event(s) dropped", self._trigger.name, len(events))
            return
        try:
            for event in events:
                self._cloud.queue(name).send(json.dumps(event))
        except ValueError as error:  # the message with its CloudEvent exceeds the limit of a queue
            _logger.warning("trigger %s: event(s) dropped: %s", self._trigger.name, error)
