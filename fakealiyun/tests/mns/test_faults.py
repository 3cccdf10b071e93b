"""Faults as a client of SMQ sees them, and the request counters."""

from __future__ import annotations

import http.client
from typing import Any

import pytest
from mns.mns_exception import MNSClientNetworkException, MNSServerException
from mns.queue import Message

from fakealiyun import FakeCloud
from fakealiyun.mns import Queue
from tests.mns.client import call, letter, refused, role_key

MESSAGES = "/queues/orders/messages"


@pytest.mark.parametrize(
    ("kind", "parameters", "status", "code"),
    [
        ("throttle", {}, 400, "QpsLimitExceeded"),
        ("throttle", {"status": 429, "code": "Throttled"}, 429, "Throttled"),
        ("error", {}, 500, "InternalError"),
        ("error", {"status": 503, "code": "Busy", "message": "Later."}, 503, "Busy"),
    ],
)
def test_a_refusal_without_effect(
    cloud: FakeCloud,
    orders: Queue,
    kind: str,
    parameters: dict[str, Any],
    status: int,
    code: str,
) -> None:
    cloud.faults.set("mns", "SendMessage", kind, **parameters)
    reply = call(cloud, "POST", MESSAGES, letter())
    assert reply.refusal == (status, code)
    assert orders.messages == []
    assert call(cloud, "POST", MESSAGES, letter()).status == 201


@pytest.mark.parametrize(("kind", "sent"), [("reset_before", 0), ("reset_after", 1)])
def test_a_connection_that_is_cut(cloud: FakeCloud, orders: Queue, kind: str, sent: int) -> None:
    cloud.faults.set("mns", "SendMessage", kind)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        call(cloud, "POST", MESSAGES, letter())
    assert len(orders.messages) == sent


@pytest.mark.parametrize("kind", ["non_json", "wrong_type", "empty", "truncated"])
def test_an_answer_that_is_no_answer(
    cloud: FakeCloud, queue: Any, orders: Queue, kind: str
) -> None:
    cloud.faults.set("mns", "SendMessage", kind)
    with pytest.raises((MNSClientNetworkException, MNSServerException)):
        queue.send_message(Message("x"))
    assert len(orders.messages) == 1


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_an_answer_that_is_late(cloud: FakeCloud, queue: Any, kind: str) -> None:
    cloud.faults.set("mns", "*", kind, seconds=0.01)
    assert queue.send_message(Message("x")).message_id
    assert cloud.faults.pending() == []


def test_a_fault_is_not_spent_on_a_stranger(cloud: FakeCloud, queue: Any) -> None:
    cloud.faults.set("mns", "*", "error")
    wrong = call(cloud, "POST", MESSAGES, letter(), instead={"date": "x"})
    assert wrong.status == 400
    not_allowed = call(cloud, "POST", MESSAGES, letter(), key=role_key(cloud))
    assert not_allowed.status == 403
    assert refused(queue.send_message, Message("x")) == "InternalError"
    queue.send_message(Message("x"))


def test_what_was_accepted_is_counted(cloud: FakeCloud, queue: Any) -> None:
    queue.send_message(Message("x"))
    queue.batch_send_message([Message("x")] * 3)
    for _ in range(4):
        queue.receive_message()
    assert refused(queue.receive_message) == "MessageNotExist"
    call(cloud, "POST", MESSAGES, letter(), key=role_key(cloud))
    assert cloud.calls.snapshot()["mns"] == {
        "SendMessage": 1,
        "BatchSendMessage": 1,
        "ReceiveMessage": 5,
    }


def test_a_defect_is_answered_and_tells_nothing(
    cloud: FakeCloud, orders: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a secret")

    monkeypatch.setattr(orders, "put", broken)
    reply = call(cloud, "POST", MESSAGES, letter())
    assert reply.refusal == (500, "InternalError")
    assert b"secret" not in reply.body
