"""Passes a callback on to the app: builds and delivers its events, and schedules rechecks."""

from __future__ import annotations

from shared.alibaba.session import Session
from shared.alibaba.vod.operations import Vod
from shared.config.settings import Settings
from shared.errors import Refusal
from shared.events.announce import NotConfirmed, announce
from shared.events.callback import Callback
from shared.events.event import Event
from shared.events.recheck import Rechecks
from shared.events.webhook import Receivers
from shared.runtime.instance import Instance
from shared.runtime.seen import Seen


class Delivery:
    """What the function `events` does with callbacks. Made once in an instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._rechecks = Rechecks(instance)
        self._receivers = Receivers()
        self._delivered = Seen(10_000)
        """Ids of events that the app has, but whose recheck could not be scheduled. A repeat only
        needs to schedule it."""

    def hand_on(
        self, callback: Callback, session: Session, settings: Settings, *, by_queue: bool
    ) -> list[str]:
        """Delivers the events of a callback and returns their types.

        ``by_queue``: the queue repeats the callback for a day, so the app gets its events first. By
        HTTP, VOD gives up within seconds, so the rechecks are scheduled first, in case the app is
        down. If that fails, the app still gets its events before the fault is raised. Raises
        NotConfirmed, NotDelivered or a Refusal.
        """
        try:
            events = announce(callback, Vod(session), settings)
        except NotConfirmed as fault:
            if fault.video is not None:
                # VOD's HTTP callbacks end too early for it, and a queue repeats them too late.
                self._rechecks.look_again(settings, fault.video, 1, session.left)
            raise
        limiter = self._instance.limiter()
        if limiter is not None:
            from shared.events.arrivals import note_arrivals

            note_arrivals(limiter, events)
        if by_queue:
            self._deliver(events, session, settings)
        try:
            self._rechecks.schedule(settings, events, session.cloud_time(), session.left)
        except Refusal:
            if not by_queue:
                self._deliver(events, session, settings)
            for event in events:
                self._delivered.add(event.event_id)
            raise
        if not by_queue:
            self._deliver(events, session, settings)
        self._delivered.discard(event.event_id for event in events)
        return [event.type for event in events]

    def _deliver(self, events: list[Event], session: Session, settings: Settings) -> None:
        for event in events:
            if event.event_id not in self._delivered:
                self._receivers.of(settings).deliver(event, max(0.0, session.left))
