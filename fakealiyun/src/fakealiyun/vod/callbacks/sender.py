"""Sends notifications: by HTTP to a receiver, or into a queue.

Three attempts a second apart, then the notification is lost for good. When an attempt begins is a
matter of the cloud's clock; how long a receiver takes to answer is real time, 5 seconds at most.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from yarl import URL

from fakealiyun.clock import Clock
from fakealiyun.faults import Faults
from fakealiyun.mns import MessageTooLarge, NoSuchQueue, Queues
from fakealiyun.vod.callbacks import loopback, signature
from fakealiyun.vod.callbacks.configuration import MessageCallback
from fakealiyun.vod.callbacks.deliveries import Deliveries, Delivery
from fakealiyun.vod.events import Event

ATTEMPTS = 3
APART = 1.0  # seconds of cloud time between a failed attempt and the next
NOT_LOOPBACK = "not sent: this fake speaks to this machine only"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Notification:
    """One notification with where it goes, as it was configured when the event happened."""

    delivery: Delivery
    body: str = field(repr=False)
    callback: MessageCallback = field(repr=False)
    url: str = field(repr=False)
    round: int
    """Of how many resets; what is older is not sent any more."""


class Callbacks:
    """The callbacks of one account: their configuration and their delivery. Thread-safe."""

    def __init__(
        self, clock: Clock, faults: Faults, queues: Queues, *, queue_ignores_upload_callback: bool
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._queues = queues
        self._queue_ignores_upload_callback = queue_ignores_upload_callback
        self._configured: dict[str, MessageCallback] = {}
        self._deliveries = Deliveries()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: loopback.Client | None = None
        self._tasks: set[asyncio.Task[str | None]] = set()
        self._round = 0
        self._in_flight = 0
        self._changed = threading.Condition()

    # -- configuration

    def configure(self, callback: MessageCallback) -> None:
        """Set the callbacks of an application, in place of those it had."""
        self._configured[callback.app_id] = callback

    def configuration(self, app_id: str) -> MessageCallback | None:
        """The callbacks of an application, None where none were set."""
        return self._configured.get(app_id)

    def remove(self, app_id: str) -> None:
        """Forget the callbacks of an application; harmless where none were set."""
        self._configured.pop(app_id, None)

    # -- life

    async def start(self) -> None:
        """Send from the running loop."""
        self._loop = asyncio.get_running_loop()
        self._client = loopback.Client()

    async def stop(self) -> None:
        """Give up what is on its way."""
        self._loop = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def reset(self) -> None:
        """Forget configuration and deliveries, and give up what is on its way."""
        self._round += 1
        self._configured.clear()
        self._deliveries.clear()
        loop = self._loop
        if loop is not None:
            _call(loop, self._cancel_all)

    def deliveries(self) -> list[Delivery]:
        """The latest deliveries, oldest first."""
        return self._deliveries.all()

    def settle(self, timeout: float = 10.0) -> None:
        """Wait until no attempt is under way (one that waits for the cloud's clock is not).

        `timeout` in seconds of real time; TimeoutError after it. Not for the server's own loop.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_flight == 0, timeout):
                raise TimeoutError("a callback is still under way")

    # -- delivery

    def take(self, event: Event) -> None:
        """Send an event if its application has selected its type. To be called once for each."""
        callback = self._configured.get(event.app_id)
        if callback is None or not callback.selects(event.type):
            return
        fault = self._faults.take("callback", event.type)
        kind = None if fault is None else fault.kind
        for _ in range(2 if kind == "duplicate" else 1):
            notification = self._notification(event, callback)
            self._deliveries.add(notification.delivery)
            if kind == "drop":
                notification.delivery.outcome = "dropped: as a fault"
            else:
                self._attempt(notification)

    def _notification(self, event: Event, callback: MessageCallback) -> _Notification:
        own = event.callback_url
        if callback.kind == "MNS" and self._queue_ignores_upload_callback:
            own = None
        by_queue = callback.kind == "MNS" and own is None
        return _Notification(
            Delivery(event.type, event.media_id, "MNS" if by_queue else "HTTP"),
            json.dumps(event.body, ensure_ascii=False, separators=(",", ":")),
            callback,
            own or callback.url,
            self._round,
        )

    def _attempt(self, notification: _Notification) -> None:
        if notification.round != self._round:
            return
        if notification.delivery.road == "MNS":
            self._conclude(notification, self._enqueue(notification))
            return
        url = loopback.receiver(notification.url)
        if url is None:
            notification.delivery.outcome = NOT_LOOPBACK
            return
        loop = self._loop
        with self._changed:
            self._in_flight += 1
        if loop is None or not _call(loop, self._begin, notification, url):
            self._conclude(notification, "the cloud is not serving")
            self._landed()

    def _enqueue(self, notification: _Notification) -> str | None:
        callback = notification.callback
        try:
            queue = self._queues.at(callback.mns_endpoint, callback.mns_queue_name)
            queue.send(notification.body)
        except NoSuchQueue:
            return "there is no such queue"
        except MessageTooLarge:
            return "the message is too large"
        return None

    def _begin(self, notification: _Notification, url: URL) -> None:
        """In the loop: start one attempt."""
        if self._loop is None:
            self._landed()
            return
        task = asyncio.ensure_future(self._post(notification, url))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(notification, done))

    async def _post(self, notification: _Notification, url: URL) -> str | None:
        if self._client is None:
            raise RuntimeError("callbacks were not started")
        now = int(self._clock.wall())
        signed = signature.headers(notification.url, now, notification.callback.signing_key)
        return await self._client.post(url, notification.body.encode(), signed)

    def _ended(self, notification: _Notification, task: asyncio.Task[str | None]) -> None:
        self._tasks.discard(task)
        try:
            if not task.cancelled():
                self._conclude(notification, _failure_of(task))
        finally:
            self._landed()

    def _conclude(self, notification: _Notification, failure: str | None) -> None:
        if notification.round != self._round:
            return
        delivery = notification.delivery
        delivery.attempts += 1
        if failure is None:
            delivery.outcome = "delivered"
        elif delivery.attempts == ATTEMPTS:
            delivery.outcome = f"dropped: {failure}"
        else:
            delivery.outcome = f"waiting: {failure}"
            when = self._clock.now() + APART
            self._clock.call_at(when, lambda: self._attempt(notification))

    def _landed(self) -> None:
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def _cancel_all(self) -> None:
        """In the loop: end the attempts that began before."""
        for task in self._tasks:
            task.cancel()


def _failure_of(task: asyncio.Task[str | None]) -> str | None:
    error = task.exception()
    if error is None:
        return task.result()
    _log.error("a callback could not be sent", exc_info=error)
    return "the sender failed"


def _call(
    loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: object
) -> bool:
    """Have the loop call it; False when the loop is closed."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        return False
    return True
