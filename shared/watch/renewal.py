"""Tells the app that a credential is about to expire, or sends it a new one."""

from __future__ import annotations

from shared.alibaba.session import utc_text
from shared.alibaba.vod.records import CREDENTIAL_LIFE, Video
from shared.errors import UploadFinished, UploadWindowClosed, VideoNotFound
from shared.events.event import Event, new_event, video_data
from shared.uploads import answer
from shared.uploads.refresh import refresh_upload
from shared.uploads.window import refresh_window
from shared.watch.run import LOOK_BACK, Run

# Seconds between two renewals. Then each credential is renewed 600 s before it expires. With
# CREDENTIAL_LIFE instead, each renewal would only be due when the last credential has expired.
RENEW_EVERY = 2400


def keep_alive(run: Run, video: Video) -> None:
    """Sends `upload.expiring` or `upload.refreshed` for an upload that waits for its file.

    What was due within the upload window is sent even after it, if no run came in time. Raises
    NotDelivered or a Refusal.
    """
    renewing = bool(run.settings.credential_webhook_url)
    window = refresh_window(run.settings, video)
    newest = int(video.age // RENEW_EVERY) - 1
    for period in range(max(0, newest - 1), newest + 1):
        due_age = RENEW_EVERY * (period + 1)
        if due_age >= window or not due_age <= video.age < due_age + LOOK_BACK:
            continue
        if not renewing:
            run.send(_expiring(run, video, period))
        elif period == newest and video.age <= window:
            # An older credential has expired by now.
            _renew(run, video, period)


def _expiring(run: Run, video: Video, period: int) -> Event:
    """The event that the credential of a period is about to expire."""
    ends = video.created_at + RENEW_EVERY * period + CREDENTIAL_LIFE
    data = {**video_data(video, run.settings), "ExpireUTCTime": utc_text(ends)}
    facts = (str(period),)
    return new_event(run.settings, "upload.expiring", video.video_id, facts, data, now=video.now)


def _renew(run: Run, video: Video, period: int) -> None:
    """Refreshes an upload, and sends the credential, once for each period.

    Raises NotDelivered or a Refusal.
    """
    facts = (str(period),)
    known = new_event(run.settings, "upload.refreshed", video.video_id, facts, {}, now=video.now)
    if run.has_sent(known):
        return
    try:
        credential = refresh_upload(run.vod, run.settings, video)
    except (UploadFinished, UploadWindowClosed, VideoNotFound):
        return
    data = {
        **video_data(video, run.settings),
        **answer.members(credential, "VideoId", known.event_id),
    }
    limiter = run.memory.limiter()
    if limiter is not None:
        limiter.note_renewed(str(data["owner"]), video.video_id)
        run.store_fault = limiter.store_fault or run.store_fault
    renewed = new_event(
        run.settings, "upload.refreshed", video.video_id, facts, data, now=video.now
    )
    run.send(renewed, credentials=True)
