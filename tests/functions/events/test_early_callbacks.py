"""A callback may come before the Status that it announces. The app still gets its event."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from shared.events.confirmation import decide
from shared.events.recheck import MAX_TRIES
from tests.docs.guides import guide
from tests.functions.events.test_http_road import completed
from tests.support.road import Road, Upload
from tests.support.waiting import wait_for

MINUTE = 60


@pytest.fixture
def road(plain_road: Road) -> Road:
    """A deployment with the default jobs: `watch` does not look for finished uploads."""
    return plain_road


def status(road: Road, upload: Upload, value: str) -> None:
    road.stack.cloud.vod.library._change(upload.video_id, status=value)


def under_way(road: Road, value: str) -> Upload:
    """An upload whose file has arrived, in this Status. VOD itself sends no callback for it."""
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    status(road, upload, value)
    return upload


def notice(event_type: str, upload: Upload) -> dict[str, Any]:
    return {
        "Status": "success",
        "VideoId": upload.video_id,
        "EventType": event_type,
        "EventTime": "2026-11-24T12:00:00Z",
    }


Send = Callable[[Road, dict[str, Any]], None]


def by_http(road: Road, body: dict[str, Any]) -> None:
    assert road.callback(body) == 503


def by_queue(road: Road, body: dict[str, Any]) -> None:
    road.queue.send(json.dumps(body))
    road.settle()


@pytest.mark.parametrize("send", [by_http, by_queue])
@pytest.mark.parametrize("event_type", ["TranscodeComplete", "WorkflowTaskComplete"])
@pytest.mark.parametrize("before", ["UploadSucc", "Transcoding"])
@pytest.mark.parametrize("minutes", [0, 4])
def test_the_app_gets_video_ready_within_two_minutes(
    road: Road, send: Send, event_type: str, before: str, minutes: int
) -> None:
    upload = under_way(road, before)
    send(road, notice(event_type, upload))
    for _ in range(minutes):
        road.stack.cloud.clock.advance(MINUTE + 1)
        road.settle()
    assert road.receiver.of(upload.video_id) == []
    status(road, upload, "Normal")
    for _ in range(2):
        road.stack.cloud.clock.advance(MINUTE + 1)
        road.settle()
    wait_for(lambda: road.receiver.of(upload.video_id, "video.ready"), "the app has the event")
    assert len(road.receiver.ids(upload.video_id, "video.ready")) == 1


@pytest.mark.parametrize("send", [by_http, by_queue])
def test_an_early_completion_is_announced_when_the_status_confirms_it(
    road: Road, send: Send
) -> None:
    road.without_callbacks()
    upload = road.upload()
    send(road, completed(upload.video_id))
    assert road.receiver.of(upload.video_id) == []
    road.finish(upload)
    road.stack.cloud.clock.advance(MINUTE + 1)
    road.settle()
    road.finished(upload)
    assert len(road.receiver.ids(upload.video_id, "upload.completed")) == 1
    assert len(road.receiver.ids(upload.video_id, "video.ready")) == 1


def test_a_video_that_fails_in_the_meantime_is_reported_as_failed(road: Road) -> None:
    upload = under_way(road, "Transcoding")
    by_http(road, notice("TranscodeComplete", upload))
    status(road, upload, "TranscodeFail")
    road.stack.cloud.clock.advance(MINUTE + 1)
    road.settle()
    wait_for(lambda: road.receiver.of(upload.video_id, "video.failed"), "the app has the event")


def test_a_video_that_is_transcoded_again_is_checked_again(road: Road) -> None:
    """The same instances have checked it before, with the same file."""
    upload = under_way(road, "Transcoding")
    for end, event in (("TranscodeFail", "video.failed"), ("Normal", "video.ready")):
        status(road, upload, "Transcoding")
        by_http(road, notice("TranscodeComplete", upload))
        road.stack.cloud.clock.advance(MINUTE + 1)
        road.settle()
        status(road, upload, end)
        road.stack.cloud.clock.advance(MINUTE + 1)
        wait_for(partial(road.receiver.of, upload.video_id, event), f"the app gets {event}")
        road.stack.cloud.clock.advance(2 * MAX_TRIES * MINUTE)
        road.settle()


def test_the_lookups_end(road: Road) -> None:
    upload = under_way(road, "Transcoding")
    by_http(road, notice("TranscodeComplete", upload))
    queue = road.stack.cloud.queues.queue("vodpass-watch")
    looks = 0

    def looked(known: list[str]) -> bool:
        return [message.id for message in queue.messages] != known

    while queue.messages:
        waiting = [message.id for message in queue.messages]
        road.stack.cloud.clock.advance(MINUTE + 1)
        wait_for(partial(looked, waiting), "watch checks the video")
        road.settle()
        looks += 1
    assert looks == MAX_TRIES
    assert road.receiver.of(upload.video_id) == []


def test_one_finished_stream_of_several_gives_a_vod_event(road: Road) -> None:
    upload = under_way(road, "Transcoding")
    assert road.callback(notice("StreamTranscodeComplete", upload)) == 200
    [event] = road.receiver.of(upload.video_id)
    assert (event.type, event.data["Status"]) == ("vod.event", "Transcoding")


def test_the_guide_shows_the_table(road: Road) -> None:
    header, *_ = guide.table("A callback that comes before the status")
    statuses = [guide.coded(cell)[0] for cell in header[1:]]
    assert len(statuses) == 8
    for name, *cells in guide.rows("A callback that comes before the status"):
        [event_type] = guide.coded(name)
        shown = [cell.strip("`") for cell in cells]
        assert shown == [decide(event_type, one) for one in statuses]


def test_an_empty_file_is_rejected(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload, b"")
    assert road.callback(completed(upload.video_id, Size=0)) == 200
    [event] = road.receiver.of(upload.video_id, "upload.rejected")
    assert event.data["Size"] == 0
    assert event.data["Reasons"] == ["EmptyFile", "FileSize"]


@pytest.mark.parametrize(
    "body",
    [
        {"EventType": "RestoreMediaComplete", "Anything": [1, {"a": None}]},
        {"EventType": "SubmitMediaRefreshComplete"},
        {"EventType": "SomethingNew", "VideoId": "0" * 32},
        {"EventType": "UploadByURLComplete", "Status": "fail", "JobId": "7"},
        {"EventType": "ImageUploadComplete", "ImageId": "no id"},
        # VOD documents no such type, so nothing can be said of the id.
        {"EventType": "DeleteMediaComplete", "MediaType": "audio", "MediaId": "a" * 32},
        {"EventType": "MediaBaseChangeComplete", "MediaType": 5, "MediaId": "a" * 32},
    ],
)
def test_a_callback_that_names_no_media_is_passed_on_unconfirmed(
    road: Road, body: dict[str, Any]
) -> None:
    assert road.callback(body) == 200
    by_queue(road, body)
    wait_for(lambda: len(road.receiver.taken) == 2, "both events arrive")
    for event in road.receiver.taken:
        assert (event.type, event.body["data"]) == ("vod.event", None)
        assert json.loads(event.body["unverified"]) == body
    assert len({event.id for event in road.receiver.taken}) == 1, "one id on both paths"
    assert road.callback({**body, "more": 1}) == 200
    assert len({event.id for event in road.receiver.taken}) == 2, "another body gets another id"


@pytest.mark.parametrize(
    ("fields", "event_type", "name"),
    [
        ({"MediaType": "image", "ImageType": "cover"}, "ImageUploadComplete", "ImageId"),
        (
            {"MediaType": "attached", "BusinessType": "subtitle", "FileName": "a.vtt"},
            "AttachedMediaUploadComplete",
            "AttachedMediaId",
        ),
    ],
)
def test_other_media_whose_upload_failed_are_not_completed(
    road: Road, fields: dict[str, str], event_type: str, name: str
) -> None:
    assert road.ask("POST", "/upload", fields)[0] == 200
    media = road.stack.cloud.vod.other_media
    [medium] = media.all()
    media._by_id[medium.media_id] = replace(medium, status="UploadFail")
    body = {"EventType": event_type, name: medium.media_id, "Status": "fail"}
    assert road.callback(body) == 200
    [event] = road.receiver.taken
    assert (event.type, event.data["Status"]) == ("vod.event", "UploadFail")


def test_a_body_that_is_nested_too_deeply_is_refused(road: Road) -> None:
    for depth in (20, 900, 10_000):
        body = '{"EventType": "SomethingNew", "a": ' + "[" * depth + "]" * depth + "}"
        assert road.callback(body.encode()) == 400
    assert road.receiver.taken == []
