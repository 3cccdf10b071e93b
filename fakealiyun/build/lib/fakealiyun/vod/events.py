"""The events of media that VOD reports in its callbacks.

The library announces each event once, after it took effect. The sender of callbacks subscribes.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fakealiyun.listeners import notify

_MOST_REMEMBERED = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """One event. `body` has all fields of the callback. Its `EventTime` is cloud time.

    `callback_url` is the receiver from the UserData of the upload; None if it has none.
    """

    type: str
    time: str
    media_id: str
    status: str
    body: Mapping[str, Any] = field(repr=False)
    app_id: str = ""
    callback_url: str | None = field(default=None, repr=False)


Subscriber = Callable[[Event], None]


class Events:
    """The past events and their subscribers. Thread-safe."""

    def __init__(self) -> None:
        self._seen: deque[Event] = deque(maxlen=_MOST_REMEMBERED)
        self._subscribers: list[Subscriber] = []
        self._lock = threading.Lock()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with every event from now on, in the thread that caused the event.

        It must be quick. It stays after `reset`. Its exceptions are logged and do not undo the
        event.
        """
        with self._lock:
            self._subscribers.append(subscriber)

    def announce(self, event: Event) -> None:
        """Store an event and call the subscribers."""
        with self._lock:
            self._seen.append(event)
            subscribers = list(self._subscribers)
        for subscriber in subscribers:
            notify(subscriber, event, _log, f"a subscriber failed on {event.type}")

    def seen(self) -> list[Event]:
        """The latest events, oldest first."""
        with self._lock:
            return list(self._seen)

    def reset(self) -> None:
        """Forget the events."""
        with self._lock:
            self._seen.clear()
