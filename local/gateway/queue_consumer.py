"""EventBridge triggers: the messages of a queue, pushed to a function until it takes them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import time
from itertools import chain

from local.gateway.cloud_events import queue_event
from local.gateway.cloud_link import CloudLink, Message, sleep_until
from local.gateway.function import Function, QueueTrigger
from local.gateway.invoker import Invoker
from local.gateway.outcome import new_request_id
from local.gateway.pool import Exhausted
from local.gateway.retries import delays

MOST_HELD = 1000
"""Messages that one trigger may hold at once; the rest waits in the queue."""

_logger = logging.getLogger(__name__)


class QueueConsumer:
    """Pushes the messages of one queue to one function, for an EventBridge trigger.

    A push fails when the function raises, runs out of time or cannot be started; what it returns
    does not matter. It is repeated by the trigger's strategy and the cloud's clock, and in the end
    each event goes to the dead-letter queue, where there is one. One push is under way at a time;
    while a list waits for its next one, others go on. A message stays in its queue until it is
    taken or given up, so that a gateway that ends in between loses none; one that the queue no
    longer keeps meanwhile is pushed all the same. Only a reset of the cloud forgets it.
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
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._closed = False
        self._queue = cloud.queue(trigger.queue)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to receive, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._queue.on_message(self._notice)

    def _notice(self, _message: Message) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._receive)

    async def close(self) -> None:
        """Give up whatever is under way; the messages stay in their queue."""
        self._closed = True
        self._queue.remove_listener(self._notice)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _receive(self) -> None:
        """Take what there is. A list is never waited for to fill up: fewer events in it than
        CountBasedWindow are always allowed."""
        while not self._closed and len(self._held) < MOST_HELD:
            batch: list[Message] = []
            while len(batch) < self._trigger.batch:
                message = self._queue.receive()
                if message is None:
                    break
                # Held longer than the queue hides a message, it is received once more.
                if message.id not in self._held:
                    self._held.add(message.id)
                    batch.append(message)
            if not batch:
                return
            task = asyncio.ensure_future(self._deliver(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, batch: list[Message]) -> None:
        now, generation = self._cloud.now(), self._cloud.generation()
        events = [
            queue_event(message, self._trigger, self._cloud.account_id, now) for message in batch
        ]
        payload = json.dumps(events if self._trigger.streaming else events[0]).encode()
        taken = await self._push_until_taken(payload, generation)
        if not taken and self._closed:
            return
        if not taken and self._cloud.generation() == generation:
            self._give_up(events)
        for message in batch:
            self._queue.delete(message.id)
            self._held.discard(message.id)
        self._receive()

    async def _push_until_taken(self, payload: bytes, generation: object) -> bool:
        """Push at the times that the strategy gives; False when the last one was in vain, the
        cloud was reset or this was closed.

        The times follow from the first push, so that a day that the clock is moved by is a day:
        those that one move passes become one push. Only how long pushes take, and wait for their
        turn, is not counted: there are as many of them with a slow function.
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
            # A clock that was set back is behind both; what is left counts from there.
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
        """What a dead letter of EventBridge's looks like is not documented; here it is the event
        as it was pushed."""
        name = self._trigger.dead_letter_queue
        if name is None:
            _logger.warning("trigger %s: %d event(s) dropped", self._trigger.name, len(events))
            return
        try:
            for event in events:
                self._cloud.queue(name).send(json.dumps(event))
        except ValueError as error:  # larger than a queue takes, with all that is around it
            _logger.warning("trigger %s: event(s) dropped: %s", self._trigger.name, error)
