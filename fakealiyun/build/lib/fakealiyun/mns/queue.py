"""One queue. It delivers each message at least once, until it is deleted or too old."""

from __future__ import annotations

import heapq
import logging
import math
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from fakealiyun.clock import Clock, Handle
from fakealiyun.listeners import notify
from fakealiyun.mns.attributes import DEFAULT_PRIORITY, Attributes
from fakealiyun.mns.message import (
    Message,
    is_receipt_handle,
    new_message_id,
    new_receipt_handle,
)

_log = logging.getLogger(__name__)


class MessageTooLarge(ValueError):
    """The body is larger than the queue accepts."""


class ReceiptHandleError(ValueError):
    """The text does not have the form of a receipt handle."""


class MessageNotExist(LookupError):
    """The receipt handle has no message, is not the latest one of its message, or has expired."""


Listener = Callable[[Message], None]


@dataclass
class _QueuedMessage:
    message: Message
    expires: float
    appears: Handle | None = None

    def state(self, now: float) -> str:
        if self.message.next_visible <= now:
            return "Active"
        return "Inactive" if self.message.dequeue_count else "Delayed"


class Queue:
    """A queue of one account. Thread-safe. All times are cloud time.

    A message is Delayed for the delay of its sender or of the queue, and then Active. A receive
    makes it Inactive for `visibility_timeout` seconds. If nobody deletes it in that time, it is
    Active again. A message is deleted `message_retention_period` seconds after it was sent,
    whether it was received or not, and even if it was never Active.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        attributes: Attributes | None = None,
        *,
        visibility_timeout: int | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._lock = threading.RLock()
        self._kept: dict[str, _QueuedMessage] = {}
        self._handles: dict[str, str] = {}
        self._listeners: list[Listener] = []
        self._waiting: list[Callable[[], None]] = []
        attributes = attributes or Attributes()
        if visibility_timeout is not None:
            attributes = replace(attributes, visibility_timeout=visibility_timeout)
        self.begin(attributes)

    def begin(self, attributes: Attributes) -> None:
        """Start again with these attributes and without messages. Listeners stay."""
        self.clear()
        self.attributes = attributes
        self.tags: dict[str, str] = {}
        self.created = self.modified = self._now()

    def change(self, attributes: Attributes) -> None:
        """Change the attributes. Messages that are in the queue already keep their times."""
        self.attributes = attributes
        self.modified = self._now()

    @property
    def retention(self) -> float:
        """How long a message is kept, in seconds."""
        return self.attributes.message_retention_period

    @property
    def visibility_timeout(self) -> float:
        """How long a received message stays hidden, in seconds."""
        return self.attributes.visibility_timeout

    @property
    def messages(self) -> list[Message]:
        """All messages in the queue in any state, oldest first."""
        with self._lock:
            self._drop_expired()
            return [kept.message for kept in self._kept.values()]

    @property
    def states(self) -> Counter[str]:
        """The number of messages that are Active, Inactive and Delayed."""
        with self._lock:
            self._drop_expired()
            now = self._now()
            return Counter(kept.state(now) for kept in self._kept.values())

    @property
    def has_listeners(self) -> bool:
        """Whether a listener reads this queue."""
        return bool(self._listeners)

    def send(self, body: str) -> str:
        """Add a message and return its id. Raises MessageTooLarge."""
        return self.put(body).id

    def put(self, body: str, *, delay: int = 0, priority: int = DEFAULT_PRIORITY) -> Message:
        """Add a message that can be received `delay` seconds from now; 0 uses the queue's delay.

        A delayed message has a receipt handle. Raises MessageTooLarge if the body has more bytes
        of UTF-8 than the queue's MaximumMessageSize.

        Source for 0: the page "Delayed messages" says that the message's delay counts if it is
        greater than 0.
        """
        largest = self.attributes.maximum_message_size
        if len(body.encode("utf-8", "surrogatepass")) > largest:
            raise MessageTooLarge(f"a message has at most {largest} bytes")
        now = self._now()
        delay = delay or self.attributes.delay_seconds
        message = Message(new_message_id(), body, now, priority=priority, next_visible=now + delay)
        with self._lock:
            self._drop_expired()
            kept = self._kept[message.id] = _QueuedMessage(message, now + self.retention)
            if delay:
                self._hide(kept, now + delay)
        if not delay:
            self._announce(message)
        return kept.message

    def on_message(self, listener: Listener) -> None:
        """Call `listener` with every message that becomes available.

        It is called once for each message that is available now. Later it is called on each
        `send`, at the end of each delay, and when a received message was not deleted in time.

        The call happens in the thread that caused it, so it must be quick. The message stays in
        the queue until it is received and deleted.
        """
        with self._lock:
            self._listeners.append(listener)
            waiting = [kept.message for kept in self._available()]
        for message in waiting:
            notify(listener, message, _log, "a listener failed on a message")

    def remove_listener(self, listener: Listener) -> None:
        """Undo `on_message`. Does nothing if the listener is not registered."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def wake_with(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake`, in any thread, when a receiver should look again. Returns a function that
        undoes this."""
        with self._lock:
            self._waiting.append(wake)
        return lambda: self._waiting.remove(wake)

    def wake(self) -> None:
        """Make every waiting receiver look again."""
        for wake in tuple(self._waiting):
            wake()

    def receive(self) -> Message | None:
        """The first available message, which is now hidden; None if there is none."""
        return next(iter(self.receive_up_to(1)), None)

    def receive_up_to(self, count: int) -> list[Message]:
        """Up to `count` available messages, which are now hidden.

        They are sorted by priority, then by age. The real service has no strict order.
        """
        with self._lock:
            now = self._now()
            found = self._first(count)
            for kept in found:
                message = kept.message
                kept.message = replace(
                    message,
                    dequeue_count=message.dequeue_count + 1,
                    first_dequeued=message.first_dequeued or now,
                )
                self._hide(kept, now + self.visibility_timeout)
            return [kept.message for kept in found]

    def peek(self, count: int = 1) -> list[Message]:
        """Up to `count` available messages, which stay available."""
        with self._lock:
            return [kept.message for kept in self._first(count)]

    def change_visibility(self, receipt_handle: str, seconds: int) -> Message:
        """Hide a received message for `seconds` from now. The old handle is no longer valid.

        Raises ReceiptHandleError and MessageNotExist. A delayed message also raises
        MessageNotExist: the page of the operation is only about Inactive messages.
        """
        with self._lock:
            kept = self._held_by(receipt_handle)
            now = self._now()
            if kept.state(now) != "Inactive":
                raise MessageNotExist(kept.message.id)
            self._hide(kept, now + seconds)
            return kept.message

    def delete_received(self, receipt_handle: str) -> None:
        """Delete the message of this handle. Raises ReceiptHandleError and MessageNotExist."""
        with self._lock:
            self.delete(self._held_by(receipt_handle).message.id)

    def delete(self, message_id: str) -> None:
        """Delete a message. Does nothing if the queue does not have it.

        The API of the service needs the receipt handle instead: see `delete_received`.
        """
        with self._lock:
            kept = self._kept.pop(message_id, None)
            if kept is None:
                return
            self._handles.pop(kept.message.receipt_handle, None)
            if kept.appears is not None:
                kept.appears.cancel()

    def clear(self) -> None:
        """Delete all messages. Listeners stay."""
        with self._lock:
            for message_id in tuple(self._kept):
                self.delete(message_id)

    def _now(self) -> float:
        """Cloud time in whole milliseconds, as answers state it."""
        return math.floor(self._clock.now() * 1000) / 1000

    def _available(self) -> list[_QueuedMessage]:
        self._drop_expired()
        now = self._now()
        return [kept for kept in self._kept.values() if kept.state(now) == "Active"]

    def _first(self, count: int) -> list[_QueuedMessage]:
        return heapq.nsmallest(count, self._available(), key=lambda kept: kept.message.priority)

    def _held_by(self, receipt_handle: str) -> _QueuedMessage:
        if not is_receipt_handle(receipt_handle):
            raise ReceiptHandleError("a receipt handle comes from the answer to a receive")
        self._drop_expired()
        kept = self._kept.get(self._handles.get(receipt_handle, ""))
        if kept is None or kept.state(self._now()) == "Active":
            raise MessageNotExist(self.name)
        return kept

    def _hide(self, kept: _QueuedMessage, until: float) -> None:
        self._handles.pop(kept.message.receipt_handle, None)
        handle = new_receipt_handle(kept.message.priority)
        kept.message = replace(kept.message, next_visible=until, receipt_handle=handle)
        self._handles[handle] = message_id = kept.message.id
        if kept.appears is not None:
            kept.appears.cancel()
        kept.appears = self._clock.call_at(until, lambda: self._show(message_id))

    def _show(self, message_id: str) -> None:
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(message_id)
            if kept is None or kept.state(self._now()) != "Active":
                return
        self._announce(kept.message)

    def _drop_expired(self) -> None:
        now = self._now()
        for message_id in [key for key, kept in self._kept.items() if kept.expires <= now]:
            self.delete(message_id)

    def _announce(self, message: Message) -> None:
        for listener in tuple(self._listeners):
            notify(listener, message, _log, "a listener failed on a message")
        self.wake()
