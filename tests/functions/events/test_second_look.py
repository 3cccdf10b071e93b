"""A finished upload is rechecked after its last credential expired: was the file replaced?"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from fakealiyun.mns import Queue
from fakealiyun.testing.vod import Vod
from tests.functions.events.test_http_road import completed
from tests.support.app_receiver import Delivered
from tests.support.processes import kill
from tests.support.road import FILM, Road, Upload
from tests.support.waiting import wait_for

SETTLED = 3670
"""Seconds after which a scheduled recheck is due."""

OTHER = FILM[:-1] + b"\xff"
"""Another file of the same size."""

LONGER = FILM + b"more"


@pytest.fixture
def road(plain_road: Road) -> Road:
    """A deployment with the default jobs: only the function `events` schedules rechecks."""
    return plain_road


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def memories(road: Road) -> Queue:
    """The queue where rechecks wait."""
    return road.stack.cloud.queues.queue("vodpass-watch")


def arrived(road: Road, content: bytes = FILM, **fields: Any) -> Upload:
    """A finished upload whose events the app has received."""
    upload = road.upload(**fields)
    road.finish(upload, content)
    wait_for(
        lambda: road.receiver.of(upload.video_id, "upload.completed", "upload.rejected"),
        "the app has the event",
    )
    road.settle()
    assert len(memories(road).messages) == 1
    return upload


def rewrite(road: Road, upload: Upload, *contents: bytes) -> None:
    """Replace the file with each of `contents`, by the credential that is still valid."""
    for content in contents:
        road.finish(upload, content)
        road.settle()


def settle(road: Road, seconds: float = SETTLED) -> None:
    """Let the waiting rechecks become due, and wait until they are accepted.

    A run of watch may schedule another recheck in the meantime.
    """
    waiting = {message.id for message in memories(road).messages}
    road.stack.cloud.clock.advance(seconds)

    def taken() -> bool:
        return waiting.isdisjoint(message.id for message in memories(road).messages)

    wait_for(taken, "watch accepts every recheck")
    road.settle()


def kill_watch(road: Road) -> None:
    for instance in road.stack.gateway.invoker.instances():
        if instance["function"] == "watch":
            kill(instance["pid"])


def changes(road: Road, upload: Upload) -> list[Delivered]:
    return road.receiver.of(upload.video_id, "upload.changed")


def test_a_file_replaced_by_one_of_the_same_size_is_announced(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER)
    road.stack.cloud.clock.advance(3000)
    road.settle()
    assert changes(road, upload) == [], "no recheck before the file has settled"
    settle(road, SETTLED - 3000)
    [change] = {one.id: one for one in changes(road, upload)}.values()
    assert change.data["Previous"] == {"Size": len(FILM), "FileMD5": md5(FILM)}
    assert (change.data["Size"], change.data["FileMD5"]) == (len(FILM), md5(OTHER))
    assert change.data["owner"] == "alice"
    assert "unverified" not in change.body
    assert not road.receiver.of(upload.video_id, "upload.rejected")


def test_a_file_replaced_by_a_longer_one_is_announced_and_rejected(road: Road) -> None:
    upload = arrived(road)
    road.stack.cloud.vod.callbacks.settle()
    road.without_callbacks()
    rewrite(road, upload, LONGER)
    assert not road.receiver.of(upload.video_id, "upload.rejected")
    settle(road)
    [change] = changes(road, upload)
    assert (change.data["Size"], change.data["DeclaredFileSize"]) == (len(LONGER), len(FILM))
    [rejected] = road.receiver.of(upload.video_id, "upload.rejected")
    assert rejected.data["Reasons"] == ["FileSize"]


def test_the_recheck_gives_a_completion_the_same_id_as_the_callback(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, LONGER)
    told = road.receiver.ids(upload.video_id, "upload.rejected")
    settle(road)
    assert road.receiver.ids(upload.video_id, "upload.rejected") == told
    assert len(told) == 1


@pytest.mark.parametrize("contents", [(FILM,), (OTHER, FILM), (LONGER, FILM)])
def test_an_unchanged_file_is_not_announced_again(road: Road, contents: tuple[bytes, ...]) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    assert road.callback(completed(upload.video_id)) == 200
    rewrite(road, upload, *contents)
    settle(road)
    assert changes(road, upload) == []


def test_a_restored_file_is_announced_only_if_the_other_file_was(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER, FILM)
    told = road.receiver.of(upload.video_id, "upload.completed")
    assert len({one.id for one in told}) == 2, "each file has its own id"
    settle(road)
    [change] = {one.id: one for one in changes(road, upload)}.values()
    assert change.data["FileMD5"] == md5(FILM)
    assert change.data["Previous"]["FileMD5"] == md5(OTHER)


def test_several_writes_give_one_change_id(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER, LONGER)
    road.settle()
    assert len(memories(road).messages) == 3
    kill_watch(road)  # this instance would not send the event twice
    settle(road)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(LONGER)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_an_unchanged_upload_keeps_its_event_ids(road: Road) -> None:
    upload = arrived(road)
    road.finished(upload)
    told = road.receiver.ids(upload.video_id)
    settle(road)
    assert road.receiver.ids(upload.video_id) == told


def test_a_recheck_needs_no_memory_of_an_instance(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER)
    for instance in road.stack.gateway.invoker.instances():
        kill(instance["pid"])
    settle(road)
    assert len(changes(road, upload)) == 1


def test_callbacks_by_queue_are_rechecked_too(road: Road) -> None:
    road.by_queue()
    upload = arrived(road)
    rewrite(road, upload, OTHER)
    wait_for(lambda: not road.queue.messages, "the function accepts both messages")
    settle(road)
    assert len({one.id for one in changes(road, upload)}) == 1


def test_an_upload_whose_callback_was_dropped_is_rechecked_too(finding_road: Road) -> None:
    road = finding_road
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.ticks()
    assert road.receiver.of(upload.video_id, "upload.completed")
    rewrite(road, upload, OTHER)
    settle(road, SETTLED)
    assert len({one.id for one in changes(road, upload)}) == 1


def test_a_status_without_a_callback_is_announced_after_a_minute(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    # The fake leaves this status at once, so set it here.
    library = road.stack.cloud.vod.library
    library._change(upload.video_id, status="UploadSucc")
    assert road.callback(completed(upload.video_id)) == 200
    assert [one.type for one in road.receiver.of(upload.video_id)] == ["upload.completed"]
    rewrite(road, upload, OTHER)
    library._change(upload.video_id, status="Normal")
    road.stack.cloud.clock.advance(62)
    wait_for(lambda: road.receiver.of(upload.video_id, "video.ready"), "the app has the event")
    road.settle()
    assert changes(road, upload) == [], "the file may still change"
    assert len(memories(road).messages) == 1, "the recheck of the settled file still waits"
    rewrite(road, upload, LONGER)
    settle(road)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(LONGER)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_a_change_is_announced_after_the_app_was_down(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER)
    road.receiver.answer = 500
    road.stack.cloud.clock.advance(SETTLED)
    road.settle()
    for _ in range(10):
        road.stack.cloud.clock.advance(60)
        road.settle()
    assert changes(road, upload) == []
    road.receiver.answer = 204
    settle(road, 512)
    assert len({one.id for one in changes(road, upload)}) == 1


def test_a_video_deleted_before_its_recheck_gives_no_event(road: Road) -> None:
    upload = arrived(road)
    road.without_callbacks()
    Vod(road.stack.cloud).call("delete_video", video_ids=upload.video_id)
    before = list(road.receiver.taken)
    settle(road)
    assert road.receiver.taken == before


def test_the_app_gets_the_event_and_vod_retries_if_the_queue_fails(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.stack.cloud.faults.set("mns", "SendMessage", "error", status=503, code="InternalError")
    assert road.callback(completed(upload.video_id)) == 503
    assert road.receiver.of(upload.video_id, "upload.completed")
    assert memories(road).messages == []
    assert road.callback(completed(upload.video_id)) == 200
    assert len(memories(road).messages) == 1
    assert len(road.receiver.ids(upload.video_id, "upload.completed")) == 1


def test_an_instance_that_could_not_schedule_holds_no_later_verdict_back(road: Road) -> None:
    """VOD may block a video, release it and block it again: the last event has the first's id."""
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    review = {"EventType": "CreateAuditComplete", "VideoId": upload.video_id, "Status": "success"}

    def review_ends(status: str, time: str) -> None:
        road.stack.cloud.vod.library._change(upload.video_id, status=status)
        assert road.callback({**review, "EventTime": time}) == 200

    road.stack.cloud.vod.library._change(upload.video_id, status="Blocked")
    road.stack.cloud.faults.set("mns", "SendMessage", "error", status=503, code="InternalError")
    assert road.callback(completed(upload.video_id)) == 503, "and VOD never repeats it"
    review_ends("Normal", "2026-11-24T13:00:00Z")
    review_ends("Blocked", "2026-11-24T14:00:00Z")
    verdicts = road.receiver.of(upload.video_id, "video.ready", "video.blocked")
    assert [one.type for one in verdicts] == ["video.blocked", "video.ready", "video.blocked"]
    assert verdicts[0].id == verdicts[2].id


