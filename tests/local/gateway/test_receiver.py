"""The built-in receiver of webhooks."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from local.receiver import MAX_BODY, MOST_KEPT, Receiver
from tests.support.gateway import PAGE, RunningGateway
from tests.support.reply import Reply

SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


@pytest.fixture
def served(serve: Callable[..., RunningGateway]) -> RunningGateway:
    return serve(["echo"], routes=Receiver(SECRET).routes())


def deliver(
    served: RunningGateway,
    body: bytes = b'{"type":"t"}',
    *,
    message_id: str = "vp_1",
    secret: str = SECRET,
    age: int = 0,
    **changes: str | None,
) -> Reply:
    """POST a webhook. `changes` override its headers, with _ for -; None removes a header."""
    moment = datetime.now(tz=timezone.utc) - timedelta(seconds=age)
    headers: dict[str, str | None] = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, moment, body.decode("latin-1")),
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    given = {name: value for name, value in headers.items() if value is not None}
    return served.call("/_local/webhook", method="POST", body=body, headers=given)


def listed(served: RunningGateway) -> list[dict[str, Any]]:
    answer = served.call("/_local/events")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()["events"]
    assert isinstance(found, list)
    return found


def test_verified_webhooks_are_listed_newest_last(served: RunningGateway) -> None:
    assert listed(served) == []
    for number in range(3):
        body = json.dumps({"number": number}).encode()
        assert deliver(served, body, message_id=f"vp_{number}").status == 204
    events = listed(served)
    assert [event["webhook-id"] for event in events] == ["vp_0", "vp_1", "vp_2"]
    assert [event["body"] for event in events] == [{"number": n} for n in range(3)]
    assert all(set(event) == {"webhook-id", "webhook-timestamp", "body"} for event in events)
    assert abs(int(events[0]["webhook-timestamp"]) - datetime.now().timestamp()) < 60


def test_a_repeated_delivery_is_listed_again(served: RunningGateway) -> None:
    assert deliver(served).status == deliver(served).status == 204
    assert [event["webhook-id"] for event in listed(served)] == ["vp_1", "vp_1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": OTHER},
        {"age": 301},
        {"age": -301},
        {"webhook_id": "vp_2"},
        {"webhook_id": None},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": None},
        {"webhook_signature": None},
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,not base64"},
        {"webhook_signature": "v2,AAAA"},
        {"webhook_signature": "v1,AAAA,AAAA"},
        {"body": b"\xff"},
        {"body": b"no JSON"},
        {"body": b""},
    ],
    ids=repr,
)
def test_a_webhook_that_does_not_verify_is_refused_and_not_listed(
    served: RunningGateway, changes: dict[str, Any]
) -> None:
    assert deliver(served, **changes).status == 401
    assert listed(served) == []


def test_a_body_that_is_too_large_is_refused(served: RunningGateway) -> None:
    assert deliver(served, json.dumps("a" * MAX_BODY).encode()).status == 413
    assert listed(served) == []


def test_only_the_latest_webhooks_are_kept(served: RunningGateway) -> None:
    for number in range(MOST_KEPT + 5):
        assert deliver(served, message_id=f"vp_{number}").status == 204
    ids = [event["webhook-id"] for event in listed(served)]
    assert ids == [f"vp_{number}" for number in range(5, MOST_KEPT + 5)]


def test_only_our_own_page_can_read_the_list(served: RunningGateway) -> None:
    deliver(served)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = served.call("/_local/events", headers=headers)
        assert answer.status == 403
        assert b"vp_1" not in answer.body
    assert served.call("/_local/events", headers={"Host": "evil.example"}).status == 421
    own = served.call("/_local/events", headers={"Origin": PAGE})
    assert own.status == 200
    assert "Access-Control-Allow-Origin" not in own.headers
