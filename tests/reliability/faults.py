"""Every fault that a call can have, and to which calls it cannot happen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate

from tests.reliability.wire import Answer, Exchange, Handle

HUGE = 3 * 1024 * 1024
"""Bytes; more than the functions read of any answer."""
OTHER_ID = "f" * 32
"""The id of a video that nobody asked for."""
CLOCK = 600
"""Seconds by which the clock of an instance is wrong."""

UNSIGNED = frozenset({"webhook", "JWKS"})
"""Requests that carry no signature of Alibaba Cloud, to servers that are not Alibaba Cloud's."""
_NO_ID_ASKED = "the request names no video"


@dataclass(frozen=True)
class Fault:
    """One fault. `damage` handles a request at the wire; without it the fault lies elsewhere."""

    name: str
    damage: Handle | None = None
    before: str = ""
    """What stands in the way before the request: `refused` or `no name`."""
    clock: int = 0
    """Seconds by which the instance's clock is ahead."""
    final: bool = False
    """Whether the service says that there is nothing to do: a repeat need not do the work."""
    impatient: bool = False
    """Whether the service keeps the function waiting until it gives up."""
    not_for: Mapping[str, str] = field(default_factory=dict)
    """Operation -> why this fault cannot happen to it."""


def _reset_before(exchange: Exchange) -> None:
    exchange.reset()


def _reset_after(exchange: Exchange) -> None:
    exchange.forward()
    exchange.reset()


def _no_head(exchange: Exchange) -> None:
    exchange.forward()
    exchange.wait_until_given_up()


def _no_body(exchange: Exchange) -> None:
    answer = exchange.forward()
    # An answer without a body ends with its head.
    body = answer.body or b"{}"
    exchange.answer(
        replace(answer, status=200 if answer.status == 204 else answer.status, body=body), sent=1
    )
    exchange.wait_until_given_up()


def _late(exchange: Exchange) -> None:
    answer = exchange.forward()
    half = len(answer.body) // 2
    exchange.answer(answer, sent=half)
    exchange.connection.sendall(answer.body[half:])


def _cut_short(exchange: Exchange) -> None:
    answer = exchange.forward()
    body = answer.body or b"{}"
    exchange.answer(
        replace(answer, status=200 if answer.status == 204 else answer.status, body=body),
        sent=len(body) // 2,
    )
    exchange.connection.close()


def _not_http(exchange: Exchange) -> None:
    exchange.forward()
    exchange.connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")
    exchange.connection.close()


def _body(change: Callable[[bytes], bytes], content_type: str = "") -> Handle:
    """Answers with another body than the service, after the effect."""

    def damage(exchange: Exchange) -> None:
        answer = exchange.forward()
        headers = [
            (name, content_type if content_type and name.lower() == "content-type" else value)
            for name, value in answer.headers
        ]
        exchange.answer(Answer(answer.status, headers, change(answer.body)))

    return damage


def _json(change: Callable[[object], object]) -> Callable[[bytes], bytes]:
    """The change of a JSON body. Any other body becomes the text `12345`."""

    def changed(body: bytes) -> bytes:
        try:
            return json.dumps(change(json.loads(body))).encode()
        except ValueError:
            return b"12345"

    return changed


def _wrong_types(value: object) -> object:
    if isinstance(value, dict):
        return {name: _wrong_type(member) for name, member in value.items()}
    return 12345


def _wrong_type(value: object) -> object:
    return [value] if isinstance(value, (int, float)) else 12345


def _emptied(value: object) -> object:
    return (
        {"RequestId": value["RequestId"]}
        if isinstance(value, dict) and "RequestId" in value
        else {}
    )


