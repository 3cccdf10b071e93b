"""How often each operation was called, so that a test can tell that it was not."""

from __future__ import annotations

import threading
from collections import defaultdict


class Calls:
    """Counters by service and action; a call that is refused counts too."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._lock = threading.Lock()

    def count(self, service: str, action: str) -> None:
        """One more call of an operation that exists."""
        with self._lock:
            self._counts[service][action] += 1

    def of(self, service: str, action: str) -> int:
        """How many there were since the last reset."""
        with self._lock:
            return self._counts.get(service, {}).get(action, 0)

    def snapshot(self) -> dict[str, dict[str, int]]:
        """Every counter that is not zero."""
        with self._lock:
            return {service: dict(actions) for service, actions in self._counts.items()}

    def reset(self) -> None:
        """Back to zero."""
        with self._lock:
            self._counts.clear()
