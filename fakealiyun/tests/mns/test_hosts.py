"""Which requests go to SMQ, and which account and region they address."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from mns.queue import Message

from fakealiyun import FakeCloud
from fakealiyun.mns import Queue
from tests.mns.client import call, letter, refused
from tests.mns.conftest import Connect

with warnings.catch_warnings():
    # When oss2 is first compiled, it warns about escapes in its own strings.
    warnings.simplefilter("ignore")
    import oss2

MESSAGES = "/queues/orders/messages"
HOST = "{account}.mns.{region}"


@pytest.fixture
def mapped() -> Iterator[FakeCloud]:
    """A cloud to which the vendor's host names are mapped."""
    with FakeCloud(mapped_hosts=("*.aliyuncs.com",)) as cloud:
        cloud.queues.queue("orders")
        yield cloud


def host(cloud: FakeCloud, form: str) -> str:
    return form.format(account=cloud.account_id, region=cloud.region)


@pytest.mark.parametrize(
    "form",
    [
        "{account}.mns.{region}.localhost:1234",
        "{account}.MNS.{region}.localhost",
        "{account}.mns.{region}-internal.localhost",
        "127.0.0.1",
        "localhost:80",
        "[::1]:80",
    ],
)
def test_the_hosts_of_the_account(cloud: FakeCloud, orders: Queue, form: str) -> None:
    reply = call(cloud, "POST", MESSAGES, letter(), headers={"host": host(cloud, form)})
    assert reply.status == 201
    assert len(orders.messages) == 1


@pytest.mark.parametrize(
    "form", ["{account}.mns.{region}.aliyuncs.com", "{account}.mns.{region}-internal.aliyuncs.com"]
)
def test_the_vendors_hosts_where_they_are_mapped(
    cloud: FakeCloud, mapped: FakeCloud, form: str
) -> None:
    headers = {"host": host(mapped, form)}
    reply = call(mapped, "PUT", "/queues/new", headers=headers)
    assert (reply.status, reply.headers["location"]) == (
        201,
        f"http://{headers['host']}/queues/new",
    )
    assert call(cloud, "PUT", "/queues/new", headers=headers).status == 421
    assert cloud.queues.all() == []


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ("9999999999999999.mns.{region}.aliyuncs.com", (403, "AccessDenied")),
        ("{account}.mns.cn-beijing.aliyuncs.com", (403, "AccessDenied")),
        ("{account}.mns.{region}-internal-internal.aliyuncs.com", (403, "AccessDenied")),
        ("{account}.mns.localhost", (400, "InvalidRequestURL")),
        ("{account}.mns.{region}.x.localhost", (400, "InvalidRequestURL")),
        ("{account}.mns.{region}.oss.aliyuncs.com", (400, "InvalidRequestURL")),
    ],
)
def test_hosts_of_others(mapped: FakeCloud, form: str, refusal: tuple[int, str]) -> None:
    reply = call(mapped, "POST", MESSAGES, letter(), headers={"host": host(mapped, form)})
    assert reply.refusal == refusal
    assert mapped.queues.queue("orders").messages == []


def test_the_official_client_at_the_accounts_host(
    cloud: FakeCloud, orders: Queue, connect: Connect
) -> None:
    name = host(cloud, HOST)
    client = connect(url=f"http://{name}.localhost:{cloud.port}/")
    client.mns_client.http.conn.host = "127.0.0.1"  # the address of *.localhost
    queue = client.get_queue("orders")
    queue.send_message(Message("x"))
    assert queue.receive_message().message_body == b"x"
    assert client.list_queue()[0] == [f"http://{name}.localhost:{cloud.port}/queues/orders"]
    other = connect(url=f"http://9{name}.localhost:{cloud.port}")
    other.mns_client.http.conn.host = "127.0.0.1"
    assert refused(other.get_queue("orders").send_message, Message("x")) == "AccessDenied"
    assert len(orders.messages) == 1


def test_an_address_alone_needs_a_mark(cloud: FakeCloud, orders: Queue) -> None:
    """SMQ requests have a version or a signature. Without them the request is for OSS."""
    orders.send("one")
    unsigned = call(cloud, "GET", MESSAGES, instead={"Authorization": None})
    assert unsigned.refusal == (400, "MissingAuthorizationHeader")
    no_version = call(cloud, "GET", MESSAGES, headers={"x-mns-version": None})
    assert no_version.refusal == (400, "MissingVersionHeader")
    neither = call(
        cloud,
        "GET",
        MESSAGES,
        headers={"x-mns-version": None},
        instead={"Authorization": None},
    )
    assert "x-oss-request-id" in neither.headers
    elsewhere = call(cloud, "GET", "/queuesque/x", instead={"Authorization": None})
    assert "x-oss-request-id" in elsewhere.headers
    assert orders.messages[0].dequeue_count == 0


def test_a_bucket_may_be_called_queues(mapped: FakeCloud) -> None:
    cloud = mapped  # its own cloud: a reset does not remove buckets
    cloud.storage.create_bucket("queues", "cn-shanghai")
    auth = oss2.Auth(cloud.admin.access_key_id, cloud.admin.access_key_secret)
    bucket = oss2.Bucket(auth, cloud.url, "queues", is_path_style=True)
    assert bucket.put_object("orders/messages", b"film").status == 200
    assert bucket.get_object("orders/messages").read() == b"film"
    url = bucket.sign_url("GET", "orders/messages", 60)
    assert bucket.get_object_with_url(url).read() == b"film"
    assert call(cloud, "GET", MESSAGES).refusal == (404, "MessageNotExist")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_pages_are_refused(cloud: FakeCloud, orders: Queue, headers: dict[str, str]) -> None:
    for method in ("POST", "OPTIONS"):
        body = letter() if method == "POST" else ""
        reply = call(cloud, method, MESSAGES, body, headers=headers)
        assert reply.status == 403
        assert not [name for name in reply.headers if name.startswith("access-control-")]
    assert orders.messages == []


def test_an_unknown_host_is_refused_before_all(cloud: FakeCloud) -> None:
    evil: dict[str, Any] = {"host": f"{host(cloud, HOST)}.evil.example"}
    assert call(cloud, "GET", "/queues", headers=evil).status == 421
