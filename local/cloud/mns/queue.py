"""One queue: messages that are delivered at least once, until they are deleted or too old."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from local.cloud.clock import Clock, Handle

RETENTION = 345_600.0  # seconds a message is kept, the service's default
VISIBILITY_TIMEOUT = 30.0  # seconds a received message stays hidden, the service's default
LARGEST_MESSAGE = 65_536  # bytes, the service's limit

_log = logging.getLogger(__name__)


class MessageTooLarge(ValueError):
    """The body is longer than a queue takes."""


@dataclass(frozen=True)
class Message:
    """A message as it is handed out. Times are epoch seconds of cloud time."""

    id: str
    body: str = field(repr=False)
    enqueued: float = 0.0
    dequeue_count: int = 0
    """How often it has been received so far, this time included."""


Listener = Callable[[Message], None]


@dataclass
class _Kept:
    message: Message
    expires: float
    visible_from: float
    reappears: Handle | None = None


class Queue:
    """A queue of one account. Thread-safe; everything about time is cloud time.

    A message is available from `send` on. `receive` hides it for `visibility_timeout` seconds,
    after which it is available again unless `delete` came first. After `retention` seconds it is
    gone, received or not.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        retention: float = RETENTION,
        visibility_timeout: float = VISIBILITY_TIMEOUT,
    ) -> None:
        self.name = name
        self.retention = retention
        self.visibility_timeout = visibility_timeout
        self._clock = clock
        self._lock = threading.RLock()
        self._kept: dict[str, _Kept] = {}
        self._listeners: list[Listener] = []

    @property
    def messages(self) -> list[Message]:
        """What is in the queue, hidden or not, oldest first."""
        with self._lock:
            self._drop_expired()
            return [kept.message for kept in self._kept.values()]

    @property
    def has_listeners(self) -> bool:
        """Whether anything waits for messages."""
        return bool(self._listeners)

    def send(self, body: str) -> str:
        """Put a message in; its id. Raises MessageTooLarge above 65536 bytes of UTF-8."""
        if len(body.encode("utf-8", "surrogatepass")) > LARGEST_MESSAGE:
            raise MessageTooLarge(f"a message has at most {LARGEST_MESSAGE} bytes")
        now = self._clock.now()
        message = Message(secrets.token_hex(16).upper(), body, now)
        with self._lock:
            self._drop_expired()
            self._kept[message.id] = _Kept(message, now + self.retention, now)
        self._announce(message)
        return message.id

    def on_message(self, listener: Listener) -> None:
        """Have `listener` called with every message that becomes available: once for each that is
        so now, then on each `send` and whenever a received message was not deleted in time.

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

    def receive(self) -> Message | None:
        """The oldest message that is available, hidden from now on; None when there is none."""
        with self._lock:
            kept = next(iter(self._available()), None)
            return None if kept is None else self._hide(kept)

    def delete(self, message_id: str) -> None:
        """Remove a message for good; harmless when it is not there (any more).

        The real service asks for the receipt handle of the latest `receive` instead.
        """
        with self._lock:
            kept = self._kept.pop(message_id, None)
            if kept is not None and kept.reappears is not None:
                kept.reappears.cancel()

    def clear(self) -> None:
        """Remove every message. Listeners stay."""
        for message in self.messages:
            self.delete(message.id)

    def _available(self) -> list[_Kept]:
        self._drop_expired()
        now = self._clock.now()
        return [kept for kept in self._kept.values() if kept.visible_from <= now]

    def _hide(self, kept: _Kept) -> Message:
        kept.message = replace(kept.message, dequeue_count=kept.message.dequeue_count + 1)
        kept.visible_from = self._clock.now() + self.visibility_timeout
        message_id = kept.message.id
        kept.reappears = self._clock.call_at(
            kept.visible_from, lambda: self._show_again(message_id)
        )
        return kept.message

    def _show_again(self, message_id: str) -> None:
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(message_id)
        if kept is not None:
            self._announce(kept.message)

    def _drop_expired(self) -> None:
        now = self._clock.now()
        for message_id in [key for key, kept in self._kept.items() if kept.expires <= now]:
            self.delete(message_id)

    def _announce(self, message: Message) -> None:
        for listener in tuple(self._listeners):
            _tell(listener, message)


def _tell(listener: Listener, message: Message) -> None:
    try:
        listener(message)
    except Exception:  # noqa: BLE001 - whoever sent the message must not suffer for it
        _log.exception("a listener failed on a message")
