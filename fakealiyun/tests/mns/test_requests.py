"""Requests that are broken, too large, or attacks."""

from __future__ import annotations

import http.client
import socket
import tracemalloc
from typing import Any

import pytest
from mns.message_property import MessagePropertyValue
from mns.queue import Message

from fakealiyun import FakeCloud
from fakealiyun.mns import Queue
from tests.mns.client import XMLNS, call, letter, refused, xml
from tests.mns.conftest import Connect

MESSAGES = "/queues/orders/messages"


def answer(connection: socket.socket) -> bytes:
    """The body of the answer that comes on a connection."""
    reply = http.client.HTTPResponse(connection)
    reply.begin()
    return reply.read()


LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE Message [
 <!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
 <!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
]>
<Message><MessageBody>&e;</MessageBody></Message>"""
FILE = """<!DOCTYPE Message [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Message><MessageBody>&x;</MessageBody></Message>"""
PARAMETER = """<!DOCTYPE Message [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>
<Message><MessageBody>a</MessageBody></Message>"""


@pytest.mark.parametrize(
    "body",
    [
        "",
        "x",
        "<Message>",
        "<Message></Messages>",
        "<Message><MessageBody>a</MessageBody></Message>trailing",
        "<Message/><Message/>",
        "<Message><MessageBody>&undefined;</MessageBody></Message>",
        "<Message><MessageBody>&#0;</MessageBody></Message>",
        "<Message><MessageBody>a & b</MessageBody></Message>",
        '<?xml version="1.0" encoding="GBK"?><Message><MessageBody>a</MessageBody></Message>',
        "<?php x ?><Message><MessageBody>a</MessageBody></Message>",
        "<!DOCTYPE Message><Message><MessageBody>a</MessageBody></Message>",
        LAUGHS,
        FILE,
        PARAMETER,
        b"<Message><MessageBody>\xff\xfe</MessageBody></Message>",
        "<Message><MessageBody>a</MessageBody></Message>".encode("utf-16"),
        "<Message><MessageBody>a</MessageBody></Message>".encode("utf-16-be"),
        "<Message>" * 6 + "</Message>" * 6,
        "<Message>" + "<a/>" * 1024 + "</Message>",
        "<m:Message><m:MessageBody>a</m:MessageBody></m:Message>",
    ],
)
def test_xml_that_is_not_taken(cloud: FakeCloud, orders: Queue, body: str | bytes) -> None:
    reply = call(cloud, "POST", MESSAGES, body, headers={"content-type": "text/xml"})
    assert reply.refusal == (400, "MalformedXML")
    assert b"root:" not in reply.body
    assert orders.messages == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("<Queue/>", "Queue"),
        ("<Message/>", "MessageBody"),
        ("<Message><DelaySeconds>1</DelaySeconds></Message>", "MessageBody"),
        ("<Message><MessageBody/></Message>", "MessageBody"),
        ("<Message><MessageBody>a</MessageBody><MessageBody>b</MessageBody></Message>", "MessageB"),
        ("<Message><MessageBody>a<b/></MessageBody></Message>", "MessageBody"),
        ("<Message><MessageBody><b/></MessageBody></Message>", "MessageBody"),
        ("<Message>a<MessageBody>b</MessageBody></Message>", "Message"),
        ("<Message><MessageBody>a</MessageBody><Other>b</Other></Message>", "Other"),
        ('<Message x="1"><MessageBody>a</MessageBody></Message>', "Message"),
        ('<Message xmlns="http://example.com/"><MessageBody>a</MessageBody></Message>', "Message"),
        ("<Messages>a</Messages>", "Messages"),
        ("<Messages><MessageBody>a</MessageBody></Messages>", "Messages"),
    ],
)
def test_xml_of_another_schema(cloud: FakeCloud, orders: Queue, body: str, named: str) -> None:
    reply = call(cloud, "POST", MESSAGES, body)
    assert reply.refusal == (400, "InvalidArgument")
    assert named in (reply.element("Message") or "")
    assert orders.messages == []


@pytest.mark.parametrize(
    "body",
    [
        "<Message><MessageBody>a</MessageBody></Message>",
        letter("a").replace(XMLNS, XMLNS.rstrip("/")),
        f'<m:Message xmlns:m="{XMLNS}"><m:MessageBody>a</m:MessageBody></m:Message>',
        xml("Message", "\n <!-- a note -->\n <MessageBody>a</MessageBody>\n"),
        "\ufeff" + letter("a"),
        letter("<![CDATA[a]]>"),
    ],
)
def test_the_ways_of_writing_the_same_message(cloud: FakeCloud, orders: Queue, body: str) -> None:
    assert call(cloud, "POST", MESSAGES, body).status == 201
    assert [message.body for message in orders.messages] == ["a"]


def test_text_in_many_pieces_costs_no_more_than_its_size(cloud: FakeCloud, orders: Queue) -> None:
    pieces = "a<!---->" * 60_000
    tracemalloc.start()
    try:
        assert call(cloud, "POST", MESSAGES, letter(pieces)).status == 201
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert orders.messages[0].body == "a" * 60_000
    assert peak < 64 * 1024 * 1024


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", "x"])
def test_a_body_that_says_it_is_something_else(cloud: FakeCloud, orders: Queue, kind: str) -> None:
    reply = call(cloud, "POST", MESSAGES, letter(), headers={"content-type": kind})
    assert reply.refusal == (400, "InvalidArgument")
    assert orders.messages == []


@pytest.mark.parametrize("kind", [None, "application/xml", "text/xml", "Text/XML; charset=utf-8"])
def test_a_body_that_is_xml(cloud: FakeCloud, orders: Queue, kind: str | None) -> None:
    assert call(cloud, "POST", MESSAGES, letter(), headers={"content-type": kind}).status == 201
    orders.clear()


def test_a_body_that_is_too_large_is_not_read(cloud: FakeCloud, orders: Queue) -> None:
    size = 512 * 1024
    assert call(cloud, "POST", MESSAGES, "x" * (size + 1)).refusal == (400, "InvalidArgument")
    assert call(cloud, "POST", MESSAGES, "x" * size).refusal == (400, "MalformedXML")
    # The body is never sent: the header alone causes the answer.
    head = f"POST {MESSAGES} HTTP/1.1\r\nHost: {cloud.endpoint}\r\nx-mns-version: 2015-06-06\r\n"
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as connection:
        connection.sendall(f"{head}Content-Length: 999999999999\r\n\r\n".encode())
        assert b"InvalidArgument" in answer(connection)
    assert orders.messages == []


def test_a_body_without_end_is_cut_short(cloud: FakeCloud) -> None:
    head = f"POST {MESSAGES} HTTP/1.1\r\nHost: {cloud.endpoint}\r\nx-mns-version: 2015-06-06\r\n"
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        try:
            for _ in range(64):
                connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        except ConnectionError:
            return
        assert b"InvalidArgument" in answer(connection)


@pytest.mark.parametrize(
    ("method", "target", "refusal"),
    [
        ("GET", "/queues/", (400, "QueueNameLengthError")),
        ("GET", "/queues/orders/", (400, "InvalidRequestURL")),
        ("GET", "/queues/orders/message", (400, "InvalidRequestURL")),
        ("GET", "/queues/orders/messages/1", (400, "InvalidRequestURL")),
        ("GET", "/queues/orders/messages/", (400, "InvalidRequestURL")),
        ("GET", "/queues/%zz", (400, "InvalidRequestURL")),
        ("GET", "/queues/%ff", (400, "InvalidRequestURL")),
        ("GET", "/other", (400, "InvalidRequestURL")),
        ("GET", "/", (400, "InvalidRequestURL")),
        ("GET", "//queues", (400, "InvalidRequestURL")),
        ("POST", "/queues", (400, "InvalidRequestURL")),
        ("POST", "/queues/orders", (400, "InvalidRequestURL")),
        ("PATCH", "/queues/orders/messages", (400, "InvalidRequestURL")),
        ("OPTIONS", "/queues/orders/messages", (400, "InvalidRequestURL")),
        ("GET", "/queues?x=1", (400, "InvalidQueryString")),
        ("GET", "/queues/orders?metaoverride=true", (400, "InvalidQueryString")),
        ("GET", "/queues/orders/messages?waitseconds=1&waitseconds=2", (400, "InvalidQueryString")),
        ("GET", "/queues/orders/messages?waitseconds=1&WaitSeconds=1", (400, "InvalidQueryString")),
        ("GET", "/queues/orders/messages?peekonly=false", (400, "InvalidQueryString")),
        ("GET", "/queues/orders/messages?peekonly=true&waitseconds=1", (400, "InvalidQueryString")),
        ("GET", "/queues/orders/messages?waitseconds=%zz", (400, "InvalidQueryString")),
        ("GET", "/queues/orders/messages?waitseconds=%ff", (400, "InvalidQueryString")),
        ("PUT", "/queues/orders?metaoverride=false", (400, "InvalidQueryString")),
        ("DELETE", "/queues/orders?force=true", (400, "InvalidQueryString")),
        ("GET", "/topics", (501, "NotImplemented")),
        ("PUT", "/topics/news", (501, "NotImplemented")),
        ("POST", "/topics/news/messages", (501, "NotImplemented")),
        ("POST", "/commonbuy/openservice", (501, "NotImplemented")),
        ("GET", "/?accountmeta=true", (501, "NotImplemented")),
    ],
)
def test_targets_that_are_none(
    cloud: FakeCloud, orders: Queue, method: str, target: str, refusal: tuple[int, str]
) -> None:
    orders.send("kept")
    assert call(cloud, method, target).refusal == refusal
    assert orders.messages[0].dequeue_count == 0


def test_topics_are_refused_to_the_official_client_too(connect: Connect) -> None:
    client = connect()
    assert refused(client.list_topic) == "NotImplemented"
    assert refused(client.get_attributes) == "NotImplemented"
    assert refused(client.get_topic("news").delete) == "NotImplemented"


def test_what_is_not_faked_of_a_message_is_refused(queue: Any, orders: Queue) -> None:
    message = Message("x")
    message.add_user_property("name", MessagePropertyValue.create_string("value"))
    assert refused(queue.send_message, message) == "NotImplemented"
    assert refused(queue.batch_send_message, [message]) == "NotImplemented"
    grouped = Message("x", message_group_id="g")
    assert refused(queue.send_message, grouped) == "NotImplemented"
    assert orders.messages == []


def test_what_a_stranger_writes_is_not_said_as_markup(cloud: FakeCloud) -> None:
    body = "<Message><MessageBody>a</MessageBody><x-é.y>1</x-é.y></Message>"
    reply = call(cloud, "POST", MESSAGES, body)
    cloud.queues.queue("orders")
    reply = call(cloud, "POST", MESSAGES, body)
    assert "Element x-é.y." in (reply.element("Message") or "")
    assert reply.headers["content-type"].startswith("text/xml")
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_every_answer_says_what_it_is(cloud: FakeCloud, orders: Queue) -> None:
    reply = call(cloud, "GET", "/queues/orders")
    assert reply.headers["x-mns-version"] == "2015-06-06"
    assert len(reply.headers["x-mns-request-id"]) == 24
    assert reply.headers["content-type"] == "text/xml;charset=utf-8"
    assert "x-acs-request-id" not in reply.headers
    assert reply.root.tag == f"{{{XMLNS}}}Queue"
    assert reply.element("QueueName") == orders.name


def test_every_answer_has_a_content_type(cloud: FakeCloud) -> None:
    """The official client for Node reads it, also from an answer without a body."""
    for method, status in (("PUT", 201), ("PUT", 204), ("DELETE", 204)):
        reply = call(cloud, method, "/queues/made")
        assert reply.status == status
        assert reply.headers["content-type"] == "text/xml;charset=utf-8"
