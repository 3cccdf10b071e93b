"""Announces abandoned uploads, and deletes their videos if the deployment allows it."""

from __future__ import annotations

import contextlib

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.records import AWAITING_FILE, Video
from shared.events.event import data_of, event
from shared.runtime import log
from shared.watch.run import CLEANUP_AFTER, LOOK_BACK, Run


def abandon(run: Run, video: Video) -> None:
    """Sends `upload.abandoned` for an upload whose window has closed, and cleans up later.

    Raises NotDelivered or a Refusal.
    """
    overdue = video.age - run.settings.upload_window
    if overdue < LOOK_BACK:
        data = data_of(video, run.settings)
        run.send(event(run.settings, "upload.abandoned", video.video_id, (), data, video.now))
    if overdue > CLEANUP_AFTER and run.settings.cleanup != "off":
        _clean_up(run, video)


def _clean_up(run: Run, video: Video) -> None:
    """Deletes an abandoned video after reading it again. A dry run only logs it."""
    try:
        now = run.vod.video(video_id=video.video_id)
    except NotFoundAtVod:
        return
    unchanged = now.status == AWAITING_FILE and now.reference_id == video.reference_id
    if not unchanged or not run.is_ours(now):
        return
    if run.settings.cleanup == "delete":
        # NotFoundAtVod: another run deleted it, or this run's own answer was lost.
        with contextlib.suppress(NotFoundAtVod):
            run.vod.delete_video(video.video_id)
    log.write(function="watch", clean_up=run.settings.cleanup, VideoId=video.video_id)
