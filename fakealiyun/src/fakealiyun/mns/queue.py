"""One queue: messages that are delivered at least once, until they are deleted or too old."""

from __future__ import annotations

import heapq
import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from fakealiyun.clock import Clock, Handle
from fakealiyun.mns.attributes import DEFAULT_PRIORITY, Attributes
from fakealiyun.mns.message import (
    Message,
    is_receipt_handle,
    new_message_id,
    new_receipt_handle,
)

_log = logging.getLogger(__name__)


class MessageTooLarge(ValueError):
    """The body is longer than a queue takes."""


class ReceiptHandleError(ValueError):
    """The text is no receipt handle."""


class MessageNotExist(LookupError):
    """The receipt handle belongs to no message, is not its latest one, or its time is over."""


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
    """A queue of one account. Thread-safe; everything about time is cloud time.

    A message is Delayed for as long as its sender or the queue says, then Active. A receive makes
    it Inactive for `visibility_timeout` seconds, after which it is Active again unless a delete
    came first. `message_retention_period` seconds after it was sent it is gone, received or not,
    and also when it was never Active so far.
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
        """Begin anew with these attributes, without messages. Listeners stay."""
        self.clear()
        self.attributes = attributes
        self.created = self.modified = self._clock.now()

    def change(self, attributes: Attributes) -> None:
        """Have other attributes from now on. What is in the queue already keeps its times."""
        self.attributes = attributes
        self.modified = self._clock.now()

    @property
    def retention(self) -> float:
        """Seconds a message is kept."""
        return self.attributes.message_retention_period

    @property
    def visibility_timeout(self) -> float:
        """Seconds a received message stays hidden."""
        return self.attributes.visibility_timeout

    @property
    def messages(self) -> list[Message]:
        """What is in the queue, to be received or not, oldest first."""
        with self._lock:
            self._drop_expired()
            return [kept.message for kept in self._kept.values()]

    @property
    def states(self) -> Counter[str]:
        """How many messages are Active, Inactive and Delayed."""
        with self._lock:
            self._drop_expired()
            now = self._clock.now()
            return Counter(kept.state(now) for kept in self._kept.values())

    @property
    def has_listeners(self) -> bool:
        """Whether anything reads this queue for good."""
        return bool(self._listeners)

    def send(self, body: str) -> str:
        """Put a message in; its id. Raises MessageTooLarge."""
        return self.put(body).id

    def put(self, body: str, *, delay: int = 0, priority: int = DEFAULT_PRIORITY) -> Message:
        """Put a message in, to be received `delay` seconds from now; 0 takes the queue's delay.

        A delayed one has a receipt handle. Raises MessageTooLarge where the body has more bytes
        of UTF-8 than the queue's MaximumMessageSize.

        That 0 means the queue's own delay follows from the page "Delayed messages": the message's
        counts where it is greater than 0.
        """
        largest = self.attributes.maximum_message_size
        if len(body.encode("utf-8", "surrogatepass")) > largest:
            raise MessageTooLarge(f"a message has at most {largest} bytes")
        now = self._clock.now()
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
        """Have `listener` called with every message that becomes available: once for each that is
        so now, then on each `send`, at the end of each delay and whenever a received message was
        not deleted in time.

        It is called in the thread that caused it and must be quick; the message stays in the
        queue until somebody receives and deletes it.
        """
        with self._lock:
            self._listeners.append(listener)
            waiting = [kept.message for kept in self._available()]
        for message in waiting:
            _tell(listener, message)

    def remove_listener(self, listener: Listener) -> None:
        """Undo `on_message`; harmless when it is not listening."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def wake_with(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called, in any thread, when it is time to look again; what undoes it."""
        with self._lock:
            self._waiting.append(wake)
        return lambda: self._waiting.remove(wake)

    def wake(self) -> None:
        """Have everybody who waits look again."""
        for wake in tuple(self._waiting):
            wake()

    def receive(self) -> Message | None:
        """The first message that is available, hidden from now on; None when there is none."""
        return next(iter(self.receive_up_to(1)), None)

    def receive_up_to(self, count: int) -> list[Message]:
        """At most `count` messages that are available, hidden from now on.

        By priority, then by age. (The real service keeps no strict order.)
        """
        with self._lock:
            now = self._clock.now()
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
        """At most `count` messages that are available; they stay so."""
        with self._lock:
            return [kept.message for kept in self._first(count)]

    def change_visibility(self, receipt_handle: str, seconds: int) -> Message:
        """Hide a received message for `seconds` from now on; the old handle ends.

        Raises ReceiptHandleError and MessageNotExist, the latter also for a delayed message: the
        service's page speaks of Inactive ones alone.
        """
        with self._lock:
            kept = self._held_by(receipt_handle)
            now = self._clock.now()
            if kept.state(now) != "Inactive":
                raise MessageNotExist(kept.message.id)
            self._hide(kept, now + seconds)
            return kept.message

    def delete_received(self, receipt_handle: str) -> None:
        """Remove the message of this handle. Raises ReceiptHandleError and MessageNotExist."""
        with self._lock:
            self.delete(self._held_by(receipt_handle).message.id)

    def delete(self, message_id: str) -> None:
        """Remove a message for good; harmless when it is not there (any more).

        The service's API asks for the receipt handle instead: see `delete_received`.
        """
        with self._lock:
            kept = self._kept.pop(message_id, None)
            if kept is None:
                return
            self._handles.pop(kept.message.receipt_handle, None)
            if kept.appears is not None:
                kept.appears.cancel()

    def clear(self) -> None:
        """Remove every message. Listeners stay."""
        with self._lock:
            for message_id in tuple(self._kept):
                self.delete(message_id)

    def _available(self) -> list[_QueuedMessage]:
        self._drop_expired()
        now = self._clock.now()
        return [kept for kept in self._kept.values() if kept.state(now) == "Active"]

    def _first(self, count: int) -> list[_QueuedMessage]:
        return heapq.nsmallest(count, self._available(), key=lambda kept: kept.message.priority)

    def _held_by(self, receipt_handle: str) -> _QueuedMessage:
        if not is_receipt_handle(receipt_handle):
            raise ReceiptHandleError("a receipt handle is what a receive answered")
        self._drop_expired()
        kept = self._kept.get(self._handles.get(receipt_handle, ""))
        if kept is None or kept.state(self._clock.now()) == "Active":
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
            if kept is None or kept.state(self._clock.now()) != "Active":
                return
        self._announce(kept.message)

    def _drop_expired(self) -> None:
        now = self._clock.now()
        for message_id in [key for key, kept in self._kept.items() if kept.expires <= now]:
            self.delete(message_id)

    def _announce(self, message: Message) -> None:
        for listener in tuple(self._listeners):
            _tell(listener, message)
        self.wake()


def _tell(listener: Listener, message: Message) -> None:
    try:
        listener(message)
    except Exception:  # noqa: BLE001 - whoever sent the message must not suffer for it
        _log.exception("a listener failed on a message")
