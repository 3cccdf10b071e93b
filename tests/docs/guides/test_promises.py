"""What the guide says about repeats, replaced files, and messages to `watch`."""

from __future__ import annotations

import json

import pytest

from tests.docs.guides.app import begin, put
from tests.docs.guides.test_bodies import TRANSCODED
from tests.support.processes import kill
from tests.support.road import FILM, Road
from tests.support.waiting import wait_for

COMPLETIONS = ("upload.completed", "upload.rejected")


@pytest.mark.parametrize(
    ("content", "types"),
    [(FILM + b"more", COMPLETIONS), (FILM[:-1] + b"\xff", COMPLETIONS[:1]), (FILM, ())],
    ids=["another size", "the same size", "the same file"],
)
def test_a_second_write_has_another_id_only_if_its_file_differs(
    road: Road, content: bytes, types: tuple[str, ...]
) -> None:
    answer = begin(road)
    for number, written in enumerate((FILM, content), 1):
        put(answer, written)

        def told(wanted: int = number) -> bool:
            return len(road.receiver.of(answer["VideoId"], *COMPLETIONS)) == wanted

        wait_for(told, "the event arrives")
    told_of = road.receiver.ids(answer["VideoId"], *COMPLETIONS)
    assert {kind for kind, _ in told_of} == {"upload.completed", *types}
    assert len(told_of) == (2 if types else 1)


def test_a_video_that_is_blocked_again_has_the_id_of_the_first_time_and_a_newer_time(
    new_road: Road,
) -> None:
    road = new_road
    road.without_callbacks()
    answer = begin(road)
    put(answer)
    road.stack.cloud.clock.advance(TRANSCODED)
    notice = {"EventType": "CreateAuditComplete", "VideoId": answer["VideoId"]}
    for status in ("Normal", "Blocked", "Normal", "Blocked"):
        # No operation of the fake reviews anything.
        road.stack.cloud.vod.library._change(answer["VideoId"], status=status)
        road.stack.cloud.clock.advance(2)
        assert road.callback(notice) == 200
    told = road.receiver.of(answer["VideoId"])
    ready, blocked, *again = told
    assert [one.type for one in told] == ["video.ready", "video.blocked"] * 2
    assert [one.id for one in again] == [ready.id, blocked.id]
    times = [one.body["time"] for one in told]
    assert times == sorted(set(times))


def test_a_message_to_the_watch_does_what_a_run_would_do(road: Road) -> None:
    video_id = begin(road)["VideoId"]
    queue = road.stack.cloud.queues.queue("vodpass-watch")
    queue.send(json.dumps({"VideoId": video_id}))
    wait_for(lambda: not queue.messages, "watch has read the message")
    road.settle()
    assert not road.receiver.of(video_id, "upload.expiring")
    road.ticks(1, 2700)
    [told] = road.receiver.ids(video_id, "upload.expiring")
    for instance in road.stack.gateway.invoker.instances():
        if instance["function"] == "watch":  # which remembers what it has sent
            kill(instance["pid"])
    queue.send(json.dumps({"VideoId": video_id}))
    wait_for(lambda: not queue.messages, "watch has read the message")
    road.settle()
    assert len(road.receiver.of(video_id, "upload.expiring")) == 2
    assert road.receiver.ids(video_id, "upload.expiring") == {told}
