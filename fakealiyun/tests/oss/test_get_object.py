"""Reads of whole objects, ranges and with conditions, and the answers to HEAD."""

from __future__ import annotations

import base64
from email.utils import formatdate

import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, browser, browser_headers, sdk, send

KEY = "sv/a b.mp4"
CONTENT = bytes(range(100)) * 10


@pytest.fixture(autouse=True)
def stored(cloud: FakeCloud, owner: Credential) -> None:
    sdk(cloud, owner).put_object(KEY, CONTENT, headers={"Content-Type": "video/mp4"})


def test_the_whole_object(cloud: FakeCloud, owner: Credential) -> None:
    reply = browser(cloud, owner, "GET", KEY)
    assert (reply.status, reply.body) == (200, CONTENT)
    assert reply.headers["content-type"] == "video/mp4"
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["x-oss-object-type"] == "Normal"
    assert reply.headers["content-length"] == "1000"
    assert reply.headers["last-modified"].endswith("GMT")
    assert "x-oss-hash-crc64ecma" in reply.headers
    assert reply.headers["etag"] == browser(cloud, owner, "HEAD", KEY).headers["etag"]


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-499", 0, 499),
        ("bytes=500-", 500, 999),
        ("bytes=0-", 0, 999),
        ("bytes=-1", 999, 999),
        ("bytes=-1000", 0, 999),
        ("bytes=999-999", 999, 999),
        ("bytes=0-9,20-29", 0, 9),
    ],
)
def test_a_range(cloud: FakeCloud, owner: Credential, wanted: str, first: int, last: int) -> None:
    reply = browser(cloud, owner, "GET", KEY, headers={"range": wanted})
    assert reply.status == 206
    assert reply.body == CONTENT[first : last + 1]
    assert reply.headers["content-range"] == f"bytes {first}-{last}/1000"
    assert reply.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize(
    "wanted",
    [
        "byte=0-499",
        "bytes=0-1000",
        "bytes=1000-2000",
        "bytes=1000-",
        "bytes=-2000",
        "bytes=-0",
        "bytes=9-1",
        "bytes=-",
        "bytes=a-b",
        "bytes=" + "9" * 30 + "-",
        "nonsense",
    ],
)
def test_a_range_that_oss_ignores(cloud: FakeCloud, owner: Credential, wanted: str) -> None:
    reply = browser(cloud, owner, "GET", KEY, headers={"range": wanted})
    assert (reply.status, reply.body) == (200, CONTENT)
    assert "content-range" not in reply.headers


def test_the_standard_behaviour_of_ranges_on_request(cloud: FakeCloud, owner: Credential) -> None:
    standard = {"x-oss-range-behavior": "standard"}
    cut = browser(cloud, owner, "GET", KEY, headers={**standard, "range": "bytes=500-2000"})
    assert (cut.status, cut.body) == (206, CONTENT[500:])
    long_tail = browser(cloud, owner, "GET", KEY, headers={**standard, "range": "bytes=-2000"})
    assert (long_tail.status, long_tail.body) == (206, CONTENT)
    outside = browser(cloud, owner, "GET", KEY, headers={**standard, "range": "bytes=1000-"})
    assert (outside.status, outside.code) == (416, "InvalidRange")
    assert outside.headers["content-range"] == "bytes */1000"


def test_a_range_of_an_empty_object(cloud: FakeCloud, owner: Credential) -> None:
    sdk(cloud, owner).put_object("empty", b"")
    for wanted in ("bytes=0-", "bytes=-1", "bytes=0-0"):
        reply = browser(cloud, owner, "GET", "empty", headers={"range": wanted})
        assert (reply.status, reply.body) == (200, b"")


class TestConditions:
    @pytest.fixture
    def etag(self, cloud: FakeCloud, owner: Credential) -> str:
        return browser(cloud, owner, "HEAD", KEY).headers["etag"]

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_by_etag(self, cloud: FakeCloud, owner: Credential, etag: str, method: str) -> None:
        def status(name: str, value: str) -> int:
            return browser(cloud, owner, method, KEY, headers={name: value}).status

        assert status("if-match", etag) == 200
        assert status("if-match", etag.strip('"')) == 200
        assert status("if-match", f'"other", {etag}') == 200
        assert status("if-match", "*") == 200
        assert status("if-match", '"other"') == 412
        assert status("if-none-match", etag) == 304
        assert status("if-none-match", f"W/{etag}") == 304
        assert status("if-none-match", '"other"') == 200

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_by_time(self, cloud: FakeCloud, owner: Credential, method: str) -> None:
        stored = cloud.storage.get(BUCKET, KEY)
        assert stored is not None

        def status(name: str, seconds: float) -> int:
            date = formatdate(stored.last_modified + seconds, usegmt=True)
            return browser(cloud, owner, method, KEY, headers={name: date}).status

        assert status("if-modified-since", 0) == 304
        assert status("if-modified-since", 60) == 304
        assert status("if-modified-since", -60) == 200
        assert status("if-unmodified-since", 0) == 200
        assert status("if-unmodified-since", -60) == 412

    def test_a_date_that_is_none_says_nothing(self, cloud: FakeCloud, owner: Credential) -> None:
        for name in ("if-modified-since", "if-unmodified-since"):
            reply = browser(cloud, owner, "GET", KEY, headers={name: "yesterday"})
            assert reply.status == 200

    def test_not_modified_has_no_body(self, cloud: FakeCloud, owner: Credential, etag: str) -> None:
        reply = browser(cloud, owner, "GET", KEY, headers={"if-none-match": etag})
        assert (reply.status, reply.body) == (304, b"")


