"""Counts the calls of each operation, so that a test can check that there was none."""

from __future__ import annotations

import threading
from collections import defaultdict

from fakealiyun.faults import Fault, Faults


class Calls:
    """Counters by service and action. Thread-safe.

    For VOD, STS and Function Compute, every call of an existing operation counts, refused or not.
    For OSS and SMQ, only accepted calls count.
    """

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._lock = threading.Lock()

    def count(self, service: str, action: str) -> None:
        """Add one call of an operation."""
        with self._lock:
            self._counts[service][action] += 1

    def of(self, service: str, action: str) -> int:
        """The number of calls of an operation since the last reset."""
        with self._lock:
            return self._counts.get(service, {}).get(action, 0)

    def snapshot(self) -> dict[str, dict[str, int]]:
        """All counters that are not zero."""
        with self._lock:
            return {service: dict(actions) for service, actions in self._counts.items()}

    def reset(self) -> None:
        """Set every counter to zero."""
        with self._lock:
            self._counts.clear()


class CountedFaults(Faults):
    """Faults that also count calls, for a service that asks once for each accepted call."""

    def __init__(self, faults: Faults, calls: Calls) -> None:
        super().__init__()
        self._faults = faults
        self._calls = calls

    def take(self, service: str, action: str) -> Fault | None:
        """Count the call, then do the same as `Faults.take`."""
        self._calls.count(service, action)
        return self._faults.take(service, action)
