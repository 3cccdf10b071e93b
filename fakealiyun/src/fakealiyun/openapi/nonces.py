"""Memory of nonces: a signed request is good for one call."""

from __future__ import annotations

import heapq
import threading


class Nonces:
    """The nonces seen, by AccessKey. The real memory's scope and length are not documented; here
    a nonce is remembered for as long as the request it came with could still be accepted."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._ends: list[tuple[float, tuple[str, str]]] = []
        self._lock = threading.Lock()

    def first_use(self, access_key_id: str, nonce: str, now: float, until: float) -> bool:
        """Remember a nonce until `until`; False when it was known. Times are wall seconds."""
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
        """Forget all."""
        with self._lock:
            self._seen.clear()
            self._ends.clear()
