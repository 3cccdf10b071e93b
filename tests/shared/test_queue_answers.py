"""What a message to a queue of SMQ looks like on the wire, and what each answer means."""

from __future__ import annotations

import base64
import contextlib
import hmac
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from shared.alibaba.credentials import FunctionRole
from shared.alibaba.queue import FAULTS, Queue, signed_headers
from shared.errors import Misconfigured, Throttled, Unavailable, Upstream
from shared.transport import ConnectionLost, DeadlinePassed, HttpAnswer, Transport
from tests.support.scripted_server import ScriptedServer, reply

KEY = {"access_key_id": "STS.a", "access_key_secret": "secret-b", "security_token": "token-c"}
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with contextlib.closing(ScriptedServer()) as made:
        yield made


@pytest.fixture
def role() -> FunctionRole:
    role = FunctionRole({})
    role.use(SimpleNamespace(credentials=SimpleNamespace(**KEY)))
    return role


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.alibaba.queue.formatdate", lambda usegmt: DATE if usegmt else "")


def sent(server: ScriptedServer, role: FunctionRole) -> Any:
    """The refusal of one message; None if it was taken."""
    queue = Queue(f"http://{server.host}/queues/vodpass-watch", role)
    try:
        queue.send("text é", 60)
    except Upstream as refusal:
        return refusal
    finally:
        for connection, _ in queue._transport._resting.values():
            connection.close()
    return None


def test_a_message_is_one_signed_post(server: ScriptedServer, role: FunctionRole) -> None:
    server.say(reply(b"", 201))
    assert sent(server, role) is None
    [asked] = server.asked
    assert (asked.method, asked.target) == ("POST", "/queues/vodpass-watch/messages")
    text = base64.b64encode("text é".encode()).decode()
    assert asked.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Message xmlns="http://mns.aliyuncs.com/doc/v1/">'
        f"<MessageBody>{text}</MessageBody><DelaySeconds>60</DelaySeconds></Message>"
    )
    signed = (
        f"POST\n\ntext/xml;charset=utf-8\n{DATE}\nx-mns-version:2015-06-06\n"
        "/queues/vodpass-watch/messages"
    )
    mac = base64.b64encode(hmac.digest(b"secret-b", signed.encode(), "sha1")).decode()
    wanted = {
        "content-type": "text/xml;charset=utf-8",
        "date": DATE,
        "x-mns-version": "2015-06-06",
        "authorization": f"MNS STS.a:{mac}",
        "security-token": "token-c",
    }
    assert {name: asked.headers[name] for name in wanted} == wanted


def test_a_long_term_key_sends_no_empty_token() -> None:
    key = SimpleNamespace(access_key_id="a", access_key_secret="b", security_token="")
    assert set(signed_headers(key, "GET", "/queues", "text/xml")) == {
        *("Content-Type", "Date", "x-mns-version", "Authorization")
    }


def fault(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>a secret</Message></Error>".encode()


ANSWERS: list[tuple[int, bytes, type[Upstream], str]] = [
    *((400, fault(code), Misconfigured, "none") for code in FAULTS),
    (404, fault("Other"), Misconfigured, "none"),
    (400, b"", Misconfigured, "none"),
    (499, b"<html>", Misconfigured, "none"),
    (429, fault("Other"), Throttled, "none"),
    (403, fault("QpsLimitExceeded"), Throttled, "none"),
    (403, fault("SecurityTokenExpired"), Unavailable, "none"),
    (500, fault("InternalError"), Unavailable, "unknown"),
    (503, b"", Unavailable, "unknown"),
    (200, b"", Unavailable, "unknown"),
    (302, b"", Unavailable, "unknown"),
]


@pytest.mark.parametrize(("status", "body", "kind", "effect"), ANSWERS)
def test_every_answer_but_created_is_a_refusal(
    server: ScriptedServer,
    role: FunctionRole,
    status: int,
    body: bytes,
    kind: type[Upstream],
    effect: str,
) -> None:
    server.say(reply(body, status))
    refusal = sent(server, role)
    assert type(refusal) is kind
    assert refusal.effect == effect
    assert "secret" not in f"{refusal!r}{refusal.__dict__}"
    assert role.credential_expired is (b"SecurityTokenExpired" in body)
    for code, detail in FAULTS.items():
        if body == fault(code):
            assert refusal.detail == detail


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        (ConnectionLost("no connection", sent=False), "none"),
        (ConnectionLost("the connection broke off", sent=True), "unknown"),
        (DeadlinePassed("the deadline passed", sent=True), "unknown"),
    ],
)
@pytest.mark.parametrize(
    ("given", "timeout"), [({}, 1.5), ({"timeout": 9.0}, 1.5), ({"timeout": 1.0}, 1.0)]
)
def test_a_message_waits_a_second_and_a_half_at_most(
    monkeypatch: pytest.MonkeyPatch,
    role: FunctionRole,
    cause: Exception,
    effect: str,
    given: Any,
    timeout: float,
) -> None:
    asked: list[Any] = []

    def exchange(_: Transport, *parts: Any, **options: Any) -> HttpAnswer:
        asked.append((parts[:3], options))
        raise cause

    monkeypatch.setattr(Transport, "exchange", exchange)
    queue = Queue("https://1.mns.cn-shanghai.aliyuncs.com/queues/q", role)
    with pytest.raises(Unavailable) as raised:
        queue.send("text", 0, **given)
    assert raised.value.effect == effect
    target = ("POST", "1.mns.cn-shanghai.aliyuncs.com", "/queues/q/messages")
    assert asked == [(target, {"tls": True, "timeout": timeout})]
