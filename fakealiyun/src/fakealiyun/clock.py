"""The two clocks of the fake cloud.

*Wall* time is the machine's: the date skew and the nonces of requests are judged by it, because
clients sign with the machine's clock. *Cloud* time is wall time plus an offset which tests move:
issue and expiry of credentials, states, timers and the `Date` header of every answer follow it.
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

MAX_ADVANCE = 10 * 366 * 86400
"""Seconds that one `advance` may cover: ten years, so that dates stay well within their formats."""

_LONGEST_WAIT = (
    1.0  # seconds; the wall clock itself may be set forward while the timer thread waits
)


class Handle:
    """One timer that was asked for with `Clock.call_at`."""

    def __init__(self, when: float, action: Callable[[], None]) -> None:
        self.when = when
        self._action: Callable[[], None] | None = action

    @property
    def cancelled(self) -> bool:
        """Whether the timer has been cancelled or has already fired."""
        return self._action is None

    def cancel(self) -> None:
        """Make sure that the action does not start any more; harmless after it fired."""
        self._action = None

    def _fire(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            action()


class Clock:
    """Wall and cloud time, and timers by cloud time. Every method may be called from any thread.

    A timer fires when cloud time passes it, whether `advance` moved the clock (then in the calling
    thread, before `advance` returns) or time simply went by (then in a thread of the clock's own).
    Actions must be short and thread-safe; they run one at a time, in the order of their times.
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
        """Epoch seconds by the machine's clock."""
        return time.time()

    def now(self) -> float:
        """Epoch seconds by the cloud's clock."""
        return time.time() + self._offset

    @property
    def offset(self) -> float:
        """Seconds by which cloud time is ahead of wall time; never negative."""
        return self._offset

    def advance(self, seconds: float) -> None:
        """Move cloud time forward and fire what has become due before returning.

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
        """Have `action` called once cloud time has reached `when` (epoch seconds).

        A time that has passed already fires soon, in the clock's own thread.
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
        """Let cloud time equal wall time again. A timer keeps the time it had left."""
        with self._changed:
            for _, _, handle in self._timers:
                handle.when -= self._offset
            self._timers = [(when - self._offset, n, handle) for when, n, handle in self._timers]
            self._offset = 0.0
            self._changed.notify_all()

    def close(self) -> None:
        """Stop the clock's own thread; timers do not fire any more."""
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
    """Epoch seconds as `yyyy-MM-ddTHH:mm:ssZ`, the form of the times in VOD's and STS's answers."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(seconds: float) -> str:
    """Epoch seconds in the form of the `Date` header."""
    return formatdate(int(seconds), usegmt=True)
