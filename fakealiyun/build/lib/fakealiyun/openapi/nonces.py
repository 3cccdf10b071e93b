"""Remembers nonces, so that a signed request is valid for one call only."""

from __future__ import annotations

import heapq
import threading


class Nonces:
    """The used nonces of each AccessKey.

    How long the real gateway remembers a nonce, and for whom, is not documented. The fake
    remembers it for as long as its request could still be accepted.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._ends: list[tuple[float, tuple[str, str]]] = []
        self._lock = threading.Lock()

    def first_use(self, access_key_id: str, nonce: str, now: float, until: float) -> bool:
        """Remember a nonce until `until`. False if it was used before. Times are wall time."""
        entry = (access_key_id, nonce)
        with self._lock:
            while self._ends and self._ends[0][0] < now:
                self._seen.discard(heapq.heappop(self._ends)[1])
            if entry in self._seen:
                return False
            self._seen.add(entry)
            heapq.heappush(self._ends, (until, entry))
            return True

    def reset(self) -> None:
        """Forget all nonces."""
        with self._lock:
            self._seen.clear()
            self._ends.clear()
