"""What `watch` does with uploads that nobody finishes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.reliability.functions import TIMER_EVENT, Outcome, Served
from tests.reliability.scenarios import CLEANED_UP, WINDOW, World, begun, send_file, until_normal
from tests.reliability.wire import Exchange, pass_on

WIDER = str(WINDOW * 10)
"""The window of another deployment with the same keys."""


def watch(world: World, cleanup: str, **changes: str) -> Served:
    environment = world.environment(VODPASS_CLEANUP=cleanup, VODPASS_WATCH="abandoned", **changes)
    return world.serve("watch", environment)


def run(function: Served) -> Outcome:
    return function.call(TIMER_EVENT, seconds=60)


def left(world: World) -> int:
    return len(world.cloud.vod.library.all())


def lines(outcome: Outcome, name: str = "clean_up") -> list[dict[str, Any]]:
    """The log lines of a run that have this member."""
    found = [json.loads(line) for line in outcome.written.splitlines() if line.startswith("{")]
    return [line for line in found if name in line]


def told(world: World) -> list[str]:
    return [one.type for one in world.receiver.taken]


def test_an_upload_is_announced_once_its_window_has_closed(world: World) -> None:
    answer = begun(world)
    world.cloud.clock.advance(WINDOW - 30)
    function = watch(world, "delete")
    assert run(function).code == "done"
    assert told(world) == []
    world.cloud.clock.advance(60)
    assert run(function).code == "done"
    [event] = world.receiver.taken
    assert (event.type, event.subject) == ("upload.abandoned", answer["VideoId"])
    assert event.data["VideoId"] == answer["VideoId"]
    assert event.data["owner"] == "alice"
    assert left(world) == 1
    # Another instance sends it again, under the same id.
    run(watch(world, "delete"))
    assert [one.id for one in world.receiver.taken] == [event.id, event.id]


@pytest.mark.parametrize(("cleanup", "remains"), [("off", 1), ("dry-run", 1), ("delete", 0)])
def test_an_upload_is_deleted_only_if_that_is_switched_on(
    world: World, cleanup: str, remains: int
) -> None:
    video_id = begun(world)["VideoId"]
    world.cloud.clock.advance(CLEANED_UP)
    outcome = run(watch(world, cleanup))
    assert outcome.code == "done"
    assert left(world) == remains
    expected = [] if cleanup == "off" else [("watch", cleanup, video_id)]
    found = [(line["function"], line["clean_up"], line["VideoId"]) for line in lines(outcome)]
    assert found == expected
    assert world.wires["cloud"].seen.count("DeleteVideo") == (cleanup == "delete")
    assert told(world) == ["upload.abandoned"]


def test_nothing_is_deleted_before_its_time(world: World) -> None:
    begun(world)
    world.cloud.clock.advance(CLEANED_UP - 60)
    assert lines(run(watch(world, "delete"))) == []
    assert left(world) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"Status": "UploadSucc"},
        {"ReferenceId": "v1l1" + "a" * 56},
        {"ReferenceId": None},
        {"AppId": "app-2000000"},
        {"CreationTime": "2099-01-01T00:00:00Z"},
    ],
)
def test_a_video_that_differs_at_the_second_look_is_kept(
    world: World, changed: dict[str, Any]
) -> None:
    begun(world)
    world.cloud.clock.advance(CLEANED_UP)

    def change_the_second_look(exchange: Exchange) -> None:
        answer = exchange.forward()
        if exchange.operation == "GetVideoInfo":
            body = json.loads(answer.body)
            body["Video"] |= changed
            answer = replace(answer, body=json.dumps(body).encode())
        exchange.answer(answer)

    world.wires["cloud"].handle = change_the_second_look
    outcome = run(watch(world, "delete"))
    assert outcome.code == "done"
    assert world.wires["cloud"].seen.count("GetVideoInfo") == 1
    assert lines(outcome) == []
    assert left(world) == 1


def test_a_video_that_another_run_deleted_is_no_fault(world: World) -> None:
    answer = begun(world)
    world.cloud.clock.advance(CLEANED_UP)

    def delete_before_the_second_look(exchange: Exchange) -> None:
        if exchange.operation == "GetVideoInfo":
            world.cloud.vod.library.delete([answer["VideoId"]])
        pass_on(exchange)

    world.wires["cloud"].handle = delete_before_the_second_look
    outcome = run(watch(world, "delete"))
    assert outcome.code == "done"
    assert lines(outcome) == []


def test_a_finished_upload_is_kept(world: World) -> None:
    answer = begun(world)
    send_file(answer)
    until_normal(world)
    world.cloud.clock.advance(CLEANED_UP)
    assert lines(run(watch(world, "delete"))) == []
    assert left(world) == 1
    assert told(world) == []


def test_the_uploads_of_a_deployment_with_a_wider_window_are_kept(world: World) -> None:
    """Both have the same owner keys."""
    begun(world, VODPASS_UPLOAD_WINDOW=WIDER)
    world.cloud.clock.advance(CLEANED_UP)
    assert lines(run(watch(world, "delete"))) == []
    assert told(world) == []
    assert left(world) == 1


def test_the_uploads_of_other_keys_are_kept(world: World) -> None:
    begun(world)
    world.cloud.clock.advance(CLEANED_UP)
    other = "k9:" + "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
    outcome = run(watch(world, "delete", VODPASS_OWNER_KEYS=other))
    assert lines(outcome) == []
    assert left(world) == 1
    assert told(world) == []


@pytest.mark.parametrize("cleanup", ["dry-run", "delete"])
@pytest.mark.parametrize("forced", [False, True])
def test_a_run_that_would_delete_too_many_deletes_none(
    world: World, cleanup: str, forced: bool
) -> None:
    for number in range(21):
        begun(world, key=f"key-{number}")
    world.cloud.clock.advance(CLEANED_UP)
    changes = {"VODPASS_CLEANUP_FORCE": "1"} if forced else {}
    outcome = run(watch(world, cleanup, **changes))
    refused = [line for line in lines(outcome) if line["clean_up"] == "refused"]
    if forced:
        assert refused == []
    else:
        [line] = refused
        assert (line["function"], line["level"]) == ("watch", "warning")
        assert (line["deletions"], line["awaiting"]) == (21, 21)
    assert left(world) == (0 if forced and cleanup == "delete" else 21)
    named = [line for line in lines(outcome) if line["clean_up"] == cleanup]
    assert len(named) == (0 if cleanup == "delete" and not forced else 21)


def test_a_deletion_that_fails_is_counted_and_tried_again(world: World) -> None:
    begun(world, key="one")
    begun(world, key="two")
    world.cloud.clock.advance(CLEANED_UP)
    world.cloud.faults.set("vod", "DeleteVideo", "error", 4, status=500)
    function = watch(world, "delete")
    outcome = run(function)
    assert outcome.code == "again"
    assert [line["failed"] for line in lines(outcome, "failed")] == [2]
    assert left(world) == 2
    assert run(function).code == "done"
    assert left(world) == 0