class TestOverrides:
    def test_of_headers(self, cloud: FakeCloud, owner: Credential, version: str) -> None:
        wanted = {
            "response-content-type": "audio/mp4",
            "response-content-disposition": 'attachment; filename="视频.mp4"',
            "response-cache-control": "no-cache",
            "response-expires": "0",
            "response-content-language": "zh",
            "response-content-encoding": "identity",
        }
        result = sdk(cloud, owner, version).get_object(KEY, params=wanted)
        assert result.read() == CONTENT
        headers = result.headers
        assert headers["Content-Type"] == "audio/mp4"
        assert headers["Cache-Control"] == "no-cache"
        assert headers["Expires"] == "0"
        assert headers["Content-Language"] == "zh"

    def test_cannot_add_headers(self, cloud: FakeCloud, owner: Credential) -> None:
        query = {"response-content-type": "a/b\r\nSet-Cookie: x=1"}
        reply = browser(cloud, owner, "GET", KEY, query=query)
        assert (reply.status, reply.code) == (400, "InvalidArgument")
        assert "set-cookie" not in reply.headers


@pytest.mark.parametrize(
    "content_type", ["text/html", "TEXT/HTML; charset=utf-8", "image/svg+xml", "text/xml"]
)
def test_a_page_is_downloaded_rather_than_run(
    cloud: FakeCloud, owner: Credential, content_type: str
) -> None:
    page = b"<script>fetch('/_local/state')</script>"
    browser(cloud, owner, "PUT", "page", page, headers={"content-type": content_type})
    as_stored = browser(cloud, owner, "GET", "page")
    overridden = browser(cloud, owner, "GET", KEY, query={"response-content-type": content_type})
    for reply in (as_stored, overridden):
        assert reply.headers["content-disposition"] == "attachment"
        assert reply.headers["x-oss-force-download"] == "true"


def test_head(cloud: FakeCloud, owner: Credential, version: str) -> None:
    head = sdk(cloud, owner, version).head_object(KEY)
    assert (head.content_length, head.content_type) == (1000, "video/mp4")
    assert browser(cloud, owner, "HEAD", KEY).body == b""


def test_object_meta(cloud: FakeCloud, owner: Credential, version: str) -> None:
    meta = sdk(cloud, owner, version).get_object_meta(KEY)
    assert meta.content_length == 1000
    assert meta.etag == sdk(cloud, owner).head_object(KEY).etag
    assert "x-oss-storage-class" not in meta.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_object_that_is_not_there(cloud: FakeCloud, owner: Credential, method: str) -> None:
    reply = browser(cloud, owner, method, "none.mp4")
    assert reply.status == 404
    assert reply.headers["x-oss-ec"] == "0026-00000001"
    body = reply.body or base64.b64decode(reply.headers["x-oss-err"])
    assert b"<Code>NoSuchKey</Code>" in body
    assert ("x-oss-err" in reply.headers) is (method == "HEAD")
    with pytest.raises(oss2.exceptions.NotFound):
        sdk(cloud, owner).head_object("none.mp4")


def test_delete(cloud: FakeCloud, owner: Credential, version: str) -> None:
    bucket = sdk(cloud, owner, version)
    upload = bucket.init_multipart_upload(KEY).upload_id
    for _ in range(2):
        assert bucket.delete_object(KEY).status == 204
    assert cloud.storage.get(BUCKET, KEY) is None
    assert bucket.list_parts(KEY, upload).parts == []


def test_a_download_goes_on_while_the_object_is_replaced(
    cloud: FakeCloud, owner: Credential
) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object("big", b"1" * 8_000_000)
    reading = bucket.get_object("big")
    start = reading.read(1000)
    bucket.put_object("big", b"2" * 8_000_000)
    assert start + reading.read() == b"1" * 8_000_000
    assert bucket.get_object("big").read(10) == b"2" * 10


