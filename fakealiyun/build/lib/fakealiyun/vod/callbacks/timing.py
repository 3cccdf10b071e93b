"""When a callback is sent: before, with or after the change of status that it announces.

The real service gives no order. A public project saw TranscodeComplete while GetPlayInfo still
answered that the video is Transcoding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from fakealiyun.clock import Clock
from fakealiyun.vod.callbacks.configuration import ALL, EVENT_TYPES
from fakealiyun.vod.events import Event, Events

MOST = 86_400
"""The largest offset, in seconds of cloud time."""


def check_offsets(offsets: Mapping[str, float]) -> None:
    """Raise ValueError unless each key is an event type or `ALL`, and each value a number.

    The value is in seconds of cloud time, from -MOST to MOST.
    """
    for name, seconds in offsets.items():
        if name != ALL and name not in EVENT_TYPES:
            raise ValueError("callback_offsets: a key must be ALL or an event type")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ValueError("callback_offsets: a value must be a number of seconds")
        if not (math.isfinite(seconds) and -MOST <= seconds <= MOST):
            raise ValueError(f"callback_offsets: a value must be from -{MOST} to {MOST} seconds")


class CallbackTiming:
    """Announces events at their time. Thread-safe.

    `offsets`: how many seconds of cloud time after the change of status the callback is sent, by
    event type; `ALL` stands for every other type. A negative number means before the change: the
    callback is sent at once, and the status changes later. 0 is the default.
    """

    def __init__(self, clock: Clock, events: Events, offsets: Mapping[str, float]) -> None:
        self.events = events
        self.offsets = offsets
        self._clock = clock
        self._round = 0

    def reset(self) -> None:
        """Cancel what still has to happen."""
        self._round += 1

    def announce(self, event: Event) -> None:
        """Announce an event of a change that an API call has already made.

        Such an event cannot come before the change. With a negative offset it comes with it.
        """
        self._announce_in(self._offset(event), event)

    def carry_out(
        self,
        change: Callable[[], None],
        *events: Event,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Make a change of status and announce its events, each at its time.

        `then` is called after the change and after the events that come with it.
        """
        wait = max(0.0, *(-self._offset(event) for event in events))
        for event in events:
            if self._offset(event) < 0:
                self._announce_in(wait + self._offset(event), event)
        self._later(wait, change)
        for event in events:
            if self._offset(event) >= 0:
                self._announce_in(wait + self._offset(event), event)
        if then is not None:
            self._later(wait, then)

    def _offset(self, event: Event) -> float:
        return self.offsets.get(event.type, self.offsets.get(ALL, 0.0))

    def _announce_in(self, seconds: float, event: Event) -> None:
        self._later(seconds, lambda: self.events.announce(event))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        if seconds <= 0:
            action()
            return
        current = self._round

        def act() -> None:
            if self._round == current:
                action()

        self._clock.call_at(self._clock.now() + seconds, act)
