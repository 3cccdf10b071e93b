"""The outcome of each callback, for the control page and for tests."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

_MOST_REMEMBERED = 10_000


@dataclass
class Delivery:
    """The delivery of one callback. It does not contain the URL, the key or the body.

    `outcome` starts with `pending`, `waiting` (for the next attempt), `delivered`, `dropped` or
    `not sent`. A reason may follow after a colon.
    """

    event_type: str
    media_id: str
    transport: Literal["HTTP", "MNS"]
    attempts: int = 0
    outcome: str = "pending"


class Deliveries:
    """The latest deliveries. Thread-safe."""

    def __init__(self) -> None:
        self._listed: deque[Delivery] = deque(maxlen=_MOST_REMEMBERED)
        self._lock = threading.Lock()

    def add(self, delivery: Delivery) -> None:
        """Add a delivery. It may still change."""
        with self._lock:
            self._listed.append(delivery)

    def all(self) -> list[Delivery]:
        """Copies of all deliveries, oldest first."""
        with self._lock:
            return [replace(delivery) for delivery in self._listed]

    def clear(self) -> None:
        """Forget all deliveries."""
        with self._lock:
            self._listed.clear()
