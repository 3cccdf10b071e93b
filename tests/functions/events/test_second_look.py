"""A finished upload is looked at again when it has settled: was it written again?"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from fakealiyun.mns import Queue
from fakealiyun.testing.vod import Vod
from tests.functions.events.test_http_road import completed
from tests.support.app_receiver import Delivered
from tests.support.road import FILM, Road, Upload
from tests.support.waiting import wait_for

SETTLED = 3670
"""Seconds after which what was left for a second look is due."""

OTHER = FILM[:-1] + b"\xff"
"""Another file of the same size."""

LONGER = FILM + b"more"


@pytest.fixture
def road(plain_road: Road) -> Road:
    """A deployment with the default jobs, so that nothing but the events leaves first looks."""
    return plain_road


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def memories(road: Road) -> Queue:
    """The queue where first looks wait."""
    return road.stack.cloud.queues.queue("vodpass-watch")


def arrived(road: Road, content: bytes = FILM, **fields: Any) -> Upload:
    """An upload of which the app knows that it has finished."""
    upload = road.upload(**fields)
    road.finish(upload, content)
    wait_for(
        lambda: road.receiver.of(upload.video_id, "upload.completed", "upload.rejected"), "told"
    )
    road.settle()
    assert len(memories(road).messages) == 1
    return upload


def rewrite(road: Road, upload: Upload, *contents: bytes) -> None:
    """Put other files in its place, with the credential that is still alive."""
    for content in contents:
        road.finish(upload, content)
        road.settle()


def settle(road: Road, seconds: float = SETTLED) -> None:
    """Let the second looks that are to come become due, and be taken. The watch's own run may
    remember another meanwhile."""
    waiting = {message.id for message in memories(road).messages}
    road.stack.cloud.clock.advance(seconds)

    def taken() -> bool:
        return waiting.isdisjoint(message.id for message in memories(road).messages)

    wait_for(taken, "every first look is taken")
    road.settle()


def kill_watch(road: Road) -> None:
    for instance in road.stack.gateway.invoker.instances():
        if instance["function"] == "watch":
            os.kill(instance["pid"], signal.SIGKILL)


def changes(road: Road, upload: Upload) -> list[Delivered]:
    return road.receiver.of(upload.video_id, "upload.changed")


def test_a_file_that_was_replaced_by_one_of_its_size_is_told_of(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER)
    road.stack.cloud.clock.advance(3000)
    road.settle()
    assert changes(road, upload) == [], "nobody looks before it has settled"
    settle(road, SETTLED - 3000)
    [change] = {one.id: one for one in changes(road, upload)}.values()
    assert change.data["Previous"] == {"Size": len(FILM), "FileMD5": md5(FILM)}
    assert (change.data["Size"], change.data["FileMD5"]) == (len(FILM), md5(OTHER))
    assert change.data["owner"] == "alice"
    assert "unverified" not in change.body
    assert not road.receiver.of(upload.video_id, "upload.rejected")


def test_a_file_that_was_replaced_by_a_longer_one_is_told_of_and_rejected(road: Road) -> None:
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


def test_the_second_look_calls_a_completion_as_vods_own_notice_does(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, LONGER)
    told = road.receiver.ids(upload.video_id, "upload.rejected")
    settle(road)
    assert road.receiver.ids(upload.video_id, "upload.rejected") == told
    assert len(told) == 1


@pytest.mark.parametrize("contents", [(FILM,), (OTHER, FILM), (LONGER, FILM)])
def test_a_file_that_is_what_it_was_is_nothing_new(road: Road, contents: tuple[bytes, ...]) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    assert road.callback(completed(upload.video_id)) == 200
    rewrite(road, upload, *contents)
    settle(road)
    assert changes(road, upload) == []


def test_a_file_that_was_put_back_is_news_only_where_the_other_was(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER, FILM)
    told = road.receiver.of(upload.video_id, "upload.completed")
    assert len({one.id for one in told}) == 2, "each file has an id of its own"
    settle(road)
    [change] = {one.id: one for one in changes(road, upload)}.values()
    assert change.data["FileMD5"] == md5(FILM)
    assert change.data["Previous"]["FileMD5"] == md5(OTHER)


def test_however_often_it_was_written_the_change_has_one_id(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER, LONGER)
    road.settle()
    assert len(memories(road).messages) == 3
    kill_watch(road)  # which would not tell twice
    settle(road)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(LONGER)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_an_upload_that_stayed_as_it_was_has_the_ids_that_it_had(road: Road) -> None:
    upload = arrived(road)
    road.finished(upload)
    told = road.receiver.ids(upload.video_id)
    settle(road)
    assert road.receiver.ids(upload.video_id) == told


def test_no_instance_has_to_remember(road: Road) -> None:
    upload = arrived(road)
    rewrite(road, upload, OTHER)
    for instance in road.stack.gateway.invoker.instances():
        os.kill(instance["pid"], signal.SIGKILL)
    settle(road)
    assert len(changes(road, upload)) == 1


def test_by_the_queue_as_by_http(road: Road) -> None:
    road.by_queue()
    upload = arrived(road)
    rewrite(road, upload, OTHER)
    wait_for(lambda: not road.queue.messages, "the function takes both")
    settle(road)
    assert len({one.id for one in changes(road, upload)}) == 1


def test_an_upload_whose_callback_was_dropped_is_looked_at_again_too(finding_road: Road) -> None:
    road = finding_road
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.ticks()
    assert road.receiver.of(upload.video_id, "upload.completed")
    rewrite(road, upload, OTHER)
    settle(road, SETTLED)
    assert len({one.id for one in changes(road, upload)}) == 1


def test_a_video_whose_end_vod_announces_to_nobody_is_told_of_after_a_minute(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    # A moment that the fake does not stay in.
    library = road.stack.cloud.vod.library
    library._change(upload.video_id, status="UploadSucc")
    assert road.callback(completed(upload.video_id)) == 200
    assert [one.type for one in road.receiver.of(upload.video_id)] == ["upload.completed"]
    rewrite(road, upload, OTHER)
    library._change(upload.video_id, status="Normal")
    road.stack.cloud.clock.advance(62)
    wait_for(lambda: road.receiver.of(upload.video_id, "video.ready"), "it is told")
    road.settle()
    assert changes(road, upload) == [], "the file may change still"
    assert len(memories(road).messages) == 1, "and the look at the settled file is to come"
    rewrite(road, upload, LONGER)
    settle(road)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(LONGER)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_while_the_app_is_away_the_news_waits(road: Road) -> None:
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


def test_a_video_that_is_gone_by_then_is_no_news(road: Road) -> None:
    upload = arrived(road)
    road.without_callbacks()
    Vod(road.stack.cloud).call("delete_video", video_ids=upload.video_id)
    before = list(road.receiver.taken)
    settle(road)
    assert road.receiver.taken == before


def test_a_queue_that_fails_keeps_no_news_from_the_app_and_vod_comes_again(road: Road) -> None:
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


def forged(message: dict[str, Any]) -> dict[str, Any]:
    message["Settling"]["FileMD5"] = "0" * 32
    return message


def of_another(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "VideoId": "f" * 32}


@pytest.mark.parametrize("change", [forged, of_another])
def test_what_somebody_else_puts_into_the_queue_is_no_memory(
    road: Road, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    upload = arrived(road)
    queue = memories(road)
    [genuine] = queue.messages
    text = json.dumps(change(json.loads(base64.b64decode(genuine.body))))
    calls = road.calls()
    sent = queue.send(text)
    wait_for(lambda: road.runs() and road.runs()[-1].get("code") == "InvalidRequest", "refused")
    road.settle()
    assert road.calls() == calls, "nothing was asked of VOD"
    assert changes(road, upload) == []
    queue.delete(sent)


@pytest.mark.parametrize("before", [(), (OTHER,)])
def test_a_memory_that_comes_too_early_comes_again(road: Road, before: tuple[bytes, ...]) -> None:
    upload = arrived(road)
    queue = memories(road)
    [genuine] = queue.messages
    road.without_callbacks()
    rewrite(road, upload, *before)
    sent = queue.send(base64.b64decode(genuine.body).decode())
    wait_for(lambda: road.runs() and road.runs()[-1].get("failed") == 1, "it is not taken")
    road.settle()
    assert sent in {message.id for message in queue.messages}
    assert changes(road, upload) == []
    rewrite(road, upload, LONGER)
    settle(road)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(LONGER)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_the_message_tells_nobody_a_secret(road: Road) -> None:
    arrived(road)
    [message] = memories(road).messages
    content = json.loads(base64.b64decode(message.body))
    assert content.keys() == {"VideoId", "Settling"}
    assert content["Settling"].keys() == {"Size", "FileMD5", "Status", "Due", "Settled", "k", "m"}


def test_a_callback_that_is_repeated_leaves_one_memory(road: Road) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    for _ in range(5):
        assert road.callback(completed(upload.video_id)) == 200
    assert len(memories(road).messages) == 1


def test_a_queue_that_fails_the_watch_once_loses_no_second_look(finding_road: Road) -> None:
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


def test_a_new_instance_finds_what_a_long_upload_has_become(finding_road: Road) -> None:
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


def test_new_instances_do_not_look_again_at_what_has_settled_long_ago(finding_road: Road) -> None:
    road = finding_road
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    road.ticks()
    settle(road)
    kill_watch(road)
    road.ticks()
    assert len(road.receiver.of(upload.video_id, "upload.completed")) > 1, "it is told again"
    assert memories(road).messages == []


def test_an_upload_that_failed_is_told_of_by_the_watch(road: Road) -> None:
    upload = road.upload()
    # The fake has no cause for it.
    road.stack.cloud.vod.library._change(upload.video_id, status="UploadFail")
    road.ticks()
    [told] = road.receiver.of(upload.video_id, "video.failed", "upload.completed")
    assert (told.type, told.data["Status"]) == ("video.failed", "UploadFail")
    road.ticks(2)
    assert len(road.receiver.of(upload.video_id, "video.failed")) == 1


def test_one_message_that_cannot_be_read_keeps_no_other_waiting(road: Road) -> None:
    upload = road.upload()
    road.stack.cloud.vod.library._change(upload.video_id, status="UploadFail")
    function = road.stack.gateway.deployment.functions["watch"]
    bad = {"type": "mns:Queue:SendMessage", "data": {"messageId": "1", "messageBody": "{}"}}
    text = json.dumps({"VideoId": upload.video_id})
    good = {"type": "mns:Queue:SendMessage", "data": {"messageId": "2", "messageBody": text}}
    event = json.dumps([bad, good, bad]).encode()
    outcome = road.loop.run(road.stack.gateway.invoker.invoke(function, event, "1-by-hand"))
    assert outcome.error_type is not None, "what cannot be read comes again"
    assert road.receiver.of(upload.video_id, "video.failed")


@pytest.mark.parametrize(
    ("status", "code"), [(403, "Forbidden.IllegalStatus"), (404, "InvalidVideo.NotFound")]
)
def test_a_file_of_which_vod_tells_nothing_is_announced_without_its_md5(
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
    assert changes(road, upload) == [], "of the same size, and nothing else to compare"


@pytest.mark.parametrize(
    ("status", "code"), [(403, "Forbidden.IllegalStatus"), (404, "InvalidVideo.NotFound")]
)
@pytest.mark.parametrize("content", [OTHER, LONGER])
def test_a_file_that_vod_does_not_show_for_once_is_looked_at_again(
    road: Road, status: int, code: str, content: bytes
) -> None:
    upload = arrived(road)
    road.without_callbacks()
    rewrite(road, upload, content)
    road.stack.cloud.faults.set("vod", "GetMezzanineInfo", "error", status=status, code=code)
    before = len(road.runs())
    road.stack.cloud.clock.advance(SETTLED)
    wait_for(lambda: any(run.get("failed") for run in road.runs()[before:]), "it is not taken")
    road.settle()
    assert changes(road, upload) == []
    settle(road, 60)
    assert {one.data["FileMD5"] for one in changes(road, upload)} == {md5(content)}
    assert len({one.id for one in changes(road, upload)}) == 1


def test_a_source_that_is_gone_for_good_is_no_dead_letter(road: Road) -> None:
    upload = arrived(road)
    road.without_callbacks()
    road.stack.cloud.faults.set(
        "vod", "GetMezzanineInfo", "error", 500, status=404, code="InvalidVideo.NotFound"
    )
    before = len(road.runs())
    road.stack.cloud.clock.advance(SETTLED)
    wait_for(lambda: any(run.get("failed") for run in road.runs()[before:]), "it is not taken")
    road.settle()
    settle(road, 3600 + 512)
    assert changes(road, upload) == []
    assert road.dead_letters.messages == []


def test_while_the_app_is_away_the_queue_leaves_no_memory(road: Road) -> None:
    road.by_queue()
    road.receiver.answer = 500
    upload = road.upload()
    road.finish(upload)
    wait_for(lambda: road.receiver.asked, "the first attempt")
    road.settle()
    assert memories(road).messages == []
    road.receiver.answer = 204
    road.stack.cloud.clock.advance(60)
    wait_for(lambda: memories(road).messages, "one is left with the news")
    road.settle()
    assert road.receiver.of(upload.video_id, "upload.completed")
    assert len(memories(road).messages) == 1


def test_a_queue_that_refuses_does_not_repeat_the_news(road: Road) -> None:
    road.by_queue()
    cloud = road.stack.cloud
    cloud.faults.set("mns", "SendMessage", "error", 3, status=403, code="AccessDenied")
    upload = road.upload()
    road.finish(upload)
    wait_for(lambda: road.receiver.of(upload.video_id, "upload.completed"), "the app is told")

    def pushes() -> int:
        lines = [line.text for line in road.stack.gateway.logs.lines("events")]
        return sum(text.startswith("FC Invoke Start") for text in lines)

    road.settle()
    first = pushes()
    for again in range(1, 4):
        cloud.clock.advance(512)
        wait_for(partial(lambda wanted: pushes() >= wanted, first + again), "it comes again")
        road.settle()
    wait_for(lambda: not road.queue.messages, "it is taken")
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
def test_what_the_queue_cannot_mean_is_never_taken(road: Road, event: Any) -> None:
    function = road.stack.gateway.deployment.functions["events"]
    given = json.dumps(event).encode()
    outcome = road.loop.run(road.stack.gateway.invoker.invoke(function, given, "1-by-hand"))
    assert outcome.error_type is not None
    assert road.receiver.taken == []
