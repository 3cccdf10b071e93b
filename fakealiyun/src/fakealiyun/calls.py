"""How often each operation was called, so that a test can tell that it was not."""

from __future__ import annotations

import threading
from collections import defaultdict

from fakealiyun.faults import Fault, Faults


class Calls:
    """Counters by service and action. Thread-safe.

    Of VOD and STS every call counts that names an operation, refused or not; of OSS and SMQ
    those that were accepted.
    """

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


class CountedFaults(Faults):
    """The same faults for a service that asks for one exactly once a call it accepted."""

    def __init__(self, faults: Faults, calls: Calls) -> None:
        super().__init__()
        self._faults = faults
        self._calls = calls

    def take(self, service: str, action: str) -> Fault | None:
        """Count the call, then as Faults."""
        self._calls.count(service, action)
        return self._faults.take(service, action)
