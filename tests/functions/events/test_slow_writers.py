"""A write that begins in time and ends after `SettlesAt`: the app learns of it all the same."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import pytest

from fakealiyun.mns import Queue
from fakealiyun.testing.oss import browser_headers
from fakealiyun.testing.slow_put import SlowPut
from tests.functions.events.conftest import emptied, running
from tests.support.code_under_test import CodeUnderTest
from tests.support.road import FILM, Road, Upload
from tests.support.waiting import wait_for

SETTLED = 3670
LATE = 7200
"""The late recheck of this deployment, in seconds after the first."""

OTHER = FILM[:-1] + b"\xff"


@pytest.fixture(scope="module")
def deployed(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("late")
    jobs, late = "expiring,abandoned", str(LATE)
    with running(code_under_test, folder, VODPASS_WATCH=jobs, VODPASS_LATE_RECHECK=late) as road:
        yield road


@pytest.fixture
def road(deployed: Road) -> Iterator[Road]:
    yield from emptied(deployed)


Write = Callable[[Upload, bytes], SlowPut]


@pytest.fixture
def slow(road: Road) -> Iterator[Write]:
    """Begins a write with the credential of an upload."""
    begun: list[SlowPut] = []

    def write(upload: Upload, content: bytes) -> SlowPut:
        keys, key = upload.auth, upload.address["FileName"]
        credential = SimpleNamespace(
            access_key_id=keys["AccessKeyId"],
            access_key_secret=keys["AccessKeySecret"],
            security_token=keys["SecurityToken"],
        )
        bucket = upload.address["Bucket"]
        headers = browser_headers(cast(Any, credential), "PUT", key, bucket=bucket)
        begun.append(SlowPut(road.stack.cloud, "/" + quote(key), headers, content))
        return begun[-1]

    yield write
    for one in begun:
        one.close()


def waiting(road: Road) -> Queue:
    """The queue where rechecks wait."""
    return road.stack.cloud.queues.queue("vodpass-watch")


def pass_time(road: Road, seconds: float) -> None:
    """Moves the clock, and waits until every recheck that waited was handled."""
    due = {message.id for message in waiting(road).messages}
    assert due
    road.stack.cloud.clock.advance(seconds)
    wait_for(
        lambda: due.isdisjoint(message.id for message in waiting(road).messages),
        "watch accepts every recheck",
    )
    road.settle()


ONE_LOOK = Counter({"GetVideoInfo": 1, "GetMezzanineInfo": 1})
"""What VOD is asked in a recheck."""


def reads(road: Road) -> Counter[str]:
    """How often VOD was asked for a video and for its file."""
    made = road.calls()
    return Counter({name: made.get(name, 0) for name in ONE_LOOK})


def arrived(road: Road, upload: Upload) -> None:
    road.finish(upload)
    road.finished(upload)
    road.settle()


def test_a_write_that_ends_late_is_announced_by_vods_callback(road: Road, slow: Write) -> None:
    upload = road.upload()
    writer = slow(upload, OTHER)
    arrived(road, upload)
    pass_time(road, SETTLED)
    assert writer.end()[0] == 200
    wait_for(
        lambda: len(road.receiver.ids(upload.video_id, "upload.completed")) == 2,
        "the app has both files",
    )
    # On a busy machine an event may come twice, under its one id.
    told = list(
        {one.id: one for one in road.receiver.of(upload.video_id, "upload.completed")}.values()
    )
    assert [one.data["FileMD5"] for one in told] == [
        hashlib.md5(content, usedforsecurity=False).hexdigest() for content in (FILM, OTHER)
    ]
    assert told[1].body["time"] > told[0].data["SettlesAt"]


def test_the_late_recheck_finds_it_without_a_callback(road: Road, slow: Write) -> None:
    upload = road.upload()
    writer = slow(upload, OTHER)
    arrived(road, upload)
    road.without_callbacks()
    pass_time(road, SETTLED)
    assert not road.receiver.of(upload.video_id, "upload.changed")
    assert writer.end()[0] == 200
    road.settle()
    assert not road.receiver.of(upload.video_id, "upload.changed")
    pass_time(road, LATE)
    [change] = road.receiver.of(upload.video_id, "upload.changed")
    assert change.data["Previous"]["FileMD5"] == hashlib.md5(FILM).hexdigest()  # noqa: S324
    assert change.data["FileMD5"] == hashlib.md5(OTHER).hexdigest()  # noqa: S324
    assert waiting(road).messages == [], "there is one late recheck only"


def test_a_file_that_stays_gives_no_event(road: Road) -> None:
    upload = road.upload()
    arrived(road, upload)
    told = road.receiver.ids(upload.video_id)
    before = reads(road)
    pass_time(road, SETTLED)
    assert reads(road) == before + ONE_LOOK
    [message] = waiting(road).messages
    sealed = json.loads(base64.b64decode(message.body))["Settling"]
    assert (sealed["Settled"], sealed["Late"]) == (True, True)
    pass_time(road, LATE)
    assert reads(road) == before + ONE_LOOK + ONE_LOOK, "as docs/deploy.md says what it costs"
    assert road.receiver.ids(upload.video_id) == told
    assert waiting(road).messages == []


def test_the_late_recheck_compares_with_the_file_of_the_first(road: Road) -> None:
    upload = road.upload()
    arrived(road, upload)
    road.without_callbacks()
    road.finish(upload, OTHER)
    pass_time(road, SETTLED)
    assert len(road.receiver.of(upload.video_id, "upload.changed")) == 1
    pass_time(road, LATE)
    assert len(road.receiver.of(upload.video_id, "upload.changed")) == 1


def test_a_late_recheck_that_comes_too_early_waits(road: Road) -> None:
    upload = road.upload()
    arrived(road, upload)
    pass_time(road, SETTLED)
    [message] = waiting(road).messages
    again = waiting(road).send(base64.b64decode(message.body).decode())
    wait_for(lambda: road.runs()[-1].get("failed") == 1, "watch does not accept the message")
    assert again in {one.id for one in waiting(road).messages}


def test_a_fault_of_the_queue_loses_no_late_recheck(road: Road) -> None:
    upload = road.upload()
    arrived(road, upload)
    road.stack.cloud.faults.set("mns", "SendMessage", "error", 2, status=503, code="InternalError")
    road.stack.cloud.clock.advance(SETTLED)
    wait_for(lambda: road.runs()[-1].get("code") == "Unavailable", "watch cannot schedule it")
    road.settle()

    def scheduled() -> bool:
        road.stack.cloud.clock.advance(5)
        bodies = [base64.b64decode(one.body) for one in waiting(road).messages]
        return ["Late" in json.loads(body)["Settling"] for body in bodies] == [True]

    wait_for(scheduled, "the queue delivers the first recheck again")


def test_the_app_gets_the_change_before_the_late_recheck_is_scheduled(road: Road) -> None:
    """Else a fault of the app's receiver would let both rechecks pass without an event."""
    upload = road.upload()
    arrived(road, upload)
    road.without_callbacks()
    road.finish(upload, OTHER)
    road.receiver.answer = 500
    road.stack.cloud.clock.advance(SETTLED)
    wait_for(lambda: road.runs()[-1].get("failed"), "watch does not accept the message")
    road.settle()
    [message] = waiting(road).messages
    assert "Late" not in json.loads(base64.b64decode(message.body))["Settling"]
    road.receiver.answer = 204
    pass_time(road, 512)
    assert len(road.receiver.of(upload.video_id, "upload.changed")) == 1
