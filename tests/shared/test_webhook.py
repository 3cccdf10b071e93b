"""How an event is sent to the app's receiver, and which answers count."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from shared.config.settings import Settings
from shared.events import webhook as module
from shared.events.event import Event
from shared.events.webhook import NotDelivered, Receivers, Webhook
from shared.transport import DeadlinePassed, HttpAnswer, Transport
from tests.support.scripted_server import ScriptedServer, reply

SECRETS = (b"a" * 32, b"b" * 32)
EVENT = Event("vp_abc", {"id": "vp_abc", "type": "video.ready", "data": {"Title": "é"}})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with contextlib.closing(ScriptedServer()) as made:
        yield made


def receiver(server: ScriptedServer, path: str = "/hooks?a=b") -> Webhook:
    return Webhook(f"http://{server.host}{path}", SECRETS, private=True)


@pytest.mark.parametrize(
    ("path", "target"), [("/hooks?a=b", "/hooks?a=b"), ("", "/"), ("?a=b", "/?a=b"), ("/x", "/x")]
)
def test_an_event_is_one_signed_post(server: ScriptedServer, path: str, target: str) -> None:
    receiver(server, path).deliver(EVENT)
    [asked] = server.asked
    assert (asked.method, asked.target) == ("POST", target)
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"] == "vodpass"
    assert asked.headers["webhook-id"] == "vp_abc"
    assert asked.body == b'{"id":"vp_abc","type":"video.ready","data":{"Title":"\\u00e9"}}'
    for secret in SECRETS:
        verifier = Verifier(base64.b64encode(secret).decode())
        assert verifier.verify(asked.body, dict(asked.headers)) == EVENT.content
    assert len(asked.headers["webhook-signature"].split(" ")) == 2
    assert json.loads(asked.body)["type"] == EVENT.type
    assert "video" not in repr(EVENT)


@pytest.mark.parametrize(
    ("status", "taken"),
    [(200, True), (204, True), (299, True), (300, False), (302, False), (400, False), (503, False)],
)
def test_any_2xx_means_delivered(server: ScriptedServer, status: int, taken: bool) -> None:
    server.say(reply(b"", status, {"Location": "/elsewhere"}))
    if taken:
        receiver(server).deliver(EVENT)
    else:
        with pytest.raises(NotDelivered) as raised:
            receiver(server).deliver(EVENT)
        assert str(raised.value) == "the webhook did not take the event"
    assert len(server.asked) == 1


def test_the_body_of_an_answer_is_not_waited_for(server: ScriptedServer) -> None:
    server.say(reply(b"", 200, {"Content-Length": "1000000"}))
    receiver(server).deliver(EVENT)


def test_a_receiver_that_does_not_answer_has_not_taken_it(server: ScriptedServer) -> None:
    server.say(b"")
    with pytest.raises(NotDelivered) as raised:
        receiver(server).deliver(EVENT)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("given", "timeout"), [({}, 5.0), ({"timeout": 2.0}, 2.0), ({"timeout": 60.0}, 5.0)]
)
def test_a_receiver_has_five_seconds_at_most(
    monkeypatch: pytest.MonkeyPatch, given: Any, timeout: float
) -> None:
    asked: list[tuple[Any, ...]] = []

    def exchange(_: Transport, *parts: Any, **options: Any) -> HttpAnswer:
        asked.append((parts[:3], options))
        raise DeadlinePassed("the deadline passed", sent=True)

    monkeypatch.setattr(Transport, "exchange", exchange)
    with pytest.raises(NotDelivered):
        Webhook("https://hooks.example.com:8443/a", SECRETS).deliver(EVENT, **given)
    target = ("POST", "hooks.example.com:8443", "/a")
    assert asked == [(target, {"tls": True, "timeout": timeout, "read_body": False})]


def test_the_time_of_a_signature_is_that_of_sending(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: 1_800_000_000.9))
    receiver(server).deliver(EVENT)
    assert server.asked[0].headers["webhook-timestamp"] == "1800000000"


def test_a_private_address_is_called_only_if_the_operator_allows_it(
    server: ScriptedServer,
) -> None:
    with pytest.raises(NotDelivered):
        Webhook(f"http://{server.host}/", SECRETS).deliver(EVENT)
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("settings", "taken"),
    [({}, False), ({"webhook_private": True}, True), ({"local": True}, True)],
)
def test_events_and_credentials_have_receivers_of_their_own(
    server: ScriptedServer, settings: Any, taken: bool
) -> None:
    given = Settings(
        webhook_url=f"http://{server.host}/events",
        webhook_secrets=(b"e" * 32,),
        credential_webhook_url=f"http://{server.host}/credentials",
        credential_webhook_secrets=(b"c" * 32,),
        **settings,
    )
    receivers = Receivers()
    events, credentials = receivers.of(given), receivers.of(given, credentials=True)
    assert receivers.of(given) is events, "its connection is kept"
    assert receivers.of(given, credentials=True) is credentials
    for one, secret, target in (
        (events, b"e" * 32, "/events"),
        (credentials, b"c" * 32, "/credentials"),
    ):
        server.say(reply())
        if not taken:
            with pytest.raises(NotDelivered):
                one.deliver(EVENT)
            continue
        one.deliver(EVENT)
        [asked] = server.asked
        assert asked.target == target
        Verifier(base64.b64encode(secret).decode()).verify(asked.body, dict(asked.headers))