def forged(message: dict[str, Any]) -> dict[str, Any]:
    message["Settling"]["FileMD5"] = "0" * 32
    return message


def of_another(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "VideoId": "f" * 32}


@pytest.mark.parametrize("change", [forged, of_another])
def test_a_forged_recheck_message_is_refused(
    road: Road, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    upload = arrived(road)
    queue = memories(road)
    [genuine] = queue.messages
    text = json.dumps(change(json.loads(base64.b64decode(genuine.body))))
    calls = road.calls()
    sent = queue.send(text)
    wait_for(
        lambda: road.runs() and road.runs()[-1].get("code") == "InvalidRequest",
        "watch refuses the message",
    )
    road.settle()
    assert road.calls() == calls, "no call to VOD"
    assert changes(road, upload) == []
    queue.delete(sent)


@pytest.mark.parametrize("before", [(), (OTHER,)])
def test_a_recheck_that_comes_too_early_is_delivered_again(
    road: Road, before: tuple[bytes, ...]
) -> None:
    upload = arrived(road)
    queue = memories(road)
    [genuine] = queue.messages
    road.without_callbacks()
    rewrite(road, upload, *before)
    sent = queue.send(base64.b64decode(genuine.body).decode())
    wait_for(
        lambda: road.runs() and road.runs()[-1].get("failed") == 1,
        "watch does not accept the message",
    )
    road.settle()
    assert sent in {message.id for message in queue.messages}
    assert changes(road, upload) == []
    rewrite(road, upload, LONGER)
    settle(road)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(LONGER)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_the_recheck_message_holds_no_secret(road: Road) -> None:
    arrived(road)
    [message] = memories(road).messages
    content = json.loads(base64.b64decode(message.body))
    assert content.keys() == {"VideoId", "Settling"}
    assert content["Settling"].keys() == {"Size", "FileMD5", "Status", "Due", "Settled", "k", "m"}


def test_repeated_callbacks_schedule_one_recheck(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    for _ in range(5):
        assert road.callback(completed(upload.video_id)) == 200
    assert len(memories(road).messages) == 1


def test_one_fault_of_the_queue_loses_no_recheck(finding_road: Road) -> None:
    road = finding_road
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.stack.cloud.faults.set("mns", "SendMessage", "error", status=503, code="InternalError")
    road.ticks()
    road.ticks()
    assert road.receiver.of(upload.video_id, "upload.completed")
    rewrite(road, upload, OTHER)
    settle(road)
    assert len({one.id for one in changes(road, upload)}) == 1


def test_a_new_instance_rechecks_a_long_upload(finding_road: Road) -> None:
    road = finding_road
    road.without_callbacks()
    upload = road.upload()
    road.ticks(1, 1200)
    kill_watch(road)
    road.finish(upload)
    road.ticks()
    assert road.receiver.of(upload.video_id, "upload.completed")
    rewrite(road, upload, OTHER)
    settle(road)
    assert len({one.id for one in changes(road, upload)}) == 1


def test_new_instances_do_not_recheck_settled_uploads(finding_road: Road) -> None:
    road = finding_road
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.ticks()
    settle(road)
    kill_watch(road)
    road.ticks()
    assert len(road.receiver.of(upload.video_id, "upload.completed")) > 1, "the event is sent again"
    assert memories(road).messages == []


def test_the_watch_announces_a_failed_upload(road: Road) -> None:
    upload = road.upload()
    # No upload to the fake fails in this way.
    road.stack.cloud.vod.library._change(upload.video_id, status="UploadFail")
    road.ticks()
    [told] = road.receiver.of(upload.video_id, "video.failed", "upload.completed")
    assert (told.type, told.data["Status"]) == ("video.failed", "UploadFail")
    road.ticks(2)
    assert len(road.receiver.of(upload.video_id, "video.failed")) == 1


def test_an_unreadable_message_does_not_stop_the_others(road: Road) -> None:
    upload = road.upload()
    road.stack.cloud.vod.library._change(upload.video_id, status="UploadFail")
    function = road.stack.gateway.deployment.functions["watch"]
    bad = {"type": "mns:Queue:SendMessage", "data": {"messageId": "1", "messageBody": "{}"}}
    text = json.dumps({"VideoId": upload.video_id})
    good = {"type": "mns:Queue:SendMessage", "data": {"messageId": "2", "messageBody": text}}
    event = json.dumps([bad, good, bad]).encode()
    outcome = road.loop.run(road.stack.gateway.invoker.invoke(function, event, "1-by-hand"))
    assert outcome.error_type is not None, "the queue delivers an unreadable message again"
    assert road.receiver.of(upload.video_id, "video.failed")


@pytest.mark.parametrize(
    ("status", "code"), [(403, "Forbidden.IllegalStatus"), (404, "InvalidVideo.NotFound")]
)
def test_a_file_that_vod_does_not_describe_is_announced_without_its_md5(
    road: Road, status: int, code: str
) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.stack.cloud.faults.set("vod", "GetMezzanineInfo", "error", status=status, code=code)
    assert road.callback(completed(upload.video_id)) == 200
    [told] = road.receiver.of(upload.video_id, "upload.completed")
    assert (told.data["FileMD5"], told.data["Size"]) == (None, len(FILM))
    rewrite(road, upload, OTHER)
    settle(road)
    assert changes(road, upload) == [], "the size is the same, and there is no MD5 to compare"


@pytest.mark.parametrize(
    ("status", "code"), [(403, "Forbidden.IllegalStatus"), (404, "InvalidVideo.NotFound")]
)
@pytest.mark.parametrize("content", [OTHER, LONGER])
def test_a_file_that_vod_does_not_show_once_is_rechecked_again(
    road: Road, status: int, code: str, content: bytes
) -> None:
    upload = arrived(road)
    road.without_callbacks()
    rewrite(road, upload, content)
    road.stack.cloud.faults.set("vod", "GetMezzanineInfo", "error", status=status, code=code)
    before = len(road.runs())
    road.stack.cloud.clock.advance(SETTLED)
    wait_for(
        lambda: any(run.get("failed") for run in road.runs()[before:]),
        "watch does not accept the message",
    )
    road.settle()
    assert changes(road, upload) == []
    settle(road, 60)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(content)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_a_deleted_source_file_does_not_become_a_dead_letter(road: Road) -> None:
    upload = arrived(road)
    road.without_callbacks()
    road.stack.cloud.faults.set(
        "vod", "GetMezzanineInfo", "error", 500, status=404, code="InvalidVideo.NotFound"
    )
    before = len(road.runs())
    road.stack.cloud.clock.advance(SETTLED)
    wait_for(
        lambda: any(run.get("failed") for run in road.runs()[before:]),
        "watch does not accept the message",
    )
    road.settle()
    settle(road, 3600 + 512)
    assert changes(road, upload) == []
    assert road.dead_letters.messages == []


def test_no_recheck_is_scheduled_while_the_app_is_down(road: Road) -> None:
    road.by_queue()
    road.receiver.answer = 500
    upload = road.upload()
    road.finish(upload)
    wait_for(lambda: road.receiver.asked, "the first attempt")
    road.settle()
    assert memories(road).messages == []
    road.receiver.answer = 204
    road.stack.cloud.clock.advance(60)
    wait_for(lambda: memories(road).messages, "a recheck is scheduled with the event")
    road.settle()
    assert road.receiver.of(upload.video_id, "upload.completed")
    assert len(memories(road).messages) == 1


def test_a_queue_that_refuses_does_not_repeat_the_events(road: Road) -> None:
    road.by_queue()
    cloud = road.stack.cloud
    cloud.faults.set("mns", "SendMessage", "error", 3, status=403, code="AccessDenied")
    upload = road.upload()
    road.finish(upload)
    wait_for(lambda: road.receiver.of(upload.video_id, "upload.completed"), "the app has the event")

    def pushes() -> int:
        lines = [line.text for line in road.stack.gateway.logs.lines("events")]
        return sum(text.startswith("FC Invoke Start") for text in lines)

    road.settle()
    first = pushes()
    for again in range(1, 4):
        cloud.clock.advance(512)
        wait_for(
            partial(lambda wanted: pushes() >= wanted, first + again),
            "the queue delivers the message again",
        )
        road.settle()
    wait_for(lambda: not road.queue.messages, "the function accepts the message")
    assert len(memories(road).messages) == 1
    instances = {one["pid"] for one in road.stack.gateway.invoker.instances()}
    told = road.receiver.of(upload.video_id, "upload.completed")
    assert 1 <= len(told) <= len(instances)
    assert len({one.id for one in told}) == 1


NO_CALLBACKS: list[Any] = [
    {"data": {"messageBody": '{"EventType": 1}'}},
    [],
    {"requestContext": {"http": None}, "data": {}},
    {"requestContext": None},
    "text",
    5,
    None,
]


@pytest.mark.parametrize("event", NO_CALLBACKS)
def test_an_event_that_is_not_a_queue_message_is_never_accepted(road: Road, event: Any) -> None:
    function = road.stack.gateway.deployment.functions["events"]
    given = json.dumps(event).encode()
    outcome = road.loop.run(road.stack.gateway.invoker.invoke(function, given, "1-by-hand"))
    assert outcome.error_type is not None
    assert road.receiver.taken == []
