"""`x-oss-traffic-limit` limits the speed of one request. The tests record the waits, and do not
wait themselves."""

from __future__ import annotations

import time

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss import traffic_limit
from fakealiyun.testing.oss import BUCKET, browser, sdk
from tests.oss.test_post_object import fields_v1, policy, post

KEY = "a.mp4"
LIMIT = 819_200  # bits per second: 100 KiB a second
BODY = b"x" * 300 * 1024
NAME = "x-oss-traffic-limit"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the cloud wanted to wait. Time stands still, so each wait includes the
    waits before it."""
    found: list[float] = []

    async def remember(seconds: float) -> None:
        found.append(seconds)

    now = time.monotonic()
    monkeypatch.setattr(traffic_limit, "sleep", remember)
    monkeypatch.setattr(traffic_limit, "monotonic", lambda: now)
    return found


def test_of_a_put(cloud: FakeCloud, owner: Credential, waits: list[float]) -> None:
    assert browser(cloud, owner, "PUT", KEY, BODY, headers={NAME: str(LIMIT)}).status == 200
    assert waits[-1] == 3.0
    stored = cloud.storage.get(BUCKET, KEY)
    assert stored is not None
    assert stored.path.read_bytes() == BODY


@pytest.mark.parametrize("place", ["headers", "query"])
def test_of_a_get(cloud: FakeCloud, owner: Credential, waits: list[float], place: str) -> None:
    sdk(cloud, owner).put_object(KEY, BODY)
    limit = {NAME: str(LIMIT)}
    headers, query = (limit, {}) if place == "headers" else ({}, limit)
    assert browser(cloud, owner, "GET", KEY, headers=headers, query=query).body == BODY
    assert waits == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    waits.clear()
    part = {**headers, "range": "bytes=0-102399"}
    assert len(browser(cloud, owner, "GET", KEY, headers=part, query=query).body) == 102400
    assert waits == [0.5, 1.0]


def test_of_a_part(cloud: FakeCloud, owner: Credential, waits: list[float]) -> None:
    upload = sdk(cloud, owner).init_multipart_upload(KEY).upload_id
    query = {"partNumber": "1", "uploadId": upload, NAME: str(LIMIT)}
    assert browser(cloud, owner, "PUT", KEY, BODY, query=query).status == 200
    assert waits[-1] == 3.0


def test_of_a_form(cloud: FakeCloud, owner: Credential, waits: list[float]) -> None:
    fields = {**fields_v1(owner, policy()), NAME: str(LIMIT)}
    assert post(cloud, fields, BODY).status == 204
    assert waits[-1] == 3.0


def test_without_a_limit(cloud: FakeCloud, owner: Credential, waits: list[float]) -> None:
    browser(cloud, owner, "PUT", KEY, BODY)
    browser(cloud, owner, "GET", KEY)
    assert waits == []


@pytest.mark.parametrize("value", ["0", "819199", "838860801", "-1", "x", "1e6", "9" * 30])
def test_limits_that_are_not_offered(cloud: FakeCloud, owner: Credential, value: str) -> None:
    reply = browser(cloud, owner, "PUT", KEY, b"x", headers={NAME: value})
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert reply.element("ArgumentName") == NAME
    assert cloud.storage.get(BUCKET, KEY) is None


def test_time_that_has_passed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow client does not wait for what its connection already took."""
    moments = iter([100.0, 100.4, 102.0])
    monkeypatch.setattr(traffic_limit, "monotonic", lambda: next(moments))
    pace = traffic_limit.Pace(LIMIT)
    found: list[float] = []

    async def remember(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(traffic_limit, "sleep", remember)
    for _ in range(2):
        with pytest.raises(StopIteration):
            pace.passed(102_400).send(None)
    assert found == [pytest.approx(0.6)]
