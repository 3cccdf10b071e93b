"""Sends callbacks: by HTTP to a receiver, or to a queue.

There are three attempts with a second between them; after that the callback is lost. Attempts start
by cloud time. The time limit for the answer of a receiver, 5 seconds, is real time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from yarl import URL

from fakealiyun import loopback
from fakealiyun.clock import Clock
from fakealiyun.faults import Faults
from fakealiyun.mns import MessageTooLarge, NoSuchQueue, Queues
from fakealiyun.vod.callbacks import signature
from fakealiyun.vod.callbacks.configuration import MessageCallback
from fakealiyun.vod.callbacks.deliveries import Deliveries, Delivery
from fakealiyun.vod.events import Event
from fakealiyun.vod.settings import VodSettings

ATTEMPTS = 3
RETRY_DELAY = 1.0  # seconds of cloud time after a failed attempt, before the next one
NOT_LOOPBACK = "not sent: this fake only sends to this machine"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _PendingCallback:
    """One callback and its destination, with the configuration at the time of the event."""

    delivery: Delivery
    body: str = field(repr=False)
    callback: MessageCallback = field(repr=False)
    url: str = field(repr=False)
    signed_url: str = field(repr=False)
    round: int
    """The number of resets before it. A callback from before the last reset is not sent."""


class Callbacks:
    """The callbacks of one account: their configuration and their delivery. Thread-safe."""

    def __init__(
        self, clock: Clock, faults: Faults, queues: Queues, settings: Callable[[], VodSettings]
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._queues = queues
        self._settings = settings
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
        """Set the callbacks of an application. This replaces earlier ones."""
        self._configured[callback.app_id] = callback

    def configuration(self, app_id: str) -> MessageCallback | None:
        """The callbacks of an application; None if none are set."""
        return self._configured.get(app_id)

    def remove(self, app_id: str) -> None:
        """Remove the callbacks of an application. Does nothing if none are set."""
        self._configured.pop(app_id, None)

    # -- life

    async def start(self) -> None:
        """Start to send from the running loop."""
        self._loop = asyncio.get_running_loop()
        self._client = loopback.Client()

    async def stop(self) -> None:
        """Cancel callbacks that are being sent."""
        self._loop = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def reset(self) -> None:
        """Forget configuration and deliveries, and cancel callbacks that are being sent."""
        self._round += 1
        self._configured.clear()
        self._deliveries.clear()
        loop = self._loop
        if loop is not None:
            _call(loop, self._cancel_all)

    def deliveries(self) -> list[Delivery]:
        """The latest deliveries, oldest first."""
        return self._deliveries.all()

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until no attempt is running. A callback that waits for its next attempt is not.

        `timeout` is in seconds of real time. Raises TimeoutError after it. Do not call it in the
        loop of the server.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_flight == 0, timeout):
                raise TimeoutError("a callback is still being sent")

    # -- delivery

    def send(self, event: Event) -> None:
        """Send an event if its application has selected its type. Call it once for each event."""
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

    def _notification(self, event: Event, callback: MessageCallback) -> _PendingCallback:
        own = event.callback_url
        if callback.kind == "MNS" and self._settings().queue_ignores_upload_callback:
            own = None
        by_queue = callback.kind == "MNS" and own is None
        url = own or callback.url
        return _PendingCallback(
            Delivery(event.type, event.media_id, "MNS" if by_queue else "HTTP"),
            json.dumps(event.body, ensure_ascii=False, separators=(",", ":")),
            callback,
            url,
            callback.url if self._settings().configured_url_is_signed else url,
            self._round,
        )

    def _attempt(self, notification: _PendingCallback) -> None:
        if notification.round != self._round:
            return
        if notification.delivery.transport == "MNS":
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

    def _enqueue(self, notification: _PendingCallback) -> str | None:
        callback = notification.callback
        try:
            queue = self._queues.at(callback.mns_endpoint, callback.mns_queue_name)
            queue.send(notification.body)
        except NoSuchQueue:
            return "there is no such queue"
        except MessageTooLarge:
            return "the message is too large"
        return None

    def _begin(self, notification: _PendingCallback, url: URL) -> None:
        """Start one attempt. Runs in the loop."""
        if self._loop is None:
            self._landed()
            return
        task = asyncio.ensure_future(self._post(notification, url))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(notification, done))

    async def _post(self, notification: _PendingCallback, url: URL) -> str | None:
        if self._client is None:
            raise RuntimeError("callbacks were not started")
        now = int(self._clock.wall())
        signed = signature.headers(notification.signed_url, now, notification.callback.signing_key)
        return await self._client.post(url, notification.body.encode(), signed)

    def _ended(self, notification: _PendingCallback, task: asyncio.Task[str | None]) -> None:
        self._tasks.discard(task)
        try:
            if not task.cancelled():
                self._conclude(notification, _failure_of(task))
        finally:
            self._landed()

    def _conclude(self, notification: _PendingCallback, failure: str | None) -> None:
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
            when = self._clock.now() + RETRY_DELAY
            self._clock.call_at(when, lambda: self._attempt(notification))

    def _landed(self) -> None:
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def _cancel_all(self) -> None:
        """Cancel the running attempts. Runs in the loop."""
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
    """Call a function in the loop. Returns False if the loop is closed."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        return False
    return True
