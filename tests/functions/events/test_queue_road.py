"""VOD's events by queue: nothing is lost while the app is away."""

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


def test_ten_minutes_without_the_app_lose_no_event(road: Road) -> None:
    road.by_queue()
    road.receiver.answer = 500
    uploads = [road.upload(f"user-{number}") for number in range(3)]
    for upload in uploads:
        road.finish(upload)
    wait_for(lambda: road.receiver.asked >= 3, "the first attempts")
    for _ in range(10):
        road.settle()
        road.stack.cloud.clock.advance(60)
    road.settle()
    assert road.receiver.asked > 3
    assert road.receiver.taken == []
    assert len(road.queue.messages) >= 3, "a message stays until somebody takes it"
    road.receiver.answer = 204
    road.stack.cloud.clock.advance(512)
    for upload in uploads:
        road.finished(upload)
        assert len(road.receiver.ids(upload.video_id, *FINISHED)) == 2
    wait_for(lambda: not road.queue.messages, "the queue is empty")
    assert road.dead_letters.messages == []


@pytest.mark.parametrize("wrap", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_a_body_may_be_plain_or_base64(road: Road, wrap: object) -> None:
    assert callable(wrap)
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.queue.send(wrap(json.dumps(completed(upload.video_id))))
    wait_for(lambda: not road.queue.messages, "it is taken")
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED


def test_an_event_of_an_unknown_type_is_passed_on_as_unverified(road: Road) -> None:
    road.queue.send(json.dumps({"EventType": "SomethingNew", "VideoId": "f" * 32}))
    [event] = wait_for(lambda: road.receiver.taken, "it arrives")
    assert event.type == "vod.event"
    assert event.body["data"] is None
    assert json.loads(event.body["unverified"])["EventType"] == "SomethingNew"


def test_a_message_that_is_no_event_stays_for_later_and_holds_up_no_other(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.queue.send("no event")
    road.queue.send(json.dumps(completed(upload.video_id)))
    wait_for(lambda: len(road.queue.messages) == 1, "the other is taken")
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED
    assert road.queue.messages[0].body == "no event"


def test_a_completion_that_vod_does_not_show_yet_is_asked_for_again(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.queue.send(json.dumps(completed(upload.video_id)))
    wait_for(lambda: road.calls().get("GetVideoInfo"), "it is looked at")
    road.settle()
    assert road.receiver.taken == []
    road.finish(upload)
    road.stack.cloud.clock.advance(60)
    wait_for(lambda: not road.queue.messages, "it is taken")
    assert {one.type for one in road.receiver.of(upload.video_id)} == FINISHED
