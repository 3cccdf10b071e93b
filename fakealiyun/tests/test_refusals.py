"""What reaches no service is refused in the form of the service that it is meant for."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.oss import browser_headers
from fakealiyun.testing.vod import JsonReply, post_control, send

OSS = {"Authorization": "OSS a:b"}
MNS = {"Authorization": "MNS a:b", "x-mns-version": "2015-06-06"}
VOD = "/?Action=GetVideoList&Version=2017-03-21"


def xml(body: bytes) -> dict[str, str]:
    """The elements of an error in XML."""
    root = ElementTree.fromstring(body)  # noqa: S314 - our own server's answer
    assert root.tag.rpartition("}")[2] == "Error"
    return {child.tag.rpartition("}")[2]: child.text or "" for child in root}


def read(reply: JsonReply, form: str) -> dict[str, str]:
    """Code and message of a refusal in one of the four forms."""
    if form == "oss":
        assert reply.headers["Content-Type"] == "application/xml"
        assert reply.headers["Server"] == "AliyunOSS"
        assert reply.headers["x-oss-request-id"]
        assert list(xml(reply.body)) == ["Code", "Message", "RequestId", "HostId"]
        return xml(reply.body)
    if form == "mns":
        assert reply.headers["Content-Type"] == "text/xml;charset=utf-8"
        assert reply.headers["x-mns-request-id"]
        return xml(reply.body)
    body: dict[str, str] = json.loads(reply.body)
    if form == "old fc":
        return {"Code": body["ErrorCode"], "Message": body["ErrorMessage"]}
    assert body["RequestId"]
    assert ("HostId" in body) is (form == "openapi")
    return body


FORMS = [
    ("GET", VOD, {}, "openapi"),
    ("POST", "/", {"x-acs-action": "GetVideoList"}, "openapi"),
    ("GET", "/?Action=AssumeRole&Version=2015-04-01", {}, "openapi"),
    ("GET", "/", OSS, "oss"),
    ("PUT", "/bucket/a.mp4", OSS, "oss"),
    ("GET", "/a.mp4?OSSAccessKeyId=x", {}, "oss"),
    ("GET", "/nothing", {}, "oss"),
    ("GET", "/queues", MNS, "mns"),
    ("GET", "/2023-03-30/functions", {}, "fc"),
    ("GET", "/2016-08-15/tempBucketToken", {}, "old fc"),
]


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1:80", "xlocalhost"])
@pytest.mark.parametrize(("method", "target", "headers", "form"), FORMS)
def test_a_foreign_host(
    cloud: FakeCloud, method: str, target: str, headers: dict[str, str], form: str, host: str
) -> None:
    reply = send(cloud, method, target, {**headers, "Host": host})
    assert reply.status == 421
    error = read(reply, form)
    assert error["Code"] == "LocalGuard"
    assert error["Message"] == "this server answers to loopback names only"
    assert host.encode() not in reply.body
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]


def test_a_foreign_host_in_the_xml_of_an_api(cloud: FakeCloud) -> None:
    reply = send(cloud, "GET", f"{VOD}&Format=XML", {"Host": "evil.example"})
    assert xml(reply.body)["Code"] == "LocalGuard"


def test_the_control_routes_keep_their_form(cloud: FakeCloud) -> None:
    reply = send(cloud, "GET", "/_local/state", {"Host": "evil.example"})
    assert (reply.status, reply.json()["Code"]) == (421, "LocalGuard")
    assert set(reply.json()) == {"Code", "Message"}


def test_a_refusal_of_head_is_in_a_header(cloud: FakeCloud) -> None:
    reply = send(cloud, "HEAD", "/bucket/a.mp4", {"Host": "evil.example"})
    assert (reply.status, reply.body) == (421, b"")
    assert xml(base64.b64decode(reply.headers["x-oss-err"]))["Code"] == "LocalGuard"


def test_a_page_of_another_site(cloud: FakeCloud) -> None:
    page = {"Origin": "https://evil.example"}
    for method, target, headers, form in FORMS:
        if form != "oss":  # the rules of the bucket decide there
            reply = send(cloud, method, target, {**headers, **page})
            assert (reply.status, read(reply, form)["Code"]) == (403, "LocalGuard")


class TestBucketNames:
    """ali-oss on Node sends `BUCKET.oss-REGION.aliyuncs.com` to an endpoint that is an address."""

    @pytest.fixture
    def host(self, cloud: FakeCloud) -> str:
        return f"{cloud.vod.bucket}.oss-{cloud.region}.aliyuncs.com"

    def test_the_names_of_the_buckets_are_answered(self, cloud: FakeCloud, host: str) -> None:
        internal = host.replace(".aliyuncs", "-internal.aliyuncs")
        accelerate = f"{cloud.vod.bucket}.oss-accelerate.aliyuncs.com"
        for name in (host, internal, accelerate, f"{host}:{cloud.port}"):
            reply = send(cloud, "GET", "/a.mp4", {"Host": name})
            assert reply.status == 403
            assert xml(reply.body)["Code"] == "AccessDenied"

    def test_other_buckets_and_regions_are_refused_by_oss(
        self, cloud: FakeCloud, host: str
    ) -> None:
        absent = send(cloud, "GET", "/a.mp4", {"Host": f"nobodys.oss-{cloud.region}.aliyuncs.com"})
        assert (absent.status, xml(absent.body)["Code"]) == (404, "NoSuchBucket")
        elsewhere = host.replace(cloud.region, "cn-beijing")
        reply = send(cloud, "GET", "/a.mp4", {"Host": elsewhere})
        assert (reply.status, xml(reply.body)["Code"]) == (403, "AccessDenied")
        assert xml(reply.body)["Endpoint"] == f"oss-{cloud.region}.aliyuncs.com"

    @pytest.mark.parametrize(
        "form",
        [
            "{host}.evil.example",
            "x.{host}",
            "{bucket}.oss-cn-shanghai.aliyuncs.com.cn",
            "{bucket}.oss-cn-shanghai.evil.aliyuncs.com",
            "{bucket}.oss.aliyuncs.com",
            "{bucket}.aliyuncs.com",
            "oss-cn-shanghai.aliyuncs.com",
            "vod.cn-shanghai.aliyuncs.com",
            "sts.aliyuncs.com",
            "{account}.mns.cn-shanghai.aliyuncs.com",
            "{host}@evil.example",
        ],
    )
    def test_similar_names_are_foreign(self, cloud: FakeCloud, host: str, form: str) -> None:
        name = form.format(host=host, bucket=cloud.vod.bucket, account=cloud.account_id)
        for target in ("/a.mp4", VOD):
            assert send(cloud, "GET", target, {"Host": name}).status == 421

    def test_two_hosts_are_refused(self, cloud: FakeCloud, host: str) -> None:
        hosts = f"Host: {host}\r\n" * 2
        answer = raw(cloud, f"GET /a HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
        assert answer.startswith((b"HTTP/1.1 421 ", b"HTTP/1.0 400 "))

    def test_they_open_nothing_but_oss(self, cloud: FakeCloud, host: str) -> None:
        """A name whose DNS answer was forged reaches no API and no control route."""
        for name in (host, "vod-vpc.oss-cn-shanghai.aliyuncs.com", "fcv3.oss-cn-x.aliyuncs.com"):
            for path in ("/_local/state", "/_local/clock", "/%5flocal/state"):
                assert send(cloud, "GET", path, {"Host": name}).status == 421
            moved = post_control(cloud, "clock", {"advance": 5}, Host=name)
            assert moved.status == 421
            for target in (VOD, "/2023-03-30/functions", "/queues"):
                reply = send(cloud, "GET", target, {"Host": name})
                assert "x-oss-request-id" in reply.headers
        assert cloud.clock.offset == 0
        assert cloud.calls.snapshot() == {}


def raw(cloud: FakeCloud, content: bytes) -> bytes:
    """The whole answer to these bytes, after which the cloud closes the connection."""
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=60) as connection:
        connection.sendall(content)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def parts(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split(" ")[1]), headers, body


GARBAGE: list[tuple[str, Callable[[str], bytes]]] = [
    ("no HTTP", lambda _: b"hello\r\n\r\n"),
    ("TLS", lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n"),
    ("HTTP/2", lambda _: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("a space in the target", lambda h: f"GET /a b HTTP/1.1\r\nHost: {h}\r\n\r\n".encode()),
    ("a header without a colon", lambda h: f"GET /k HTTP/1.1\r\nHost: {h}\r\nx\r\n\r\n".encode()),
    (
        "a NUL in a header",
        lambda h: f"GET /secret-key HTTP/1.1\r\nHost: {h}\r\nx: secret\0\r\n\r\n".encode(),
    ),
    (
        "two lengths",
        lambda h: (
            f"PUT /k HTTP/1.1\r\nHost: {h}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"
        ).encode(),
    ),
    (
        "length and chunked",
        lambda h: (
            f"PUT /k HTTP/1.1\r\nHost: {h}\r\nContent-Length: 3\r\n"
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        ).encode(),
    ),
    (
        "a header that is too long",
        lambda h: f"GET /k HTTP/1.1\r\nHost: {h}\r\nx: {'a' * 70_000}\r\n\r\n".encode(),
    ),
    (
        "a negative length",
        lambda h: f"PUT /k HTTP/1.1\r\nHost: {h}\r\nContent-Length: -1\r\n\r\n".encode(),
    ),
]


@pytest.mark.parametrize("content", [c for _, c in GARBAGE], ids=[name for name, _ in GARBAGE])
def test_what_the_parser_cannot_read(cloud: FakeCloud, content: Callable[[str], bytes]) -> None:
    cloud.clock.advance(86400)
    status, headers, body = parts(raw(cloud, content(cloud.endpoint)))
    assert status == 400
    error = read(JsonReply(status, headers, body), "oss")
    assert (error["Code"], error["Message"]) == (
        "InvalidRequest",
        "The HTTP request is malformed.",
    )
    assert b"secret" not in body
    assert "aiohttp" not in str(headers)
    assert headers["Date"]
    assert send(cloud, "GET", "/_local/clock").status == 200


@pytest.mark.parametrize(
    ("line", "headers", "form"),
    [
        (VOD, "", "openapi"),
        ("/", "Authorization: ACS3-HMAC-SHA256 x\r\n", "openapi"),
        ("/", "Authorization: OSS a:b\r\n", "oss"),
        ("/queues/a", "Authorization: MNS a:b\r\n", "mns"),
        ("/2023-03-30/functions", "", "fc"),
    ],
)
def test_its_first_lines_show_whose_form_it_gets(
    cloud: FakeCloud, line: str, headers: str, form: str
) -> None:
    text = f"GET {line} HTTP/1.1\r\nHost: {cloud.endpoint}\r\n{headers}bad\0: 1\r\n\r\n"
    status, found, body = parts(raw(cloud, text.encode()))
    assert status == 400
    assert read(JsonReply(status, found, body), form)["Code"] == "InvalidRequest"
    assert "aiohttp" not in str(found)


@pytest.mark.parametrize("path", ["/_local", "/_local/clock", "/_local?x"])
def test_the_control_routes_word_their_own_too(cloud: FakeCloud, path: str) -> None:
    text = f"GET {path} HTTP/1.1\r\nHost: {cloud.endpoint}\r\nbad\0: 1\r\n\r\n"
    status, _, body = parts(raw(cloud, text.encode()))
    assert status == 400
    assert json.loads(body) == {
        "Code": "InvalidRequest",
        "Message": "The HTTP request is malformed.",
    }


@pytest.mark.parametrize(
    ("line", "headers", "form"),
    [
        ("PUT /bucket/a.mp4", {}, "oss"),
        (
            "POST /",
            {"Authorization": "ACS3-HMAC-SHA256 x", "x-acs-version": "2017-03-21"},
            "openapi",
        ),
        ("POST /queues/a/messages", MNS, "mns"),
        ("POST /2023-03-30/functions", {"Content-Type": "application/json"}, "fc"),
        ("POST /_local/clock", {"Content-Type": "application/json"}, "control"),
    ],
)
def test_a_body_that_breaks_later(
    cloud: FakeCloud, line: str, headers: dict[str, str], form: str
) -> None:
    """The head and a part of the body were good. The answer does not wait for the rest."""
    if form == "oss":
        cloud.storage.create_bucket("bucket", "cn-shanghai")
        headers = browser_headers(cloud.admin, "PUT", "a.mp4", bucket="bucket")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text = f"{line} HTTP/1.1\r\nHost: {cloud.endpoint}\r\n{head}Transfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=60) as connection:
        connection.sendall(f"{text}3\r\nabc\r\n".encode())
        while not cloud.calls.snapshot() and form == "oss":
            time.sleep(0.01)  # until the operation reads the body
        connection.sendall(b"secret\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status, found, body = parts(answer)
    assert status == 400
    error = json.loads(body) if form == "control" else read(JsonReply(status, found, body), form)
    assert (error["Code"], error["Message"]) == (
        "InvalidRequest",
        "The HTTP request is malformed.",
    )
    assert answer.count(b"HTTP/1.") == 1
    assert cloud.storage.get("bucket", "a.mp4") is None


@pytest.mark.parametrize(("method", "target", "headers", "form"), FORMS)
def test_an_expectation_that_nobody_meets(
    cloud: FakeCloud, method: str, target: str, headers: dict[str, str], form: str
) -> None:
    reply = send(cloud, method, target, {**headers, "Expect": "a miracle"})
    assert (reply.status, read(reply, form)["Code"]) == (417, "InvalidRequest")


def test_continue_is_still_answered(cloud: FakeCloud) -> None:
    head = f"PUT /k HTTP/1.1\r\nHost: {cloud.endpoint}\r\nContent-Length: 1\r\n"
    text = f"{head}Expect: 100-continue\r\nConnection: close\r\n\r\nx"
    assert raw(cloud, text.encode()).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 4")


@pytest.mark.parametrize("target", ["*", "http://evil.example/", "evil.example:443"])
def test_a_target_that_is_no_path(cloud: FakeCloud, target: str) -> None:
    method = "CONNECT" if target.endswith(":443") else "OPTIONS"
    text = f"{method} {target} HTTP/1.1\r\nHost: {cloud.endpoint}\r\nConnection: close\r\n\r\n"
    status, headers, body = parts(raw(cloud, text.encode()))
    assert status == 400
    assert read(JsonReply(status, headers, body), "oss")["Code"] in ("LocalGuard", "InvalidRequest")
