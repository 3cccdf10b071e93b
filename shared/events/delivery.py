"""Passes a callback on to the app: builds and delivers its events, and schedules rechecks."""

from __future__ import annotations

from shared.alibaba.session import Session
from shared.alibaba.vod.operations import Vod
from shared.auth.mac import digest
from shared.config.settings import Settings
from shared.errors import Refusal
from shared.events.callback import Callback
from shared.events.event import Event
from shared.events.from_callback import NotConfirmed, events_of
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
        """Events that the app has, but whose recheck could not be scheduled. A repeat of the
        callback only needs to schedule it."""

    def deliver(
        self, callback: Callback, session: Session, settings: Settings, *, by_queue: bool
    ) -> list[str]:
        """Delivers the events of a callback, and schedules their rechecks. Returns their types.

        ``by_queue``: the callback came by the queue, not by HTTP. If a recheck cannot be scheduled,
        the app still gets its events before the fault is raised. Raises NotConfirmed, NotDelivered
        or a Refusal.
        """
        events = self._events_of(callback, session, settings, by_queue)
        self._note_arrivals(events)
        if by_queue:
            # The queue repeats the callback for a day, so the app gets its events first.
            self._send(events, session, settings)
            fault = self._schedule_rechecks(events, session, settings)
        else:
            # VOD gives up within seconds, so the rechecks come first, in case the app is down.
            fault = self._schedule_rechecks(events, session, settings)
            self._send(events, session, settings)
        if fault is not None:
            for event in events:
                self._delivered.add(_repeat(event))
            raise fault
        self._delivered.discard(_repeat(event) for event in events)
        return [event.type for event in events]

    def _events_of(
        self, callback: Callback, session: Session, settings: Settings, by_queue: bool
    ) -> list[Event]:
        """The events of a callback. Raises NotConfirmed, after it has scheduled another check."""
        try:
            return events_of(callback, Vod(session), settings)
        except NotConfirmed as fault:
            if fault.video is not None:
                # VOD's HTTP callbacks end too early for it, and a queue repeats them too late. But
                # it repeats them for a day, so each may begin the checks only once.
                left = session.left
                self._rechecks.schedule_next_try(settings, fault.video, 1, left, once=by_queue)
            raise

    def _note_arrivals(self, events: list[Event]) -> None:
        """Tells the limiter which uploads have ended, if the deployment has limits."""
        limiter = self._instance.limiter()
        if limiter is not None:
            from shared.events.arrivals import note_arrivals

            note_arrivals(limiter, events)

    def _schedule_rechecks(
        self, events: list[Event], session: Session, settings: Settings
    ) -> Refusal | None:
        """Schedules the rechecks of the events. Returns the Refusal if the queue does not."""
        try:
            self._rechecks.schedule(settings, events, session.cloud_time(), session.left)
        except Refusal as refusal:
            return refusal
        return None

    def _send(self, events: list[Event], session: Session, settings: Settings) -> None:
        """Sends the app each event that it does not have. Raises NotDelivered."""
        for event in events:
            if _repeat(event) not in self._delivered:
                self._receivers.of(settings).deliver(event, max(0.0, session.left))


def _repeat(event: Event) -> bytes:
    """The same for an event of the same callback. A later callback may lead to the same id, for
    example if VOD blocks a video, releases it and blocks it again."""
    return digest(event.event_id, str(event.content.get("unverified")))
