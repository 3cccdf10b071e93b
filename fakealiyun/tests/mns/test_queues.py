"""Queues through the API, mostly with the official client."""

from __future__ import annotations

from typing import Any

import pytest
from mns.queue import Message, QueueMeta

from fakealiyun import FakeCloud
from fakealiyun.mns import Attributes, Queue
from tests.mns.client import call, refused, xml
from tests.mns.conftest import Connect


def test_a_queue_is_made_with_the_services_defaults(cloud: FakeCloud, connect: Connect) -> None:
    created = connect().get_queue("new")
    assert created.create(QueueMeta()) == f"{cloud.url}/queues/new"
    assert cloud.queues.queue("new", create=False).attributes == Attributes()
    got = created.get_attributes()
    assert got.queue_name == "new"
    assert (got.visibility_timeout, got.maximum_message_size) == (30, 65_536)
    assert (got.message_retention_period, got.delay_seconds) == (345_600, 0)
    assert (got.polling_wait_seconds, got.logging_enabled) == (0, False)
    now = cloud.clock.now()
    assert now - 60 < got.create_time == got.last_modify_time <= now


def test_making_it_again(cloud: FakeCloud, orders: Queue) -> None:
    """The same attributes are no error, other attributes are."""
    same = call(cloud, "PUT", "/queues/orders", xml("Queue", "<DelaySeconds>0</DelaySeconds>"))
    assert (same.status, same.body) == (204, b"")
    assert same.headers["location"] == f"{cloud.url}/queues/orders"
    assert call(cloud, "PUT", "/queues/orders").status == 204
    other = call(cloud, "PUT", "/queues/orders", xml("Queue", "<DelaySeconds>1</DelaySeconds>"))
    assert other.refusal == (409, "QueueAlreadyExist")
    assert orders.attributes == Attributes()
    assert call(cloud, "PUT", "/queues/new").status == 201


def test_attributes_are_changed_one_by_one(cloud: FakeCloud, queue: Any, orders: Queue) -> None:
    cloud.clock.advance(100)
    meta = QueueMeta()
    meta.set_delay_seconds(60)
    meta.set_logging_enabled(True)
    queue.set_attributes(meta)
    changed = call(
        cloud,
        "PUT",
        "/queues/orders?metaoverride=true",
        xml("Queue", "<VisibilityTimeout>600</VisibilityTimeout>"),
    )
    assert (changed.status, changed.body) == (204, b"")
    assert orders.attributes == Attributes(
        delay_seconds=60, visibility_timeout=600, logging_enabled=True
    )
    got = queue.get_attributes()
    assert got.last_modify_time >= got.create_time + 100


def test_what_was_set_takes_effect(cloud: FakeCloud, connect: Connect) -> None:
    slow = connect().get_queue("slow")
    slow.create(QueueMeta(600, 1024, 3600, 60))
    slow.send_message(Message("one"))
    assert refused(slow.send_message, Message("x" * 1025)) == "InvalidArgument"
    assert refused(slow.receive_message) == "MessageNotExist"
    cloud.clock.advance(61)
    slow.receive_message()
    cloud.clock.advance(590)
    assert refused(slow.receive_message) == "MessageNotExist"
    cloud.clock.advance(11)
    slow.receive_message()
    cloud.clock.advance(3000)
    assert refused(slow.receive_message) == "MessageNotExist"


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("DelaySeconds", 0, 604_800),
        ("MaximumMessageSize", 1024, 65_536),
        ("MessageRetentionPeriod", 60, 604_800),
        ("VisibilityTimeout", 1, 43_200),
        ("PollingWaitSeconds", 0, 30),
    ],
)
def test_the_bounds_of_the_attributes(
    cloud: FakeCloud, orders: Queue, name: str, least: int, most: int
) -> None:
    def set_to(value: object) -> Any:
        body = xml("Queue", f"<{name}>{value}</{name}>")
        return call(cloud, "PUT", "/queues/orders?metaoverride=true", body)

    for value in (least, most):
        assert set_to(value).status == 204
    kept = orders.attributes
    for bad in (least - 1, most + 1, "x", ""):
        assert set_to(bad).refusal == (400, "InvalidArgument"), bad
    assert orders.attributes == kept


def test_the_counts_of_messages(cloud: FakeCloud, queue: Any) -> None:
    for delay in (0, 0, 0, 60):
        queue.send_message(Message("x", delay_seconds=delay))
    queue.receive_message()
    got = queue.get_attributes()
    assert (got.active_messages, got.inactive_messages, got.delay_messages) == (2, 1, 1)
    cloud.clock.advance(61)
    assert queue.get_attributes().active_messages == 4


def test_a_deleted_queue_is_gone_with_its_messages(cloud: FakeCloud, queue: Any) -> None:
    queue.send_message(Message("x"))
    queue.delete()
    assert refused(queue.receive_message) == refused(queue.delete) == "QueueNotExist"
    assert refused(queue.get_attributes) == "QueueNotExist"
    assert refused(queue.set_attributes, QueueMeta()) == "QueueNotExist"
    assert cloud.queues.all() == []
    queue.create(QueueMeta())
    assert refused(queue.receive_message) == "MessageNotExist"


def test_queues_are_listed_in_pages(cloud: FakeCloud, connect: Connect) -> None:
    names = [f"a-{n:02}" for n in range(12)]
    for name in (*names, "b-00"):
        cloud.queues.queue(name)
    client = connect()
    urls, marker = client.list_queue()
    assert (urls, marker) == ([f"{cloud.url}/queues/{name}" for name in (*names, "b-00")], "")
    found: list[str] = []
    pages = 0
    while not pages or marker:
        urls, marker = client.list_queue("a-", 5, marker)
        found += urls
        pages += 1
    assert (found, pages) == ([f"{cloud.url}/queues/{name}" for name in names], 3)
    assert client.list_queue("c") == ([], "")


def test_a_list_may_have_the_attributes_too(cloud: FakeCloud, orders: Queue) -> None:
    plain = call(cloud, "GET", "/queues")
    assert plain.element("VisibilityTimeout") is None
    whole = call(cloud, "GET", "/queues", headers={"x-mns-with-meta": "true"})
    assert (whole.element("QueueName"), whole.element("VisibilityTimeout")) == (orders.name, "30")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-mns-ret-number": "0"},
        {"x-mns-ret-number": "1001"},
        {"x-mns-ret-number": "x"},
        {"x-mns-marker": "garbage!"},
        {"x-mns-marker": "AAAA"},
    ],
)
def test_a_page_that_cannot_be(cloud: FakeCloud, headers: dict[str, str]) -> None:
    reply = call(cloud, "GET", "/queues", headers=headers)
    assert reply.refusal == (400, "InvalidArgument")
    assert next(iter(headers)) in (reply.element("Message") or "")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a" * 120, None),
        ("9-lives", None),
        ("a" * 121, "QueueNameLengthError"),
        ("", "QueueNameLengthError"),
        ("-a", "InvalidQueueName"),
        ("a_b", "InvalidQueueName"),
        ("a.b", "InvalidQueueName"),
        ("%C3%A9", "InvalidQueueName"),
        ("a%0A", "InvalidQueueName"),
        ("a%2Fmessages", "InvalidQueueName"),
        ("*", "InvalidQueueName"),
    ],
)
def test_the_names_of_queues(cloud: FakeCloud, name: str, code: str | None) -> None:
    reply = call(cloud, "PUT", f"/queues/{name}")
    if code is None:
        assert reply.status == 201
    else:
        assert reply.refusal == (400, code)
        assert cloud.queues.all() == []
