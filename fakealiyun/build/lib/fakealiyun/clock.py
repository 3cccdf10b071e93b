"""The two clocks of the fake cloud.

*Wall* time is the machine's time. The fake checks the date and the nonce of a request against it,
because clients sign with the machine's clock. *Cloud* time is wall time plus an offset that tests
can increase. It decides when credentials are issued and expire, when states change and timers
fire, and what the `Date` header of an answer says.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import formatdate
from functools import lru_cache

MAX_ADVANCE = 10 * 366 * 86400
"""The most seconds that cloud time may be ahead: ten years. Dates then still fit their formats."""

# Seconds. While the timer thread waits, somebody may set the machine's clock forward.
_LONGEST_WAIT = 1.0


class Handle:
    """A timer made by `Clock.call_at`."""

    def __init__(self, when: float, action: Callable[[], None]) -> None:
        self.when = when
        self._action: Callable[[], None] | None = action

    @property
    def cancelled(self) -> bool:
        """Whether the timer has been cancelled or has already fired."""
        return self._action is None

    def cancel(self) -> None:
        """Cancel the timer. Does nothing if it has fired already."""
        self._action = None

    def _fire(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            action()


class Clock:
    """Wall time, cloud time, and timers by cloud time. Every method is thread-safe.

    A timer fires when cloud time reaches it. If `advance` moved the clock, it fires in the calling
    thread, before `advance` returns. Otherwise it fires in the clock's own thread. Actions must be
    short and thread-safe. They run one at a time, in the order of their times.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._timers: list[tuple[float, int, Handle]] = []
        self._sequence = itertools.count()
        self._changed = threading.Condition()
        self._firing = threading.RLock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def wall(self) -> float:
        """Wall time in epoch seconds."""
        return time.time()

    def now(self) -> float:
        """Cloud time in epoch seconds."""
        return time.time() + self._offset

    @property
    def offset(self) -> float:
        """How many seconds cloud time is ahead of wall time. Never negative."""
        return self._offset

    def advance(self, seconds: float) -> None:
        """Move cloud time forward. Timers that become due fire before this returns.

        Raises ValueError unless 0 <= seconds <= MAX_ADVANCE: cloud time never goes back.
        """
        if not math.isfinite(seconds) or not 0 <= seconds <= MAX_ADVANCE:
            raise ValueError(f"seconds must be a number from 0 to {MAX_ADVANCE}")
        with self._changed:
            if self._offset + seconds > MAX_ADVANCE:
                raise ValueError(f"the clock may be at most {MAX_ADVANCE} seconds ahead")
            self._offset += seconds
            self._changed.notify_all()
        self._run_due()

    def call_at(self, when: float, action: Callable[[], None]) -> Handle:
        """Call `action` when cloud time reaches `when` (epoch seconds).

        If `when` is in the past, the action runs soon, in the clock's own thread.
        """
        handle = Handle(when, action)
        with self._changed:
            if self._closed:
                raise RuntimeError("the clock is closed")
            heapq.heappush(self._timers, (when, next(self._sequence), handle))
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="cloud-clock", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return handle

    def reset(self) -> None:
        """Set cloud time back to wall time. Every timer keeps its remaining time."""
        with self._changed:
            for _, _, handle in self._timers:
                handle.when -= self._offset
            self._timers = [(when - self._offset, n, handle) for when, n, handle in self._timers]
            self._offset = 0.0
            self._changed.notify_all()

    def close(self) -> None:
        """Cancel every timer and stop the clock's own thread."""
        with self._changed:
            self._closed = True
            for _, _, handle in self._timers:
                handle.cancel()
            self._timers.clear()
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)

    def _pop_due(self) -> Handle | None:
        with self._changed:
            if self._timers and self._timers[0][0] <= self.now():
                return heapq.heappop(self._timers)[2]
            return None

    def _run_due(self) -> None:
        with self._firing:
            while (handle := self._pop_due()) is not None:
                handle._fire()

    def _tick(self) -> None:
        while True:
            with self._changed:
                while not self._closed and not (self._timers and self._timers[0][0] <= self.now()):
                    wait = None
                    if self._timers:
                        wait = min(self._timers[0][0] - self.now(), _LONGEST_WAIT)
                    self._changed.wait(wait)
                if self._closed:
                    return
            self._run_due()


def utc(seconds: float) -> str:
    """Epoch seconds as `yyyy-MM-ddTHH:mm:ssZ`, the form of times in the APIs and in policies."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(seconds: float) -> str:
    """Epoch seconds in the form of a `Date` header."""
    return _http_date(int(seconds))


@lru_cache(maxsize=64)  # all answers of one second have the same date
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
