"""What became of each notification, for the control page and for tests."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

_MOST_REMEMBERED = 10_000


@dataclass
class Delivery:
    """One notification on its way. Neither its address nor its key nor its body is kept here.

    `outcome` begins with `pending`, `waiting` (for the next attempt), `delivered`, `dropped` or
    `not sent`, the last four with a reason behind a colon where there is one.
    """

    event_type: str
    media_id: str
    road: Literal["HTTP", "MNS"]
    attempts: int = 0
    outcome: str = "pending"


class Deliveries:
    """The latest deliveries. Thread-safe."""

    def __init__(self) -> None:
        self._listed: deque[Delivery] = deque(maxlen=_MOST_REMEMBERED)
        self._lock = threading.Lock()

    def add(self, delivery: Delivery) -> None:
        """Begin to list one; it may change afterwards."""
        with self._lock:
            self._listed.append(delivery)

    def all(self) -> list[Delivery]:
        """Copies, oldest first."""
        with self._lock:
            return [replace(delivery) for delivery in self._listed]

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._listed.clear()
