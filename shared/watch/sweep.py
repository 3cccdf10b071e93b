"""Checks the uploads that VOD lists, for events that have no callback of VOD.

A run starts from what VOD lists and the clock, and keeps no state. So a run that is lost, late or
doubled changes no event id. Every run sends a due event again for LOOK_BACK seconds, under one id.
So an hour without a run loses no event.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod
from shared.alibaba.vod.records import AWAITING_FILE, CREDENTIAL_ENDED, UPLOAD_FAILED, Video
from shared.config.variables import LONGEST_UPLOAD_WINDOW
from shared.errors import Refusal
from shared.events.event import SETTLING, completion_type, result_types, video_event
from shared.events.webhook import NotDelivered
from shared.runtime import log
from shared.watch.cleanup import abandon, clean_up, may_delete
from shared.watch.renewal import keep_alive
from shared.watch.run import CLEANUP_AFTER, EVERY, LOOK_BACK, Run

MAX_VIDEOS = 5000  # in one run: 50 calls, and as many as GetVideoList can reach
COMPLETED = ("UploadSucc", "Transcoding", "TranscodeFail", "Checking", "Blocked", "Normal")


def sweep(run: Run) -> None:
    """Handles every upload for which something may be due. Raises a Refusal.

    First those that may still get a file, then abandoned ones that are older, then finished ones.
    """
    jobs, window = run.settings.watch, run.settings.upload_window
    reach = window + CLEANUP_AFTER + LOOK_BACK
    if jobs & {"expiring", "abandoned"}:
        _handle_listed(run, (AWAITING_FILE, UPLOAD_FAILED), reach)
    if "abandoned" in jobs:
        # Older ones were promised a longer window, or none. Few of them are due.
        # VOD accepts no empty span of time.
        if window < LONGEST_UPLOAD_WINDOW:
            farthest = LONGEST_UPLOAD_WINDOW + CLEANUP_AFTER + LOOK_BACK
            _handle_listed(run, (AWAITING_FILE,), farthest, reach)
        clean_up(run)
    if "completed" in jobs:
        # A credential issued at the end of the window may still finish its upload.
        _handle_listed(run, COMPLETED, window + CREDENTIAL_ENDED + LOOK_BACK)
        run.memory.swept = True


def look_after(run: Run, video_id: str) -> None:
    """Handles one video like a sweep. A deleted video needs nothing. Raises a Refusal."""
    try:
        video = run.vod.video(video_id=video_id)
    except NotFoundAtVod:
        return
    _handle_safely(run, video)


def _handle_listed(run: Run, statuses: tuple[str, ...], reach: int, but_for: int = 0) -> None:
    """Handles the videos that ``_listed`` gives for the same arguments."""
    for video in _listed(run, statuses, reach, but_for):
        _handle_safely(run, video)


def _listed(run: Run, statuses: tuple[str, ...], reach: int, but_for: int = 0) -> Iterator[Video]:
    """The videos of the last ``reach`` seconds in these states, until the run is out of time.

    ``but_for``: those of the last ``but_for`` seconds are left out.
    """
    page, seen, total = 1, 0, 1
    now = run.session.cloud_time()
    # The earlier of both clocks: better too many videos than too few.
    since = min(time.time(), now) - reach
    until = min(time.time(), now) - but_for if but_for else None
    # Runs start from alternate ends, so that what one run cannot reach does not wait for ever.
    oldest_first = int(now) // EVERY % 2 == 0
    while seen < total:
        videos, total = run.vod.videos(
            statuses, since, page, oldest_first=oldest_first, until=until
        )
        if not videos:
            return
        for video in videos:
            if run.looked_at >= MAX_VIDEOS or run.out_of_time:
                run.left_over += total - seen
                return
            seen += 1
            run.looked_at += 1
            if video is None:
                run.failed += 1  # the others must not wait until VOD describes it
                continue
            yield video
        page += 1


def _handle_safely(run: Run, video: Video) -> None:
    """Handles a video of this deployment. Counts its faults, which do not stop the others."""
    if not run.is_ours(video):
        return
    try:
        _handle(run, video)
    except (Refusal, NotDelivered, NotFoundAtVod, IllegalStatus):
        run.failed += 1
    except Exception as fault:  # noqa: BLE001  the other videos must not wait for this one
        log.write(function="watch", VideoId=video.video_id, fault=type(fault).__name__)
        run.failed += 1


def _handle(run: Run, video: Video) -> None:
    """Does what is due for a video, by its Status and VODPASS_WATCH. Raises what they raise."""
    jobs = run.settings.watch
    if video.status == AWAITING_FILE:
        _handle_open(run, video)
    elif video.status == UPLOAD_FAILED and "abandoned" in jobs:
        for event_type in result_types(video.status):
            run.send(video_event(run.settings, event_type, video))
    elif video.status in COMPLETED and "completed" in jobs:
        _complete(run, video)


def _handle_open(run: Run, video: Video) -> None:
    """Handles an upload that awaits its file: its credential expires, or it is abandoned."""
    jobs = run.settings.watch
    run.awaiting.add(video.video_id)
    if "expiring" in jobs:
        keep_alive(run, video)
    if "abandoned" in jobs:
        abandon(run, video)
        if may_delete(run.settings, video):
            run.deletable[video.video_id] = video


def look_at_completed(run: Run, video: Video) -> None:
    """Handles a finished upload of this deployment, with any VODPASS_WATCH. Counts faults."""
    if not run.is_ours(video) or video.status not in COMPLETED:
        return
    try:
        _complete(run, video)
    except NotDelivered:
        run.failed += 1


def _complete(run: Run, video: Video) -> None:
    """Sends the events of a finished upload that the app may not have. Raises NotDelivered."""
    seen = (video.size, video.status)
    if run.memory.completed.get(video.video_id) == seen:
        return
    video = run.vod.with_source(video)
    if not video.size_known:
        return
    event_types = [completion_type(video, run.settings), *result_types(video.status)]
    events = [video_event(run.settings, event_type, video) for event_type in event_types]
    try:
        if _may_change(run, video):
            left = run.session.left
            run.memory.rechecks.schedule(run.settings, events, video.now, left)
    finally:
        # The app gets its events even if the recheck could not be scheduled.
        for event in events:
            run.send(event)
    run.memory.completed.put(video.video_id, seen)


def _may_change(run: Run, video: Video) -> bool:
    """Whether a credential for a finished upload may still be valid.

    VOD does not say when an upload finished. Without this check, every new instance would recheck
    all uploads of a day.
    """
    touched = max(video.created_at, video.modified_at or 0.0)
    return run.memory.swept or video.now - touched < SETTLING
