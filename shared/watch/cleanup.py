"""Announces abandoned uploads, and deletes their videos if the deployment allows it."""

from __future__ import annotations

import contextlib

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod
from shared.alibaba.vod.records import AWAITING_FILE, Video
from shared.config.settings import Settings
from shared.errors import Refusal
from shared.events.event import new_event, video_data
from shared.runtime import log
from shared.uploads.window import abandonment_window, cleanup_window
from shared.watch.run import CLEANUP_AFTER, LOOK_BACK, Run

MANY = 20  # deletions
LARGE_PART = 0.3  # of the uploads that await a file


def abandon(run: Run, video: Video) -> None:
    """Sends `upload.abandoned` for an upload whose window has closed. Raises NotDelivered."""
    if 0 < video.age - abandonment_window(run.settings, video) < LOOK_BACK:
        data = video_data(video, run.settings)
        run.send(
            new_event(run.settings, "upload.abandoned", video.video_id, (), data, now=video.now)
        )


def may_delete(settings: Settings, video: Video) -> bool:
    """Whether an upload that awaits its file was abandoned so long ago that it may be deleted."""
    return video.age - cleanup_window(settings, video) > CLEANUP_AFTER


def too_many(deletions: int, awaiting: int) -> bool:
    """Whether a run would delete so many uploads that a wrong setting is the likely reason.

    ``awaiting``: how many uploads of this deployment await a file, these included.
    """
    return deletions > MANY and deletions > LARGE_PART * awaiting


def clean_up(run: Run) -> None:
    """Deletes the abandoned uploads that the run has found. A dry run only logs them.

    If they are too many, it deletes none of them and says so in the log.
    """
    if run.settings.cleanup == "off":
        return
    deletions, awaiting = len(run.deletable), len(run.awaiting)
    refused = too_many(deletions, awaiting) and not run.settings.cleanup_force
    if refused:
        counts = {"deletions": deletions, "awaiting": awaiting}
        log.write(function="watch", level="warning", clean_up="refused", **counts)
    if refused and run.settings.cleanup == "delete":
        return
    for number, video in enumerate(run.deletable.values()):
        if run.out_of_time:
            run.left_over += deletions - number
            return
        try:
            _delete(run, video)
        except (Refusal, IllegalStatus):
            run.failed += 1


def _delete(run: Run, video: Video) -> None:
    """Deletes an abandoned video after reading it again. A dry run only logs it."""
    try:
        now = run.vod.video(video_id=video.video_id)
    except NotFoundAtVod:
        return
    unchanged = now.status == AWAITING_FILE and now.reference_id == video.reference_id
    if not unchanged or not run.is_ours(now) or not may_delete(run.settings, now):
        return
    if run.settings.cleanup == "delete":
        # NotFoundAtVod: another run deleted it, or this run's own answer was lost.
        with contextlib.suppress(NotFoundAtVod):
            run.vod.delete_video(video.video_id)
    log.write(function="watch", clean_up=run.settings.cleanup, VideoId=video.video_id)
