"""Callbacks of VOD by HTTP: which ones cause an event, and which ones have no effect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.road import FILM, WINDOW, Road
from tests.support.waiting import wait_for

FINISHED = {"upload.completed", "video.ready"}


def completed(video_id: str, **fields: Any) -> dict[str, Any]:
    """FileUploadComplete, in the form that VOD sends."""
    return {
        "EventTime": "2026-11-24T12:00:00Z",
        "EventType": "FileUploadComplete",
        "VideoId": video_id,
        "Size": len(FILM),
        "FileUrl": "http://example.com/film.mp4",
        "Status": "success",
        **fields,
    }


def test_a_finished_upload_is_announced_without_a_request(road: Road) -> None:
    upload = road.upload("alice")
    road.finish(upload)
    road.finished(upload)
    [done] = road.receiver.of(upload.video_id, "upload.completed")
    assert done.data["owner"] == "alice"
    assert done.data["Size"] == done.data["DeclaredFileSize"] == len(FILM)
    assert done.data["Status"] == "Normal"
    assert done.data["SettlesAt"] > done.body["time"]


def test_a_callback_sent_by_hand_is_confirmed_and_passed_on(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload("bob")
    road.finish(upload)
    assert road.callback(completed(upload.video_id)) == 200
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED
    assert road.receiver.of(upload.video_id)[0].data["owner"] == "bob"


def test_repeated_callbacks_give_the_same_event_ids(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    for status in ("success", "fail", "other"):
        repeat = completed(upload.video_id, Status=status, EventTime=status, Size=status)
        assert road.callback(repeat) == 200
    assert road.callback(completed(upload.video_id), key=road.old_key) == 200
    assert len(road.receiver.of(upload.video_id)) == 8
    assert len(road.receiver.ids(upload.video_id)) == 2


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"key": "aA1" + "0" * 24}, 403),
        ({"key": ""}, 403),
        ({"age": 301}, 403),
        ({"age": -305}, 403),
        ({"X_VOD_TIMESTAMP": ""}, 403),
        ({"X_VOD_SIGNATURE": ""}, 403),
        ({"X_VOD_SIGNATURE": "Ä" * 32}, 403),
        ({"method": "GET"}, 403),
        ({"method": "OPTIONS"}, 403),
    ],
)
def test_a_callback_that_vod_did_not_sign_has_no_effect(
    road: Road, changes: dict[str, Any], status: int
) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    before = road.calls()
    answered = road.callback(completed(upload.video_id), **changes)
    assert 400 <= answered < 500
    assert answered == status or changes.get("method") is None
    road.settle()
    assert road.receiver.taken == []
    assert road.calls() == before, "no call to VOD"


@pytest.mark.parametrize("end", ["", "x", "?a=b", "/", "#", "%41"])
def test_a_signed_callback_for_another_url_has_no_effect(road: Road, end: str) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    url = road.stack.callback_url
    other = f"{url}{end}" if end else f"{url[:-1]}{'A' if url[-1] != 'A' else 'B'}"
    assert 400 <= road.callback(completed(upload.video_id), url=other) < 500
    # The URL without its secret does not count either, even if it is signed.
    assert 400 <= road.callback(completed(upload.video_id), url=f"{road.stack.url}/events") < 500
    assert road.receiver.taken == []


@pytest.mark.parametrize("end", ["x", "?a=b", "?", "/", "/x", "%41"])
def test_a_genuine_signature_does_not_open_another_path(road: Road, end: str) -> None:
    """The path is a secret of its own: the signature is weak, and covers no body."""
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    url = road.stack.callback_url
    others = [f"{road.stack.url}/events/{'x' * 22}", f"{road.stack.url}/events", f"{url[:-1]}"]
    for other in [*others, f"{url}{end}"]:
        # Function Compute passes on a path without its empty query.
        allowed = {200} if other == f"{url}?" else {401}
        assert road.callback(completed(upload.video_id), at=other) in allowed
    assert bool(road.receiver.taken) == (end == "?")


@pytest.mark.parametrize(
    "kind", ["SnapshotComplete", "StreamTranscodeComplete", "MediaBaseChangeComplete"]
)
def test_a_forged_body_does_not_take_the_id_of_a_genuine_callback(road: Road, kind: str) -> None:
    """The app would drop the genuine one, and its content is nowhere else."""
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.stack.cloud.vod.library._change(upload.video_id, status="Transcoding")
    genuine = {
        "EventType": kind,
        "VideoId": upload.video_id,
        "MediaId": upload.video_id,
        "CoverUrl": "http://example.com/c.png",
        "Deep": {"a": [1, {"b": "\ud800"}]},
    }
    forged = {**genuine, "CoverUrl": "http://mallory.example.com/c.png"}
    deeper = {**genuine, "Deep": {"a": [1, {"b": "\ud801"}]}}
    for body in (forged, deeper, genuine, dict(reversed(genuine.items())), genuine):
        assert road.callback(body) == 200
    told = road.receiver.of(upload.video_id, "vod.event")
    assert len(told) == 5
    assert all(one.data["Status"] == "Transcoding" for one in told)
    assert len({one.id for one in told[:3]}) == 3
    assert len({one.id for one in told[2:]}) == 1, "a repeat has the same id"
    road.by_queue()
    road.queue.send(json.dumps(genuine))
    wait_for(lambda: len(road.receiver.of(upload.video_id, "vod.event")) == 6, "the event arrives")
    assert road.receiver.of(upload.video_id, "vod.event")[5].id == told[2].id, "on each path"


def test_a_replaced_body_gives_no_event_that_vod_does_not_confirm(road: Road) -> None:
    """Captured headers stay valid for five minutes with any body."""
    road.without_callbacks()
    pending, finished = road.upload("alice"), road.upload("bob")
    road.finish(finished)
    assert road.callback(completed(pending.video_id)) == 503, "not finished, or not yet"
    assert road.callback(completed("f" * 32)) == 200, "no such video, so no event"
    assert road.receiver.taken == []
    assert road.callback(completed("not an id")) == 200
    [unconfirmed] = road.receiver.taken
    assert (unconfirmed.type, unconfirmed.body["data"]) == ("vod.event", None)
    forged = completed(finished.video_id, Size=1, Extend='{"sub": "mallory"}', owner="mallory")
    assert road.callback(forged) == 200
    for one in road.receiver.of(finished.video_id):
        assert (one.data["owner"], one.data["Size"]) == ("bob", len(FILM))
    genuine = road.receiver.ids(finished.video_id)
    assert road.callback(completed(finished.video_id)) == 200
    assert road.receiver.ids(finished.video_id) == genuine
    deleted = {**completed(finished.video_id), "EventType": "DeleteMediaComplete"}
    assert road.callback({**deleted, "MediaId": finished.video_id, "MediaType": "video"}) == 200
    assert "media.deleted" not in {one.type for one in road.receiver.taken}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"[" * 100_000, b"null", b'{"EventType": 1}'),
        *(b'{"EventType": "SomethingNew", "a": NaN}', b'{"EventType": "SomethingNew", "a": 1e999}'),
    ],
)
def test_a_body_that_is_not_a_callback_is_refused(road: Road, body: bytes) -> None:
    assert road.callback(body) == 400
    assert road.receiver.taken == []


@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_a_strangers_large_body_is_refused_unread(road: Road, size: int) -> None:
    status, answer = road.call("POST", "/events/anything", b"x" * size)
    assert status == 413
    assert json.loads(answer)["Code"] == "PayloadTooLarge"


def test_a_cloud_event_by_http_is_refused(road: Road) -> None:
    """Only the queue uses this form, and the queue path checks no signature."""
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    data = {"messageId": "1", "messageBody": completed(upload.video_id)}
    assert road.callback({"specversion": "1.0", "data": data}) == 400
    status, _ = road.call("POST", "/events", b'[{"data": {}}]', {"Content-Type": "text/plain"})
    assert 400 <= status < 500
    assert road.receiver.taken == []


def test_vod_gets_503_while_the_receiver_is_down(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.receiver.answer = 500
    assert road.callback(completed(upload.video_id)) == 503
    road.receiver.answer = 302
    assert road.callback(completed(upload.video_id)) == 503, "no redirect is followed"
    road.receiver.answer = 204
    assert road.callback(completed(upload.video_id)) == 200
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED


def test_a_second_attempt_of_vod_reaches_an_app_that_was_down_briefly(road: Road) -> None:
    road.receiver.answer = 503
    upload = road.upload()
    road.finish(upload)
    wait_for(lambda: road.receiver.asked, "the first attempt")
    road.settle()
    road.receiver.answer = 204
    road.stack.cloud.clock.advance(1)
    road.finished(upload)


def test_the_watch_finds_uploads_whose_callback_vod_dropped(road: Road) -> None:
    road.receiver.answer = 503
    upload = road.upload()
    road.finish(upload)
    for _ in range(3):
        wait_for(lambda: road.receiver.asked, "an attempt")
        road.settle()
        road.stack.cloud.clock.advance(1)
    road.settle()
    outcomes = {one.outcome for one in road.stack.cloud.vod.callbacks.deliveries()}
    assert outcomes == {"dropped: status 503"}
    assert road.receiver.taken == []
    road.receiver.answer = 204
    road.ticks()
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED
    found = road.receiver.ids(upload.video_id)
    assert road.callback(completed(upload.video_id)) == 200
    assert road.receiver.ids(upload.video_id) == found, "the callback gives the same ids"
    road.ticks(WINDOW // 300)
    assert road.receiver.ids(upload.video_id) == found
