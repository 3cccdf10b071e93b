"""VOD's callbacks, by HTTP or from a queue: verified, confirmed, handed on to the app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.alibaba.client import Session
from shared.alibaba.vod import VOD, Vod
from shared.auth.callback_signature import from_vod
from shared.config.settings import Settings
from shared.errors import InvalidRequest, Refusal, Unavailable
from shared.events import callback as notice
from shared.events import event as news
from shared.events.callback import Notice, UnreadableNotice
from shared.events.recheck import Memory
from shared.events.webhook import Event, NotDelivered, Webhook
from shared.runtime import log as audit
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance, deadline
from shared.web.http import MAX_EVENT

ANSWER_WITHIN = 4.5  # seconds; VOD waits 5
QUEUE_SECONDS = 20.0  # for one invocation from the queue
MAX_QUEUE_EVENT = 2 * 1024 * 1024  # bytes


class NotHandedOn(Exception):
    """Raised to the queue, so that it delivers again; the text is constant."""


def receive(call: Call[None]) -> Mapping[str, Any]:
    """A callback by HTTP: answered 200 only when its news is safely with the app."""
    try:
        received = notice.read(call.request.body)
    except UnreadableNotice:
        raise InvalidRequest("The body is no event of VOD's.") from None
    call.asked.update(event_type=received.event_type, media_id=received.media_id)
    try:
        call.asked.update(announced=_hand_on(received, call.cloud, call.settings, patient=False))
    except NotDelivered:
        raise Unavailable("The app did not take the event.") from None
    except news.NotConfirmed:
        raise Unavailable("VOD does not confirm the event yet.") from None
    return {}


def from_queue(event: Any, context: Any) -> None:
    """Messages from the queue, one by one. Raises NotHandedOn where any is not with the app."""
    due = deadline(context, QUEUE_SECONDS)
    failed = event == []  # nothing, where something was to be
    for message_id, text in notice.from_queue(event):
        line: dict[str, Any] = {"function": "events", "road": "queue"}
        try:
            received = notice.read(text, message_id)
            line.update(event_type=received.event_type, media_id=received.media_id)
            settings, session = _INSTANCE.require_settings(), _INSTANCE.session(due)
            if not received.known and not received.message_id:
                raise UnreadableNotice("no id to tell a repeat by")
            announced = _hand_on(received, session, settings, patient=True)
            line.update(announced=announced, code="OK")
        except (UnreadableNotice, NotDelivered, news.NotConfirmed) as fault:
            failed = True
            line.update(code=type(fault).__name__)
        except Refusal as refusal:
            failed = True
            line.update(code=refusal.code)
        audit.write(**line, cold=_INSTANCE.was_cold())
    if failed:
        raise NotHandedOn("not every event was handed on")


def _hand_on(received: Notice, session: Session, settings: Settings, *, patient: bool) -> list[str]:
    """Deliver the news, and leave word to look at finished uploads again. Raises what prevents it.

    ``patient``: who sent the notice sends it for a day, so that word is left once the app has the
    news. VOD gives up by HTTP within seconds: there word is left first, and what prevents that is
    raised last.
    """
    events = news.announce(received, Vod(session), settings)
    forgotten = None if patient else _keep(events, session, settings)
    for event in events:
        if event.event_id not in _owed:
            _webhook(settings).deliver(event, max(0.0, session.left))
    if patient:
        forgotten = _keep(events, session, settings)
    ids = {event.event_id for event in events}
    if forgotten is not None:
        if len(_owed) >= _REMEMBERED:
            _owed.clear()
        _owed.update(ids)
        raise forgotten
    _owed.difference_update(ids)
    return [event.content["type"] for event in events]


def _keep(events: list[Event], session: Session, settings: Settings) -> Refusal | None:
    return _MEMORY.keep(settings, events, session.cloud_time(), session.left)


_REMEMBERED = 10_000
_owed: set[str] = set()
"""Ids of what the app has taken while no word could be left: a repeat need only do that."""

_receivers: list[Webhook] = []


def _webhook(settings: Settings) -> Webhook:
    """The app's receiver, made once an instance, so that its connection is kept."""
    if not _receivers:
        private = settings.webhook_private or settings.local
        _receivers.append(Webhook(settings.webhook_url, settings.webhook_secrets, private=private))
    return _receivers[0]


_INSTANCE = Instance("events", VOD)
_MEMORY = Memory(_INSTANCE)
_ENDPOINT = Endpoint(_INSTANCE, "POST", from_vod, receive, longest=ANSWER_WITHIN)


_HTTP_KEY = b'"requestContext":'
"""A key of FC's own in an HTTP event. Within a body or a message the quotes would be escaped."""


def handler(event: bytes, context: Any) -> dict[str, Any] | None:
    """FC's entry. The event's shape tells the road: what came by HTTP is never a queue's."""
    if len(event) > MAX_EVENT and _HTTP_KEY in event:
        return _ENDPOINT.answer(event, context)  # which refuses it unread
    parsed = _parsed(event)
    if _came_by_http(parsed):
        return _ENDPOINT.answer(event, context)
    _INSTANCE.begin(context)
    from_queue(parsed, context)
    return None


def _came_by_http(event: Any) -> bool:
    """What did not is the queue's, readable or not: only an error makes that come again."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def _parsed(event: bytes) -> Any:
    if len(event) > MAX_QUEUE_EVENT:
        raise NotHandedOn("not every event was handed on")
    try:
        return json.loads(event)
    except (ValueError, RecursionError):
        return None
