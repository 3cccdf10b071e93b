"""Long polling: receives that wait for a message."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from email.utils import formatdate
from typing import Any

import pytest
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta

from fakealiyun import FakeCloud
from fakealiyun.mns import Queue
from tests.mns.client import call, signature
from tests.mns.conftest import Connect

LONG = 25
"""Seconds of cloud time. The tests do not really wait for them."""

Start = Callable[..., "Future[Any]"]


@pytest.fixture
def start(cloud: FakeCloud) -> Iterator[Start]:
    """Start a receive in a thread. Returns when the cloud has accepted it."""
    with ThreadPoolExecutor() as pool:

        def starting(action: Callable[..., Any], *arguments: Any) -> Future[Any]:
            before = accepted(cloud)
            future = pool.submit(action, *arguments)
            while accepted(cloud) == before:
                time.sleep(0.005)
            return future

        yield starting


def accepted(cloud: FakeCloud) -> int:
    counted = cloud.calls.snapshot().get("mns", {})
    return counted.get("ReceiveMessage", 0) + counted.get("BatchReceiveMessage", 0)


def code_of(future: Future[Any]) -> str:
    with pytest.raises(MNSServerException) as caught:
        future.result(20)
    return str(caught.value.type)


def test_a_message_ends_the_wait(orders: Queue, queue: Any, start: Start) -> None:
    queue.set_encoding(False)
    waiting = start(queue.receive_message_with_str_body, LONG)
    orders.send("here")
    assert waiting.result(20).message_body == "here"


def test_a_delay_that_the_clock_ends_ends_the_wait(
    cloud: FakeCloud, queue: Any, connect: Connect, start: Start
) -> None:
    queue.send_message(Message("later", delay_seconds=20))
    waiting = start(connect().get_queue("orders").batch_receive_message, 16, LONG)
    cloud.clock.advance(21)
    assert [each.message_body for each in waiting.result(20)] == [b"later"]


def test_a_message_that_was_not_deleted_ends_the_wait(
    cloud: FakeCloud, queue: Any, start: Start
) -> None:
    queue.send_message(Message("again", delay_seconds=0))
    handle = queue.receive_message().receipt_handle
    queue.change_message_visibility(handle, 10)
    waiting = start(queue.receive_message, LONG)
    cloud.clock.advance(11)
    assert waiting.result(20).dequeue_count == 2


def test_without_a_message_the_wait_ends_with_its_time(
    cloud: FakeCloud, queue: Any, start: Start
) -> None:
    waiting = start(queue.receive_message, 30)
    while not waiting.done():  # it may be accepted but not wait yet
        cloud.clock.advance(31)
        wait([waiting], 0.05)
    assert code_of(waiting) == "MessageNotExist"


def test_the_queues_own_wait_counts_where_the_request_has_none(
    cloud: FakeCloud, queue: Any, orders: Queue, start: Start
) -> None:
    meta = QueueMeta()
    meta.set_polling_wait_seconds(30)
    queue.set_attributes(meta)
    assert call(cloud, "GET", "/queues/orders/messages?waitseconds=0").status == 404
    waiting = start(queue.receive_message)
    orders.send("eA==")
    assert waiting.result(20).message_body == b"x"


def test_each_message_goes_to_one_of_those_who_wait(
    orders: Queue, connect: Connect, start: Start
) -> None:
    waiting = [start(connect().get_queue("orders").receive_message, LONG) for _ in range(4)]
    for text in ("YQ==", "Yg==", "Yw==", "ZA=="):
        orders.send(text)
    assert sorted(each.result(20).message_body for each in waiting) == [b"a", b"b", b"c", b"d"]


@pytest.mark.parametrize("how", ["delete", "reset"])
def test_the_wait_ends_with_the_queue(cloud: FakeCloud, queue: Any, start: Start, how: str) -> None:
    waiting = start(queue.receive_message, LONG)
    if how == "reset":
        cloud.reset()
    else:
        cloud.queues.delete("orders")
    assert code_of(waiting) == "QueueNotExist"


def test_nothing_is_taken_for_one_who_has_gone(
    cloud: FakeCloud, orders: Queue, queue: Any, start: Start
) -> None:
    target = f"/queues/orders/messages?waitseconds={LONG}"
    headers = {"x-mns-version": "2015-06-06", "date": formatdate(usegmt=True)}
    headers["Authorization"] = signature(cloud.admin, "GET", headers, target)
    lines = [f"GET {target} HTTP/1.1", f"Host: {cloud.endpoint}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", cloud.port)) as connection:
        start(connection.sendall, "\r\n".join([*lines, "", ""]).encode())
    call(cloud, "GET", "/queues")  # the server has seen the disconnect now
    orders.send("eA==")
    call(cloud, "GET", "/queues")  # and has checked for messages
    assert [message.dequeue_count for message in orders.messages] == [0]
    assert queue.receive_message().message_body == b"x"


@pytest.mark.parametrize("seconds", ["31", "-1", "x", ""])
def test_a_wait_has_at_most_30_seconds(cloud: FakeCloud, orders: Queue, seconds: str) -> None:
    orders.send("one")
    reply = call(cloud, "GET", f"/queues/orders/messages?waitseconds={seconds}")
    assert reply.refusal == (400, "InvalidArgument")
    assert orders.messages[0].dequeue_count == 0
