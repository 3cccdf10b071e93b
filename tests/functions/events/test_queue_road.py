"""Callbacks of VOD by queue: no event is lost while the app is down."""

from __future__ import annotations

import base64
import json

import pytest

from tests.functions.events.test_http_road import FINISHED, completed
from tests.support.road import Road
from tests.support.waiting import wait_for


def test_a_finished_upload_is_announced(road: Road) -> None:
    road.by_queue()
    upload = road.upload("alice")
    road.finish(upload)
    road.finished(upload)
    wait_for(lambda: not road.queue.messages, "the queue is empty")
    assert road.receiver.of(upload.video_id, "video.ready")[0].data["owner"] == "alice"


def test_no_event_is_lost_if_the_app_is_down_for_ten_minutes(road: Road) -> None:
    road.by_queue()
    road.receiver.answer = 500
    uploads = [road.upload(f"user-{number}") for number in range(3)]
    for upload in uploads:
        road.finish(upload)
    wait_for(lambda: road.receiver.asked >= 3, "the first attempts")
    for _ in range(10):
        road.settle()
        road.stack.cloud.clock.advance(60)
    wait_for(lambda: road.receiver.asked > 3, "further attempts")
    road.settle()
    assert road.receiver.taken == []
    assert len(road.queue.messages) >= 3, "a message stays until a consumer accepts it"
    road.receiver.answer = 204
    road.stack.cloud.clock.advance(512)
    for upload in uploads:
        road.finished(upload)
        assert len(road.receiver.ids(upload.video_id, *FINISHED)) == 2
    wait_for(lambda: not road.queue.messages, "the queue is empty")
    assert road.dead_letters.messages == []


@pytest.mark.parametrize(
    "wrap",
    [
        str,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.encodebytes(text.encode()).decode(),  # like the command `base64`
    ],
)
def test_a_body_may_be_plain_or_base64(road: Road, wrap: object) -> None:
    assert callable(wrap)
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.queue.send(wrap(json.dumps(completed(upload.video_id))))
    wait_for(lambda: not road.queue.messages, "the function accepts the message")
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED


def test_an_event_of_an_unknown_type_is_passed_on_as_unverified(road: Road) -> None:
    road.queue.send(json.dumps({"EventType": "SomethingNew", "VideoId": "f" * 32}))
    [event] = wait_for(lambda: road.receiver.taken, "the event arrives")
    assert event.type == "vod.event"
    assert event.body["data"] is None
    assert json.loads(event.body["unverified"])["EventType"] == "SomethingNew"


def test_an_unreadable_message_stays_in_the_queue_and_does_not_stop_the_others(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.queue.send("no event")
    road.queue.send(json.dumps(completed(upload.video_id)))
    wait_for(lambda: len(road.queue.messages) == 1, "the function accepts the other message")
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED
    assert road.queue.messages[0].body == "no event"


def test_a_completion_that_vod_does_not_show_yet_is_checked_again(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.queue.send(json.dumps(completed(upload.video_id)))
    wait_for(lambda: road.calls().get("GetVideoInfo"), "the function checks the video")
    road.settle()
    assert road.receiver.taken == []
    road.finish(upload)
    road.stack.cloud.clock.advance(60)
    wait_for(lambda: not road.queue.messages, "the function accepts the message")
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED
