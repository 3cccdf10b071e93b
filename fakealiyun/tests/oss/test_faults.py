"""Faults as a client of OSS sees them."""

from __future__ import annotations

import http.client
import time
from typing import Any

import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, browser, sdk

BROKEN = (ConnectionError, http.client.HTTPException)


@pytest.mark.parametrize(
    ("kind", "parameters", "status", "code"),
    [
        ("throttle", {}, 503, "ServiceUnavailable"),
        ("throttle", {"code": "SlowDown", "status": 429}, 429, "SlowDown"),
        ("error", {}, 500, "InternalError"),
        ("error", {"status": 404, "code": "NoSuchUpload"}, 404, "NoSuchUpload"),
    ],
)
def test_a_refusal_without_effect(
    cloud: FakeCloud,
    owner: Credential,
    kind: str,
    parameters: dict[str, Any],
    status: int,
    code: str,
) -> None:
    cloud.faults.set("oss", "PutObject", kind, **parameters)
    reply = browser(cloud, owner, "PUT", "a.mp4", b"x", headers={"Origin": "http://app"})
    assert (reply.status, reply.code) == (status, code)
    assert reply.element("Message")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert cloud.storage.get(BUCKET, "a.mp4") is None
    assert browser(cloud, owner, "PUT", "a.mp4", b"x").status == 200


def test_a_fault_strikes_its_operation_alone(cloud: FakeCloud, owner: Credential) -> None:
    cloud.faults.set("oss", "UploadPart", "error", count=2)
    bucket = sdk(cloud, owner)
    upload = bucket.init_multipart_upload("a.mp4").upload_id
    for _ in range(2):
        with pytest.raises(oss2.exceptions.ServerError):
            bucket.upload_part("a.mp4", upload, 1, b"x")
    assert bucket.upload_part("a.mp4", upload, 1, b"x").status == 200


def test_a_fault_is_not_spent_on_a_stranger(cloud: FakeCloud, owner: Credential) -> None:
    cloud.faults.set("oss", "*", "error")
    assert browser(cloud, owner, "PUT", "a", b"x", signed_key="b").status == 403
    assert browser(cloud, owner, "PUT", "a", b"x").status == 500


@pytest.mark.parametrize(("kind", "kept"), [("reset_before", True), ("reset_after", False)])
def test_a_reset(cloud: FakeCloud, owner: Credential, kind: str, kept: bool) -> None:
    sdk(cloud, owner).put_object("a.mp4", b"x")
    cloud.faults.set("oss", "DeleteObject", kind)
    with pytest.raises(BROKEN):
        browser(cloud, owner, "DELETE", "a.mp4")
    assert (cloud.storage.get(BUCKET, "a.mp4") is not None) is kept


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_reset_of_a_download(cloud: FakeCloud, owner: Credential, kind: str) -> None:
    sdk(cloud, owner).put_object("a.mp4", b"content")
    cloud.faults.set("oss", "GetObject", kind)
    with pytest.raises(BROKEN):
        browser(cloud, owner, "GET", "a.mp4")
    assert browser(cloud, owner, "GET", "a.mp4").body == b"content"


def test_a_reset_after_completion_leaves_one_object(cloud: FakeCloud, owner: Credential) -> None:
    told = []
    cloud.storage.on_stored(lambda stored: told.append(stored.key))
    bucket = sdk(cloud, owner)
    upload = bucket.init_multipart_upload("a.mp4").upload_id
    etag = bucket.upload_part("a.mp4", upload, 1, b"x").etag
    parts = [oss2.models.PartInfo(1, etag)]
    cloud.faults.set("oss", "CompleteMultipartUpload", "reset_after")
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.complete_multipart_upload("a.mp4", upload, parts)
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.complete_multipart_upload("a.mp4", upload, parts)
    assert bucket.get_object("a.mp4").read() == b"x"
    assert told == ["a.mp4"]


@pytest.mark.parametrize("body", [b"content", b"c" * 1_000_000])
def test_a_truncated_body(cloud: FakeCloud, owner: Credential, body: bytes) -> None:
    sdk(cloud, owner).put_object("a.mp4", body)
    cloud.faults.set("oss", "GetObject", "truncated")
    with pytest.raises(http.client.IncompleteRead) as caught:
        browser(cloud, owner, "GET", "a.mp4")
    assert len(caught.value.partial) == len(body) // 2


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_an_answer_that_takes_its_time(cloud: FakeCloud, owner: Credential, kind: str) -> None:
    sdk(cloud, owner).put_object("a.mp4", b"content")
    cloud.faults.set("oss", "GetObject", kind, seconds=0.1)
    began = time.monotonic()
    assert browser(cloud, owner, "GET", "a.mp4").body == b"content"
    assert time.monotonic() - began >= 0.03


def test_an_answer_that_is_none_of_oss(cloud: FakeCloud, owner: Credential) -> None:
    def begin(kind: str) -> tuple[int, str, bytes]:
        cloud.faults.set("oss", "InitiateMultipartUpload", kind)
        reply = browser(cloud, owner, "POST", "a.mp4", b"", query={"uploads": ""})
        return reply.status, reply.headers.get("content-type", ""), reply.body

    assert begin("non_json")[:2] == (502, "text/html")
    assert begin("empty") == (200, "application/xml", b"")
    status, _, body = begin("wrong_type")
    assert status == 200
    assert b"UploadId" not in body
