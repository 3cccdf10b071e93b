"""The header names of answers are those of recorded answers of the real service."""

from __future__ import annotations

import base64

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import OssReply, browser, send

#: Headers of every answer, and those that the HTTP layer adds.
EVERYWHERE = {"date", "server", "x-oss-request-id"}
TRANSPORT = {"connection", "content-length", "transfer-encoding"}

STORED = {"etag", "x-oss-hash-crc64ecma", "content-md5", "x-oss-server-time"}
OBJECT = {
    "accept-ranges",
    "content-md5",
    "content-type",
    "etag",
    "last-modified",
    "x-oss-hash-crc64ecma",
    "x-oss-object-type",
    "x-oss-storage-class",
}


def names(reply: OssReply) -> set[str]:
    assert set(reply.headers) >= EVERYWHERE
    return set(reply.headers) - EVERYWHERE - TRANSPORT


def test_empty_answers_have_no_content_type(cloud: FakeCloud, owner: Credential) -> None:
    assert names(browser(cloud, owner, "PUT", "a.mp4", b"x")) == STORED
    started = browser(cloud, owner, "POST", "b.mp4", b"", query={"uploads": ""})
    upload = {"uploadId": started.element("UploadId")}
    part = browser(cloud, owner, "PUT", "b.mp4", b"x", query={"partNumber": "1", **upload})
    assert names(part) == STORED
    aborted = browser(cloud, owner, "DELETE", "b.mp4", query=upload)
    assert (aborted.status, names(aborted)) == (204, {"x-oss-server-time"})
    deleted = browser(cloud, owner, "DELETE", "a.mp4")
    assert (deleted.status, names(deleted)) == (204, {"x-oss-server-time"})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_object(cloud: FakeCloud, owner: Credential, method: str) -> None:
    browser(cloud, owner, "PUT", "a", b"x", headers={"content-type": "video/mp4"})
    assert names(browser(cloud, owner, method, "a")) == OBJECT | {"x-oss-server-time"}


def test_a_get_of_an_empty_object_has_no_server_time(cloud: FakeCloud, owner: Credential) -> None:
    browser(cloud, owner, "PUT", "a", b"")
    assert names(browser(cloud, owner, "GET", "a")) == OBJECT
    assert names(browser(cloud, owner, "HEAD", "a")) == OBJECT | {"x-oss-server-time"}


def test_a_head_of_plain_text_varies(cloud: FakeCloud, owner: Credential) -> None:
    browser(cloud, owner, "PUT", "a", b"x", headers={"content-type": "text/plain"})
    reply = browser(cloud, owner, "HEAD", "a")
    assert names(reply) == OBJECT | {"x-oss-server-time", "vary"}
    assert reply.headers["vary"] == "Accept-Encoding"


def test_object_meta_names_the_type_of_the_object(cloud: FakeCloud, owner: Credential) -> None:
    browser(cloud, owner, "PUT", "a", b"x")
    reply = browser(cloud, owner, "HEAD", "a", query={"objectMeta": ""})
    assert names(reply) == {
        "etag",
        "last-modified",
        "x-oss-hash-crc64ecma",
        "x-oss-object-type",
        "x-oss-server-time",
    }
    assert reply.headers["x-oss-object-type"] == "Normal"


def test_an_answer_304_carries_no_error(cloud: FakeCloud, owner: Credential) -> None:
    etag = browser(cloud, owner, "PUT", "a", b"x").headers["etag"]
    for method in ("GET", "HEAD"):
        reply = browser(cloud, owner, method, "a", headers={"if-none-match": etag})
        assert (reply.status, reply.body) == (304, b"")
        assert names(reply) == {"x-oss-server-time"}


def test_the_error_in_a_header_has_its_details(cloud: FakeCloud, owner: Credential) -> None:
    reply = browser(cloud, owner, "HEAD", "none")
    assert names(reply) == {"content-type", "x-oss-ec", "x-oss-err", "x-oss-server-time"}
    error = base64.b64decode(reply.headers["x-oss-err"]).decode()
    assert "<Key>none</Key>" in error
    assert "<EC>0026-00000001</EC>" in error
    assert (
        "<RecommendDoc>https://api.aliyun.com/troubleshoot?q=0026-00000001</RecommendDoc>" in error
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_an_unknown_bucket_is_found_first(cloud: FakeCloud, method: str) -> None:
    """Before the AccessKey is checked, and without x-oss-server-time."""
    reply = send(
        cloud,
        method,
        "/a",
        {"authorization": "OSS nobody:x", "date": "Tue, 24 Nov 2026 08:00:00 GMT"},
        b"" if method == "PUT" else None,
        host="absent-bucket.oss-cn-shanghai.aliyuncs.com",
    )
    error = reply.body or base64.b64decode(reply.headers["x-oss-err"])
    assert reply.status == 404
    assert b"<Code>NoSuchBucket</Code>" in error
    assert b"<BucketName>absent-bucket</BucketName>" in error
    extra = {"x-oss-err"} if method == "HEAD" else set()
    assert names(reply) == {"content-type", "x-oss-ec"} | extra
    assert reply.headers["x-oss-ec"] == "0015-00000101"
