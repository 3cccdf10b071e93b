"""VOD's callbacks with all their quirks, by HTTP and by queue, lead to the events of the guide."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakealiyun.testing.vod import Vod
from tests.docs.guides import guide
from tests.docs.guides.app import begin, begin_image, begin_subtitle, put
from tests.docs.guides.test_bodies import TRANSCODED
from tests.support.road import FILM, Road
from tests.support.waiting import wait_for

NOTICES = Path(__file__).resolve().parents[2] / "events" / "vod"
FINISHED = {"upload.completed", "video.ready"}
LEADS_TO: dict[str, set[str]] = {
    "file_upload_complete": FINISHED,
    "file_upload_complete_of_2021": FINISHED,
    "file_upload_complete_of_a_deleted_video": set(),
    "upload_by_url_complete": FINISHED,
    "upload_by_url_complete_of_a_stream": FINISHED,
    "upload_by_url_complete_failed": {"vod.event"},
    "image_upload_complete": {"media.completed"},
    "attached_media_upload_complete": {"media.completed"},
    "stream_transcode_complete": {"video.ready"},
    "transcode_complete": {"video.ready"},
    "create_audit_complete": {"video.ready"},
    "ai_media_audit_complete": {"video.ready"},
    "produce_media_complete": {"video.ready"},
    "snapshot_complete": {"vod.event"},
    "dynamic_image_complete": {"vod.event"},
    "media_base_change_complete": {"vod.event"},
    "media_base_change_complete_of_a_deletion": {"media.deleted"},
    "delete_media_complete": {"media.deleted"},
    "delete_media_complete_of_a_stream": {"vod.event"},
    "update_media_storage_class_complete": {"vod.event"},
}
"""After the transcoding."""


def prepared(road: Road, text: str) -> str:
    """The callback with the ids of real media, each in its final state."""
    road.without_callbacks()
    for name, make in (("ImageId", begin_image), ("MediaId", begin_subtitle), ("VideoId", begin)):
        if f"${{{name}}}" in text:
            answer = make(road)
            put(answer)
            text = text.replace(f"${{{name}}}", answer[name])
    if "${DeletedVideoId}" in text:
        video_id = begin(road)["VideoId"]
        Vod(road.stack.cloud).call("delete_video", video_ids=video_id)
        text = text.replace("${DeletedVideoId}", video_id)
    road.stack.cloud.clock.advance(TRANSCODED)
    assert "${" not in text
    return text


def read(name: str) -> str:
    return (NOTICES / f"{name}.json").read_text("utf-8")


def by_queue(road: Road, text: str) -> None:
    road.queue.send(text)
    wait_for(lambda: not road.queue.messages, "the function accepts it")


def promised(event_type: str) -> set[str]:
    """The events that the guide's table lists for a callback type, or none."""
    for types, _, events in guide.rows("From VOD's callback to your event"):
        if event_type in guide.coded(types):
            return set(guide.coded(events))
    return set()


@pytest.mark.parametrize("name", sorted(LEADS_TO))
def test_a_callback_leads_to_the_same_events_by_http_and_by_queue(road: Road, name: str) -> None:
    text = prepared(road, read(name))
    assert road.callback(text.encode()) == 200
    first = [(one.type, one.id) for one in road.receiver.taken]
    assert {kind for kind, _ in first} == LEADS_TO[name]
    by_queue(road, text)
    assert [(one.type, one.id) for one in road.receiver.taken] == first * 2
    received = {key.strip(): value for key, value in json.loads(text).items()}
    for one in road.receiver.taken:
        assert json.loads(one.body["unverified"]) == received
        data = one.body["data"] or {}
        assert data.get("owner", "alice") == "alice"
        assert data.get("Size", len(FILM)) == len(FILM)
    # What names no media leads to vod.event, whatever the type.
    assert LEADS_TO[name] - {"vod.event"} <= promised(received["EventType"].strip())


def test_an_unknown_type_is_passed_on_unconfirmed(road: Road) -> None:
    text = prepared(road, read("an_unknown_type"))
    assert road.callback(text.encode()) == 200
    by_queue(road, text)
    event, again = road.receiver.taken
    assert (event.type, event.body["data"]) == ("vod.event", None)
    assert "subject" not in event.body
    assert json.loads(event.body["unverified"]) == json.loads(text)
    assert again.id == event.id


@pytest.mark.parametrize("name", ["stream_transcode_complete", "create_audit_complete"])
def test_an_unfinished_video_leads_to_vod_event_with_its_status(road: Road, name: str) -> None:
    road.without_callbacks()
    road.stack.cloud.vod.adjust(transcode_seconds=600)
    answer = begin(road)
    put(answer)
    text = read(name).replace("${VideoId}", answer["VideoId"])
    assert road.callback(text.encode()) == 200
    [event] = road.receiver.taken
    assert (event.type, event.data["Status"]) == ("vod.event", "Transcoding")
    assert "vod.event" in promised(json.loads(text)["EventType"])


@pytest.mark.parametrize("kind", ["image", "attached"])
def test_an_existing_video_is_not_reported_as_deleted_under_another_media_type(
    road: Road, kind: str
) -> None:
    """Whoever has captured a callback can repeat it with any body for five minutes."""
    road.without_callbacks()
    answer = begin(road)
    put(answer)
    notice = {"EventType": "DeleteMediaComplete", "MediaType": kind, "MediaId": answer["VideoId"]}
    assert road.callback(json.dumps(notice).encode()) == 200
    assert road.receiver.taken == []


def test_a_completion_that_is_confirmed_only_after_the_transcoding_failed(road: Road) -> None:
    road.without_callbacks()
    answer = begin(road)
    put(answer, b"no film at all" * 100)
    road.stack.cloud.clock.advance(TRANSCODED)
    text = read("file_upload_complete").replace("${VideoId}", answer["VideoId"])
    assert road.callback(text.encode()) == 200
    told = [one.type for one in road.receiver.taken]
    assert told == ["upload.rejected", "video.failed"]


def test_a_change_of_an_image_without_a_file_leads_to_vod_event(road: Road) -> None:
    road.without_callbacks()
    image = begin_image(road)["ImageId"]
    change = {"EventType": "MediaBaseChangeComplete", "MediaType": "image", "MediaId": image}
    assert road.callback(json.dumps(change).encode()) == 200
    [event] = road.receiver.taken
    assert (event.type, event.data["Status"]) == ("vod.event", "Uploading")
    assert road.callback(json.dumps({**change, "OperateMode": "forged"}).encode()) == 200
    assert road.callback(json.dumps(change).encode()) == 200
    assert [one.id == event.id for one in road.receiver.taken] == [True, False, True]
    arrival = {"EventType": "ImageUploadComplete", "ImageId": image}
    assert road.callback(json.dumps(arrival).encode()) == 503


def test_every_callback_sample_is_tested() -> None:
    assert {path.stem for path in NOTICES.iterdir()} == LEADS_TO.keys() | {"an_unknown_type"}
