"""VOD's callbacks, by HTTP or from a queue: verified, confirmed, handed on to the app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared import audit, news, notice
from shared.callback import from_vod
from shared.cloud import Session
from shared.endpoint import Call, Endpoint
from shared.errors import InvalidRequest, Refusal, Unavailable
from shared.http import MAX_EVENT
from shared.instance import Instance, deadline
from shared.notice import Notice, UnreadableNotice
from shared.settings import Settings
from shared.settling import Memory
from shared.vod import VOD, Vod
from shared.webhook import NotDelivered, Webhook

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
        call.asked.update(announced=_hand_on(received, call.cloud, call.settings))
    except NotDelivered:
        raise Unavailable("The app did not take the event.") from None
    except news.NotConfirmed:
        raise Unavailable("VOD does not confirm the event yet.") from None
    return {}


def from_queue(event: Any, context: Any) -> None:
    """Messages from the queue, one by one. Raises NotHandedOn where any is not with the app."""
    due = deadline(context, QUEUE_SECONDS)
    failed = False
    for message_id, text in notice.from_queue(event):
        line: dict[str, Any] = {"function": "events", "road": "queue"}
        try:
            received = notice.read(text, message_id)
            line.update(event_type=received.event_type, media_id=received.media_id)
            settings, session = _INSTANCE.require_settings(), _INSTANCE.session(due)
            line.update(announced=_hand_on(received, session, settings), code="OK")
        except (UnreadableNotice, NotDelivered, news.NotConfirmed) as fault:
            failed = True
            line.update(code=type(fault).__name__)
        except Refusal as refusal:
            failed = True
            line.update(code=refusal.code)
        audit.write(**line, cold=_INSTANCE.was_cold())
    if failed:
        raise NotHandedOn("not every event was handed on")


def _hand_on(received: Notice, session: Session, settings: Settings) -> list[str]:
    events = news.announce(received, Vod(session), settings)
    forgotten = _MEMORY.keep(settings, events, session.cloud_time(), session.left)
    for event in events:
        _webhook(settings).deliver(event, max(0.0, session.left))
    if forgotten is not None:
        raise forgotten
    return [event.content["type"] for event in events]


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
    return isinstance(context, dict) and "http" in context


def _parsed(event: bytes) -> Any:
    if len(event) > MAX_QUEUE_EVENT:
        raise NotHandedOn("not every event was handed on")
    try:
        return json.loads(event)
    except (ValueError, RecursionError):
        return None