def _another_id(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.answer(replace(answer, body=_swapped(answer.body)))


def _swapped(body: bytes) -> bytes:
    """The same answer, for another video: each VideoId, ImageId and MediaId is another's."""

    def swap(value: object) -> object:
        if isinstance(value, list):
            return [swap(member) for member in value]
        if isinstance(value, dict):
            return {
                name: OTHER_ID if name in ("VideoId", "ImageId", "MediaId") else swap(member)
                for name, member in value.items()
            }
        return value

    return json.dumps(swap(json.loads(body))).encode()


def _refusal(status: int, code: str, mns_code: str = "", **headers: str) -> Handle:
    """Refuses without an effect, in the form of the service."""

    def damage(exchange: Exchange) -> None:
        given = [(name.replace("_", "-"), value) for name, value in headers.items()]
        date = ("Date", formatdate(usegmt=True))
        if exchange.operation == "SendMessage":
            body = (
                f"<Error><Code>{mns_code or code}</Code><Message>{LEAK}</Message></Error>".encode()
            )
            kind = ("Content-Type", "text/xml")
        else:
            body = json.dumps(
                {"Code": code, "Message": LEAK, "RequestId": REQUEST_ID, "HostId": "vod"}
            ).encode()
            kind = ("Content-Type", "application/json")
        exchange.answer(Answer(status, [date, kind, *given], body))

    return damage


LEAK = "acs:ram::1234567890123456:role/internal-detail"
"""Text of the service's refusals. It must reach nobody."""
REQUEST_ID = "4E84BE44-58A7-4F0E-9E5B-5C5B0E1D1C11"

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
_ONLY_STATUS = "only its status is read"
_NO_CODE = "it answers with a status, without a code"
_BY_STATUS = {"webhook": _NO_CODE, "JWKS": _NO_CODE}
_NO_ID = dict.fromkeys(
    (
        "AssumeRole",
        "CreateUploadVideo",
        "CreateUploadImage",
        "CreateUploadAttachedMedia",
        "GetVideoList",
        "DeleteVideo",
        "SendMessage",
        "webhook",
        "JWKS",
    ),
    _NO_ID_ASKED,
)
_BODY_UNREAD = {"webhook": _ONLY_STATUS}

FAULTS: tuple[Fault, ...] = (
    Fault("the connection is refused", before="refused"),
    Fault("the name does not resolve", before="no name"),
    Fault("reset before the effect", _reset_before),
    Fault("reset after the effect", _reset_after),
    Fault("no head until the deadline", _no_head, impatient=True),
    Fault("no body until the deadline", _no_body, impatient=True, not_for=_BODY_UNREAD),
    Fault("the answer comes in two pieces", _late, not_for=_BODY_UNREAD),
    Fault("400, a code nobody knows", _refusal(400, "Something.New")),
    Fault("401", _refusal(401, "Unauthorized", "AccessDenied")),
    Fault("403, no permission", _refusal(403, "Forbidden.RAM", "AccessDenied")),
    Fault("404, not found", _refusal(404, "InvalidVideo.NotFound", "QueueNotExist"), final=True),
    Fault("500", _refusal(500, "InternalError", "InternalServerError")),
    Fault("503", _refusal(503, "ServiceUnAvailable", "InternalServerError")),
    Fault(
        "throttled, with a hint",
        _refusal(400, "Throttling.User", "QpsLimitExceeded", x_acs_retry_after="2500"),
        not_for={**_BY_STATUS, "SendMessage": "SMQ gives no hint"},
    ),
    Fault("throttled", _refusal(429, "Throttling", "QpsLimitExceeded")),
    Fault("cut short", _cut_short, not_for=_BODY_UNREAD),
    Fault("no HTTP", _not_http),
    Fault("HTML", _body(lambda _: _HTML, "text/html"), not_for=_BODY_UNREAD),
    Fault("empty", _body(lambda _: b""), not_for=_BODY_UNREAD),
    Fault("wrong types", _body(_json(_wrong_types)), not_for=_BODY_UNREAD),
    Fault("fields are missing", _body(_json(_emptied)), not_for=_BODY_UNREAD),
    Fault("the answer for another video", _another_id, not_for=_NO_ID),
    Fault(
        "3 MiB",
        _body(lambda body: body + b" " * HUGE),
        not_for=_BODY_UNREAD,
    ),
    Fault(
        "the role's key has expired",
        _refusal(400, "InvalidSecurityToken.Expired", "SecurityTokenExpired"),
        not_for=dict.fromkeys(UNSIGNED, "it is not signed with the role's key"),
    ),
    Fault("the instance's clock is ten minutes fast", clock=CLOCK),
    Fault("the instance's clock is ten minutes slow", clock=-CLOCK),
)
"""In the order of `docs/reliability.md`."""
