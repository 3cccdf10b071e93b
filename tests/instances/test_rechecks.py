"""Which rechecks `events` schedules, and for when."""

from __future__ import annotations

import base64
import json

import pytest

from local.roles import LOCAL_VALUES
from shared.config.parsers import owner_keys
from shared.config.settings import Settings
from shared.events.event import SETTLING
from shared.events.recheck import MAX_TRIES, SOON, FirstLook, seal, unseal
from tests.instances.shown_status import show
from tests.reliability.functions import Served, queue_event
from tests.reliability.scenarios import FILM, World, begun, callback, finished

QUEUE = LOCAL_VALUES["WatchQueue"]


def settings(world: World) -> Settings:
    return Settings(issuer_alias="example", owner_keys=owner_keys(world.keys.owner_keys))


def scheduled(world: World) -> list[tuple[int, FirstLook]]:
    """Each recheck in the queue, with the seconds until SMQ shows it, in order."""
    now = world.cloud.clock.now()
    found = []
    for message in world.cloud.queues.queue(QUEUE).messages:
        first = unseal(settings(world), base64.b64decode(message.body).decode())
        assert first is not None
        # A message that arrives before it is due would be sent back.
        assert message.next_visible >= first.due > now - 10
        found.append((round(message.next_visible - now), first))
    return sorted(found, key=lambda one: one[0])


def receive(function: Served, video_id: str, event_type: str = "FileUploadComplete") -> str:
    event = queue_event(json.dumps(callback(video_id, event_type)))
    return function.call(event, seconds=60).code


def close(seconds: int, expected: int) -> bool:
    """Whether these differ by no more than rounding and the work of a slow machine."""
    return expected - 30 <= seconds <= expected + 2


def test_a_finished_upload_is_rechecked_when_it_has_settled(world: World) -> None:
    video_id = finished(world)
    function = world.serve("events")
    assert receive(function, video_id) == "done"
    [(delay, first)] = scheduled(world)
    assert close(delay, SETTLING + 1)
    assert (first.video_id, first.status, first.settled, first.tries) == (
        video_id,
        "Normal",
        True,
        0,
    )
    [completed] = [one for one in world.receiver.taken if one.type == "upload.completed"]
    assert (first.size, first.file_md5) == (completed.data["Size"], completed.data["FileMD5"])
    # The same news again means no new file.
    assert receive(function, video_id) == "done"
    assert len(scheduled(world)) == 1


def test_an_upload_that_vod_has_not_processed_is_also_rechecked_soon(world: World) -> None:
    video_id = finished(world)
    show(world, "UploadSucc")
    assert receive(world.serve("events"), video_id) == "done"
    [(soon, first), (later, second)] = scheduled(world)
    assert close(soon, SOON + 1)
    assert close(later, SETTLING + 1)
    assert (first.settled, second.settled) == (False, True)
    assert {first.status, second.status} == {"UploadSucc"}


def test_a_callback_before_its_status_is_looked_at_again(world: World) -> None:
    video_id = finished(world)
    show(world, "Transcoding")
    function = world.serve("events")
    assert receive(function, video_id, "TranscodeComplete") == "again"
    [(delay, first)] = scheduled(world)
    assert close(delay, SOON + 1)
    assert (first.video_id, first.tries, first.settled) == (video_id, 1, False)
    assert (first.size, first.file_md5, first.status) == (len(FILM), None, "Transcoding")
    assert world.receiver.taken == []
    # SMQ delivers the callback again. One look is enough.
    assert receive(function, video_id, "TranscodeComplete") == "again"
    assert len(scheduled(world)) == 1


@pytest.mark.parametrize(
    ("tries", "follows"), [(1, True), (MAX_TRIES - 1, True), (MAX_TRIES, False)]
)
def test_a_video_is_not_looked_at_for_ever(world: World, tries: int, follows: bool) -> None:
    video_id = finished(world)
    show(world, "Transcoding")
    due = int(world.cloud.clock.now()) - 5
    first = FirstLook(video_id, 1, None, "Transcoding", due, settled=False, tries=tries)
    message = seal(settings(world), first)
    assert world.serve("watch").call(queue_event(message), seconds=60).code == "done"
    assert [one.tries for _, one in scheduled(world)] == ([tries + 1] if follows else [])
    assert world.receiver.taken == []


def test_a_recheck_finds_the_video_ready(world: World) -> None:
    video_id = finished(world)
    due = int(world.cloud.clock.now()) - 5
    first = FirstLook(video_id, 1, None, "Transcoding", due, settled=False, tries=3)
    message = seal(settings(world), first)
    assert world.serve("watch").call(queue_event(message), seconds=60).code == "done"
    assert [one.type for one in world.receiver.taken] == ["video.ready"]
    assert scheduled(world) == []


def test_a_recheck_that_comes_too_early_waits(world: World) -> None:
    video_id = finished(world)
    due = int(world.cloud.clock.now()) + 600
    message = seal(settings(world), FirstLook(video_id, 1, None, "Transcoding", due))
    assert world.serve("watch").call(queue_event(message), seconds=60).code == "again"
    assert world.receiver.taken == []


def test_an_upload_that_awaits_its_file_again_waits(world: World) -> None:
    video_id = str(begun(world)["VideoId"])
    due = int(world.cloud.clock.now()) - 5
    message = seal(settings(world), FirstLook(video_id, 1, None, "Normal", due))
    assert world.serve("watch").call(queue_event(message), seconds=60).code == "again"


def test_without_a_queue_nothing_is_scheduled(world: World) -> None:
    video_id = finished(world)
    function = world.serve("events", world.environment(VODPASS_WATCH_QUEUE=""))
    assert receive(function, video_id) == "done"
    assert world.wires["queue"].seen == []
    show(world, "Transcoding")
    assert receive(function, video_id, "TranscodeComplete") == "again"
    assert world.wires["queue"].seen == []
