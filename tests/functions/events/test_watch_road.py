"""watch on its timer: events without a callback of VOD, each under one id even if runs fail."""

from __future__ import annotations

import json
import threading

from fakealiyun.testing.vod import Vod
from tests.support.processes import kill
from tests.support.road import FILM, TICK, WINDOW, Road, Upload
from tests.support.waiting import wait_for

FIRST_DUE, SECOND_DUE = 2400, 4800
"""Seconds after its creation at which the credential of an upload is about to expire."""

OVERDUE = WINDOW + 600


def begin(road: Road, count: int = 4) -> list[Upload]:
    road.without_callbacks()
    return [road.upload(f"user-{number}") for number in range(count)]


def ticks_until(seconds: int) -> int:
    """The number of ticks of which the last comes before `seconds` have passed.

    This holds for any state of the timer at the start of a test.
    """
    return seconds // TICK - 1


def seen(road: Road, uploads: list[Upload], *, expiring: int = 0, abandoned: int = 0) -> None:
    """Check that the app has so many event ids of each type for each upload, and no others."""
    for upload in uploads:
        kinds = [kind for kind, _ in road.receiver.ids(upload.video_id)]
        assert kinds.count("upload.expiring") == expiring
        assert kinds.count("upload.abandoned") == abandoned
        assert len(kinds) == expiring + abandoned
    subjects = {upload.video_id for upload in uploads}
    assert {one.subject for one in road.receiver.taken} <= subjects


def test_an_upload_whose_credential_is_about_to_expire_is_announced(road: Road) -> None:
    uploads = begin(road, 2)
    done = road.upload()
    road.finish(done)
    road.ticks(ticks_until(FIRST_DUE))
    assert not [one for one in road.receiver.taken if one.type == "upload.expiring"]
    road.ticks(2)
    for number, upload in enumerate(uploads):
        [event] = road.receiver.of(upload.video_id)
        assert event.type == "upload.expiring"
        assert event.data["owner"] == f"user-{number}"
        assert event.data["DeclaredFileSize"] == len(FILM)
        assert "UploadAuth" not in json.dumps(event.body)
    assert not road.receiver.of(done.video_id, "upload.expiring")


def test_a_video_without_a_mark_gives_no_event(road: Road) -> None:
    road.without_callbacks()
    made = Vod(road.stack.cloud).call("create_upload_video", title="film", file_name="film.mp4")
    road.ticks(OVERDUE // TICK)
    assert road.runs()[-1]["looked_at"] == 1
    assert road.receiver.taken == []
    assert made["VideoId"]


def test_an_abandoned_upload_has_one_event_id_in_all_runs(road: Road) -> None:
    uploads = begin(road)
    road.ticks(OVERDUE // TICK)
    seen(road, uploads, expiring=2, abandoned=1)
    road.ticks(3, 3600)
    seen(road, uploads, expiring=2, abandoned=1)
    calls = road.calls()
    assert "RefreshUploadVideo" not in calls
    assert "DeleteVideo" not in calls


def test_an_hour_without_a_run_loses_no_event(road: Road) -> None:
    uploads = begin(road)
    road.ticks(ticks_until(FIRST_DUE))
    road.ticks(1, 3600)
    seen(road, uploads, expiring=2)
    road.ticks((OVERDUE - SECOND_DUE) // TICK)
    seen(road, uploads, expiring=2, abandoned=1)


def test_no_event_is_lost_if_the_window_closes_during_an_hour_without_a_run(road: Road) -> None:
    uploads = begin(road)
    road.ticks(ticks_until(SECOND_DUE))
    road.ticks(1, 3600)
    seen(road, uploads, expiring=2, abandoned=1)


def test_two_runs_at_once_give_the_same_event_ids(road: Road) -> None:
    uploads = begin(road)
    road.ticks(ticks_until(FIRST_DUE))
    road.receiver.open.clear()
    road.stack.cloud.clock.advance(2 * TICK)
    wait_for(lambda: road.receiver.asked == 1, "the run of the timer sends an event")
    other = threading.Thread(target=road.watch)
    other.start()
    wait_for(lambda: road.receiver.asked == 2, "the other run sends an event")
    road.receiver.open.set()
    other.join()
    road.settle()
    assert len(road.receiver.taken) == 2 * len(uploads)
    seen(road, uploads, expiring=1)
    road.ticks((OVERDUE - FIRST_DUE) // TICK)
    seen(road, uploads, expiring=2, abandoned=1)


def test_a_killed_run_loses_no_event(road: Road) -> None:
    uploads = begin(road)
    road.ticks(ticks_until(FIRST_DUE))
    road.receiver.open.clear()
    road.stack.cloud.clock.advance(2 * TICK)
    wait_for(lambda: road.receiver.asked, "the app is about to receive the first event")
    for instance in road.stack.gateway.invoker.instances():
        if instance["function"] == "watch":
            kill(instance["pid"])
    road.receiver.open.set()
    road.ticks()
    seen(road, uploads, expiring=1)
    road.ticks((OVERDUE - FIRST_DUE) // TICK)
    seen(road, uploads, expiring=2, abandoned=1)


def test_the_next_run_sends_the_events_that_failed_while_the_app_was_down(road: Road) -> None:
    uploads = begin(road)
    road.ticks(ticks_until(FIRST_DUE))
    road.receiver.answer = 500
    road.ticks(2)
    assert road.runs()[-1]["failed"] == len(uploads)
    assert road.receiver.taken == []
    road.receiver.answer = 204
    road.ticks()
    seen(road, uploads, expiring=1)


def test_a_message_makes_watch_check_one_upload(road: Road) -> None:
    uploads = begin(road, 2)
    queue = road.stack.cloud.queues.queue("vodpass-watch")
    asked = uploads[0].video_id

    def ask() -> None:
        queue.send(json.dumps({"VideoId": asked}))
        wait_for(lambda: not queue.messages, "watch accepts the message")
        road.settle()

    ask()
    assert road.receiver.taken == [], "nothing is due"
    road.ticks(FIRST_DUE // TICK + 1)
    seen(road, uploads, expiring=1)
    ask()
    seen(road, uploads, expiring=1)
    assert road.calls()["GetVideoInfo"] == 2


def test_each_change_of_a_verdict_is_told_even_if_it_is_told_again(road: Road) -> None:
    """VOD dropped the callbacks. The app must not take a blocked video for a released one."""
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    for status in ("Normal", "Blocked", "Normal", "Blocked", "Blocked"):
        road.stack.cloud.vod.library._change(upload.video_id, status=status)
        road.ticks()
    told = road.receiver.of(upload.video_id)
    kinds = ["upload.completed", *["video.ready", "video.blocked"] * 2]
    assert [one.type for one in told] == kinds
    assert len({one.id for one in told}) == 3
