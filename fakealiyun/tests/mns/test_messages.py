"""Messages through the API, mostly with the official client."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.request
from typing import Any

import pytest
from mns.mns_exception import MNSServerException
from mns.queue import Message

from fakealiyun import FakeCloud
from fakealiyun.mns import Queue
from tests.mns.client import NO_SUCH_HANDLE, call, letter, refused, xml
from tests.mns.conftest import Connect, Hear

MESSAGES = "/queues/orders/messages"


def test_a_message_comes_and_goes(cloud: FakeCloud, queue: Any, orders: Queue) -> None:
    sent = queue.send_message(Message("Grüße"))
    got = queue.receive_message()
    assert got.message_body.decode() == "Grüße"
    assert got.message_id == sent.message_id == orders.messages[0].id
    assert (got.priority, got.dequeue_count) == (8, 1)
    stored = base64.b64encode("Grüße".encode())
    digest = hashlib.md5(stored, usedforsecurity=False).hexdigest().upper()
    assert got.message_body_md5 == sent.message_body_md5 == digest
    now = cloud.clock.now() * 1000
    assert now - 60_000 < got.enqueue_time <= got.first_dequeue_time <= now
    assert 29_999 <= got.next_visible_time - got.first_dequeue_time <= 30_001
    assert refused(queue.receive_message) == "MessageNotExist"
    queue.delete_message(got.receipt_handle)
    assert orders.messages == []


@pytest.mark.parametrize("body", ["plain", '{"a": "<b> & \'c\'"}', "\t 漢字 \U0001f600 ]]> \n"])
def test_a_body_is_kept_as_it_was_sent(queue: Any, orders: Queue, body: str) -> None:
    queue.send_message(Message(body))
    assert orders.messages[0].body == base64.b64encode(body.encode()).decode()
    orders.clear()
    queue.set_encoding(False)
    queue.send_message(Message(body))
    assert orders.messages[0].body == body
    assert queue.receive_message_with_str_body().message_body == body


def test_a_carriage_return_survives(cloud: FakeCloud, queue: Any) -> None:
    assert call(cloud, "POST", MESSAGES, letter("a&#13;&#10;b")).status == 201
    queue.set_encoding(False)
    assert queue.receive_message_with_str_body().message_body == "a\r\nb"


def test_a_delayed_message_reaches_nobody_before_its_time(
    cloud: FakeCloud, queue: Any, orders: Queue, hear: Hear
) -> None:
    heard = hear(orders)
    sent = queue.send_message(Message("later", delay_seconds=7200))
    assert sent.receipt_handle
    assert refused(queue.receive_message) == refused(queue.peek_message) == "MessageNotExist"
    cloud.clock.advance(7190)
    assert refused(queue.receive_message) == "MessageNotExist"
    assert heard == []
    cloud.clock.advance(11)
    assert [message.id for message in heard] == [sent.message_id]
    assert queue.receive_message().message_body == b"later"


def test_a_delayed_message_can_be_taken_back(cloud: FakeCloud, queue: Any, orders: Queue) -> None:
    handle = queue.send_message(Message("later", delay_seconds=60)).receipt_handle
    assert refused(queue.change_message_visibility, handle, 5) == "MessageNotExist"
    queue.delete_message(handle)
    cloud.clock.advance(61)
    assert orders.messages == []
    assert queue.send_message(Message("at once")).receipt_handle == ""


@pytest.mark.parametrize(
    ("name", "values"), [("DelaySeconds", (0, 604_800)), ("Priority", (1, 16))]
)
def test_the_bounds_of_a_messages_numbers(
    cloud: FakeCloud, orders: Queue, name: str, values: tuple[int, int]
) -> None:
    for value in values:
        assert call(cloud, "POST", MESSAGES, letter(**{name: value})).status == 201
    for bad in (values[0] - 1, values[1] + 1, "", "1.5", "x", "+1", "１", "9" * 30):
        reply = call(cloud, "POST", MESSAGES, letter(**{name: bad}))
        assert reply.refusal == (400, "InvalidArgument"), bad
        assert name in (reply.element("Message") or "")
    assert len(orders.messages) == 2


def test_priority_decides_what_comes_first(queue: Any) -> None:
    for text, priority in (("c", 8), ("d", 16), ("a", 1), ("b", 7)):
        queue.send_message(Message(text, priority=priority))
    assert [queue.receive_message().message_body for _ in range(4)] == [b"a", b"b", b"c", b"d"]


def test_the_largest_message(cloud: FakeCloud, queue: Any, orders: Queue) -> None:
    queue.set_encoding(False)
    queue.send_message(Message("x" * 65_536))
    for body in ("x" * 65_537, "é" * 32_769):
        assert refused(queue.send_message, Message(body)) == "InvalidArgument"
    assert len(orders.messages) == 1
    # The bytes of the text count, not those of its XML.
    assert call(cloud, "POST", MESSAGES, letter("&amp;" * 65_536)).status == 201
    assert call(cloud, "POST", MESSAGES, letter("&amp;" * 65_537)).status == 400


def test_a_peek_changes_nothing(queue: Any) -> None:
    queue.send_message(Message("one"))
    for _ in range(2):
        seen = queue.peek_message()
        assert (seen.message_body, seen.dequeue_count, seen.first_dequeue_time) == (b"one", 0, 0)
    assert [each.message_body for each in queue.batch_peek_message(16)] == [b"one"]
    assert queue.receive_message().dequeue_count == 1
    assert refused(queue.peek_message) == "MessageNotExist"
    assert refused(queue.batch_peek_message, 16) == "MessageNotExist"


def test_a_batch(queue: Any, orders: Queue) -> None:
    sent = queue.batch_send_message(
        [Message(str(n), priority=16 - n, delay_seconds=0 if n else 60) for n in range(16)]
    )
    assert [message.id for message in orders.messages] == [each.message_id for each in sent]
    got = queue.batch_receive_message(10) + queue.batch_receive_message(10)
    assert [int(each.message_body) for each in got] == list(range(15, 0, -1))
    assert refused(queue.batch_receive_message, 16) == "MessageNotExist"
    queue.batch_delete_message([each.receipt_handle for each in got])
    assert len(orders.messages) == 1


def test_a_batch_is_taken_as_a_whole_or_not_at_all(
    cloud: FakeCloud, queue: Any, orders: Queue
) -> None:
    queue.set_encoding(False)
    one = Message("x")
    assert refused(queue.batch_send_message, [one] * 17) == "InvalidArgument"
    assert refused(queue.batch_send_message, [one, Message("x", priority=17)]) == "InvalidArgument"
    assert refused(queue.batch_send_message, [Message("x" * 32_769)] * 2) == "InvalidArgument"
    empty = call(cloud, "POST", MESSAGES, xml("Messages", ""))
    assert empty.refusal == (400, "InvalidArgument")
    assert orders.messages == []
    queue.batch_send_message([Message("x" * 32_768)] * 2)


@pytest.mark.parametrize("count", [0, 17, "x", ""])
def test_a_batch_that_is_asked_for_has_1_to_16_messages(
    cloud: FakeCloud, orders: Queue, count: object
) -> None:
    orders.send("one")
    for query in (f"numOfMessages={count}", f"peekonly=true&numOfMessages={count}"):
        reply = call(cloud, "GET", f"{MESSAGES}?{query}")
        assert reply.refusal == (400, "InvalidArgument")
    assert orders.messages[0].dequeue_count == 0


def test_an_earlier_receives_handle_deletes_nothing(
    cloud: FakeCloud, queue: Any, orders: Queue
) -> None:
    queue.send_message(Message("one"))
    first = queue.receive_message().receipt_handle
    cloud.clock.advance(31)
    assert refused(queue.delete_message, first) == "MessageNotExist"
    second = queue.receive_message().receipt_handle
    assert refused(queue.delete_message, first) == "MessageNotExist"
    assert refused(queue.change_message_visibility, first, 60) == "MessageNotExist"
    assert len(orders.messages) == 1
    queue.delete_message(second)
    assert refused(queue.delete_message, second) == "MessageNotExist"


def test_how_long_a_message_is_hidden_can_be_changed(cloud: FakeCloud, queue: Any) -> None:
    queue.send_message(Message("one"))
    got = queue.receive_message()
    changed = queue.change_message_visibility(got.receipt_handle, 600)
    assert changed.receipt_handle != got.receipt_handle
    until = (cloud.clock.now() + 600) * 1000
    assert until - 60_000 < int(changed.next_visible_time) <= until
    cloud.clock.advance(590)
    assert refused(queue.receive_message) == "MessageNotExist"
    cloud.clock.advance(11)
    assert refused(queue.delete_message, changed.receipt_handle) == "MessageNotExist"
    assert queue.receive_message().dequeue_count == 2


def test_what_a_change_of_visibility_must_say(cloud: FakeCloud, queue: Any) -> None:
    queue.send_message(Message("one"))
    handle = queue.receive_message().receipt_handle
    wanted = {
        f"receiptHandle={handle}&visibilityTimeout=0": (400, "InvalidArgument"),
        f"receiptHandle={handle}&visibilityTimeout=43201": (400, "InvalidArgument"),
        f"receiptHandle={handle}": (400, "MissingVisibilityTimeout"),
        "visibilityTimeout=5": (400, "MissingReceiptHandle"),
        "receiptHandle=&visibilityTimeout=5": (400, "MissingReceiptHandle"),
        "receiptHandle=1-x&visibilityTimeout=5": (400, "ReceiptHandleError"),
        f"receiptHandle={NO_SUCH_HANDLE}&visibilityTimeout=5": (404, "MessageNotExist"),
    }
    for query, refusal in wanted.items():
        assert call(cloud, "PUT", f"{MESSAGES}?{query}").refusal == refusal, query
    # The pages spell the names in two ways, and other clients encode the handle.
    escaped = handle.replace("=", "%3D")
    query = f"receiptHandle={escaped}&visibilityTimeout=43200"
    assert call(cloud, "PUT", f"{MESSAGES}?{query}").status == 200


def test_a_deletion_needs_a_handle(cloud: FakeCloud, orders: Queue) -> None:
    orders.send("one")
    wanted = {
        "": (400, "MissingReceiptHandle"),
        "?ReceiptHandle=": (400, "MissingReceiptHandle"),
        "?ReceiptHandle=1-x": (400, "ReceiptHandleError"),
        f"?ReceiptHandle={NO_SUCH_HANDLE}": (404, "MessageNotExist"),
    }
    for query, refusal in wanted.items():
        assert call(cloud, "DELETE", MESSAGES + query).refusal == refusal, query
    assert len(orders.messages) == 1


def test_a_batch_of_deletions_says_which_ones_failed(queue: Any, orders: Queue) -> None:
    queue.batch_send_message([Message("a"), Message("b")])
    handles = [each.receipt_handle for each in queue.batch_receive_message(16)]
    wrong = ["1-x", NO_SUCH_HANDLE]
    with pytest.raises(MNSServerException) as caught:
        queue.batch_delete_message([handles[0], *wrong, handles[1]])
    told = [(each["ReceiptHandle"], each["ErrorCode"]) for each in caught.value.sub_errors]
    assert told == list(zip(wrong, ("ReceiptHandleError", "MessageNotExist"), strict=True))
    assert orders.messages == []


def test_nothing_of_an_unknown_queue(connect: Connect) -> None:
    unknown = connect().get_queue("unknown")
    calls: list[tuple[Any, ...]] = [
        (unknown.send_message, Message("x")),
        (unknown.batch_send_message, [Message("x")]),
        (unknown.receive_message,),
        (unknown.receive_message, 10),
        (unknown.batch_receive_message, 2),
        (unknown.peek_message,),
        (unknown.delete_message, NO_SUCH_HANDLE),
        (unknown.batch_delete_message, [NO_SUCH_HANDLE]),
        (unknown.change_message_visibility, NO_SUCH_HANDLE, 5),
    ]
    assert {refused(*each) for each in calls} == {"QueueNotExist"}


def test_a_message_of_the_control_route_is_received_by_the_api(
    cloud: FakeCloud, queue: Any
) -> None:
    request = urllib.request.Request(
        f"{cloud.url}/_local/queues/orders/messages",
        json.dumps({"body": "by hand"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        message_id = json.loads(answer.read())["MessageId"]
    queue.set_encoding(False)
    got = queue.receive_message_with_str_body()
    assert (got.message_id, got.message_body) == (message_id, "by hand")


def test_the_state_tells_when_a_message_can_be_received(cloud: FakeCloud, queue: Any) -> None:
    queue.send_message(Message("secret", delay_seconds=600))
    with urllib.request.urlopen(f"{cloud.url}/_local/state") as answer:
        text = answer.read().decode()
    (told,) = json.loads(text)["queues"]["orders"]
    assert told["received"] == 0
    assert told["visible_from"] > json.loads(text)["clock"]["cloud_utc"]
    assert base64.b64encode(b"secret").decode() not in text
