"""Receives VOD's callbacks, by HTTP or from a queue, and passes them on to the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.alibaba.vod.operations import VOD_SERVICE
from shared.auth.callback_signature import by_callback_signature
from shared.errors import InvalidRequest, Refusal, Unavailable
from shared.events import callback
from shared.events.callback import UnreadableCallback
from shared.events.delivery import Delivery
from shared.events.from_callback import NotConfirmed
from shared.events.webhook import NotDelivered
from shared.runtime import log
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance, deadline_of
from shared.runtime.queue_trigger import messages, parse
from shared.web.request import MAX_EVENT

ANSWER_WITHIN = 4.5  # seconds; VOD waits 5
QUEUE_SECONDS = 20.0  # for one invocation by the queue
MAX_QUEUE_EVENT = 2 * 1024 * 1024  # bytes

_HTTP_KEY = b'"requestContext":'
"""A key that only the event of an HTTP trigger has, if the event is an object. A text inside it has
escaped quotes. A queue's event is an array, and its messages may have any key."""

_CODES: Mapping[type[Exception], str] = {UnreadableCallback: "UnreadableNotice"}
"""Fault -> its code in the log, if that is not the name of the class."""


class NotHandedOn(Exception):
    """Raised so that EventBridge delivers the messages again. The text is constant."""


def receive_by_http(call: Call[None]) -> Mapping[str, Any]:
    """Handles a callback by HTTP. Answers only when the app has its events. Raises a Refusal."""
    try:
        received = callback.read(call.request.body)
    except UnreadableCallback:
        raise InvalidRequest("The body is not a callback of VOD.") from None
    call.log_line.update(event_type=received.event_type, media_id=received.media_id)
    try:
        announced = _DELIVERY.deliver(received, call.session, call.settings, by_queue=False)
    except NotDelivered:
        call.log_line.update(reason="NotDelivered")
        raise Unavailable("The app did not accept the event.") from None
    except NotConfirmed:
        call.log_line.update(reason="NotConfirmed")
        raise Unavailable("VOD does not confirm the event yet.") from None
    call.log_line.update(announced=announced)
    return {}


def receive_from_queue(event: Any, context: Any) -> None:
    """Handles the messages of the queue one by one. Raises NotHandedOn if one of them failed."""
    deadline = deadline_of(context, QUEUE_SECONDS)
    codes = [_handle_message(text, deadline) for _, text in messages(event)]
    if not codes or any(code != "OK" for code in codes):  # the trigger sends no empty list
        raise NotHandedOn("not every event was handed on")


def _handle_message(text: str, deadline: float) -> str:
    """Handles one callback and writes its log line. Returns the code of the fault, or OK."""
    line: dict[str, Any] = {"function": "events", "road": "queue"}
    try:
        received = callback.read(text)
        line.update(event_type=received.event_type, media_id=received.media_id)
        settings, session = _INSTANCE.require_settings(), _INSTANCE.session(deadline)
        announced = _DELIVERY.deliver(received, session, settings, by_queue=True)
        line.update(announced=announced, limits_away=_INSTANCE.store_fault, code="OK")
    except (UnreadableCallback, NotDelivered, NotConfirmed) as fault:
        line.update(code=_CODES.get(type(fault), type(fault).__name__))
    except Refusal as refusal:
        line.update(code=refusal.code)
    except Exception as fault:  # noqa: BLE001  the other messages must not wait for this one
        line.update(code="Misconfigured", fault=type(fault).__name__)
    log.write(**line, cold=_INSTANCE.was_cold())
    return str(line["code"])


_INSTANCE = Instance("events", VOD_SERVICE)
_DELIVERY = Delivery(_INSTANCE)
_ENDPOINT = Endpoint(
    _INSTANCE, by_callback_signature, {"POST": receive_by_http}, max_seconds=ANSWER_WITHIN
)


def handler(event: bytes, context: Any) -> dict[str, Any] | None:
    """FC's entry, for both triggers. An event that does not look like HTTP is the queue's."""
    if len(event) > MAX_EVENT and event.startswith(b"{") and _HTTP_KEY in event:
        return _ENDPOINT.answer(event, context)  # refuses it unread
    parsed = _parsed(event)
    if _came_by_http(parsed):
        return _ENDPOINT.answer(event, context)
    _INSTANCE.begin_invocation(context)
    receive_from_queue(parsed, context)
    return None


def _came_by_http(event: Any) -> bool:
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def _parsed(event: bytes) -> Any:
    if len(event) > MAX_QUEUE_EVENT:
        raise NotHandedOn("not every event was handed on")
    try:
        return parse(event)
    except ValueError:
        return None  # receive_from_queue then raises NotHandedOn