class TestAppend:
    def test_appends(self, cloud: FakeCloud, owner: Credential, version: str) -> None:
        bucket = sdk(cloud, owner, version)
        first = bucket.append_object("log", 0, b"123", headers={"Content-Type": "text/plain"})
        second = bucket.append_object("log", first.next_position, b"456789", init_crc=first.crc)
        assert second.next_position == 9
        assert second.crc == 11051210869376104954
        assert bucket.get_object("log").read() == b"123456789"
        head = bucket.head_object("log")
        assert (head.object_type, head.content_type) == ("Appendable", "text/plain")

    def test_at_another_position(self, cloud: FakeCloud, owner: Credential) -> None:
        bucket = sdk(cloud, owner)
        bucket.append_object("log", 0, b"123")
        for position in (0, 2, 4):
            with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as caught:
                bucket.append_object("log", position, b"x")
            assert caught.value.next_position == 3
        with pytest.raises(oss2.exceptions.PositionNotEqualToLength):
            bucket.append_object("new", 1, b"x")

    def test_to_a_normal_object(self, cloud: FakeCloud, owner: Credential) -> None:
        with pytest.raises(oss2.exceptions.ObjectNotAppendable):
            sdk(cloud, owner).append_object(KEY, 1000, b"x")

    def test_without_a_position(self, cloud: FakeCloud, owner: Credential) -> None:
        for position in ("", "x", "-1"):
            query = {"append": "", "position": position}
            reply = browser(cloud, owner, "POST", "log", b"x", query=query)
            assert reply.status == 400


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", "symlink"),
        ("GET", "uploads"),
        ("GET", "versionId=1"),
        ("GET", "x-oss-process=image%2Fresize"),
        ("GET", "partNumber=1"),
        ("GET", "x-oss-unheard-of=1"),
        ("HEAD", "acl"),
        ("PUT", "partNumber=1"),
        ("PUT", "uploadId=1"),
        ("PUT", "symlink"),
        ("POST", ""),
        ("POST", "restore"),
        ("POST", "append"),
        ("POST", "uploads&uploadId=1"),
        ("DELETE", "acl"),
        ("DELETE", "versionId=1"),
        ("DELETE", "uploadId=1&partNumber=1"),
    ],
)
def test_nothing_is_taken_for_another_operation(
    cloud: FakeCloud, owner: Credential, method: str, query: str
) -> None:
    pairs = [piece.partition("=") for piece in query.split("&") if piece]
    asked = {name: value.replace("%2F", "/") for name, _, value in pairs}
    headers = browser_headers(owner, method, KEY, query=asked)
    body = b"x" if method in ("PUT", "POST") else None
    reply = send(cloud, method, f"/{BUCKET}/sv/a%20b.mp4?{query}", headers, body)
    assert reply.status == 501
    if method != "HEAD":
        assert reply.code == "NotImplemented"
    found = cloud.storage.get(BUCKET, KEY)
    assert found is not None
    assert found.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("HEAD", ""),
        ("POST", ""),
        ("PUT", "acl"),
        ("PUT", "versioning"),
        ("DELETE", "lifecycle"),
        ("PUT", "delete"),
        ("GET", "acl&cors"),
        ("POST", "cors"),
        ("GET", "versions"),
    ],
)
def test_other_operations_on_the_bucket_are_refused(
    cloud: FakeCloud, owner: Credential, method: str, query: str
) -> None:
    asked = {name: "" for name in query.split("&") if name}
    headers = browser_headers(owner, method, "", query=asked)
    body = b"" if method in ("PUT", "POST") else None
    reply = send(cloud, method, f"/{BUCKET}/?{query}", headers, body)
    assert reply.status == 501
    assert cloud.storage.bucket(BUCKET) is not None


@pytest.mark.parametrize(
    ("method", "query"), [("PUT", ""), ("DELETE", ""), ("POST", "delete"), ("GET", "acl")]
)
def test_other_operations_on_the_service_are_refused(
    cloud: FakeCloud, owner: Credential, method: str, query: str
) -> None:
    asked = {query: ""} if query else {}
    headers = browser_headers(owner, method, "", query=asked, bucket="")
    reply = send(cloud, method, f"/?{query}", headers, b"", host="oss-cn-shanghai.aliyuncs.com")
    assert (reply.status, reply.code) == (501, "NotImplemented")


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "get"])
def test_other_methods(cloud: FakeCloud, owner: Credential, method: str) -> None:
    headers = browser_headers(owner, method, KEY)
    reply = send(cloud, method, f"/{BUCKET}/sv/a%20b.mp4", headers)
    assert reply.status in (400, 405)


def test_parameters_that_oss_does_not_know_are_ignored(cloud: FakeCloud, owner: Credential) -> None:
    headers = browser_headers(owner, "GET", KEY)
    reply = send(cloud, "GET", f"/{BUCKET}/sv/a%20b.mp4?t=1", headers)
    assert (reply.status, reply.body) == (200, CONTENT)
