"""What happened to media, as VOD's event notifications tell it.

The library announces an event once, after its effect; whoever delivers callbacks subscribes.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_MOST_REMEMBERED = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """`body` is the notification's fields, `EventTime` (cloud time) and `EventType` included.

    `callback_url` is where the upload's own UserData wants it sent, None where it says nothing.
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
    """The events so far and who listens. Thread-safe."""

    def __init__(self) -> None:
        self._seen: deque[Event] = deque(maxlen=_MOST_REMEMBERED)
        self._subscribers: list[Subscriber] = []
        self._lock = threading.Lock()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Have `subscriber` called with every event from now on, in the thread that caused it.

        It must be quick, and survives `reset`; what it raises is logged and does not undo the
        event.
        """
        with self._lock:
            self._subscribers.append(subscriber)

    def announce(self, event: Event) -> None:
        """Remember an event and tell the subscribers."""
        with self._lock:
            self._seen.append(event)
            subscribers = list(self._subscribers)
        for subscriber in subscribers:
            _tell(subscriber, event)

    def seen(self) -> list[Event]:
        """The latest events, oldest first."""
        with self._lock:
            return list(self._seen)

    def reset(self) -> None:
        """Forget the events."""
        with self._lock:
            self._seen.clear()


def _tell(subscriber: Subscriber, event: Event) -> None:
    try:
        subscriber(event)
    except Exception:  # noqa: BLE001 - a listener must not break the cloud
        _log.exception("a subscriber failed on %s", event.type)
