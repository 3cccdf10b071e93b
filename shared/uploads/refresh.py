"""Issues a new credential for an upload that still waits for its file."""

from __future__ import annotations

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import AWAITING_FILE, UploadCredential, Video
from shared.config.settings import Settings
from shared.errors import UploadFinished, UploadWindowClosed, VideoNotFound
from shared.uploads.window import refresh_window


def refresh_upload(vod: Vod, settings: Settings, video: Video) -> UploadCredential:
    """A new credential for ``video``, which was just read and belongs to the caller.

    VOD refreshes in any state. For a finished video its credential could replace the file after
    review. So the state is checked before the refresh, and again after it, because the upload may
    finish meanwhile. Raises UploadFinished, UploadWindowClosed, VideoNotFound or an Upstream
    refusal.
    """
    if video.status != AWAITING_FILE:
        raise UploadFinished
    if video.age > refresh_window(settings, video):
        raise UploadWindowClosed
    try:
        credential = vod.refresh_upload_video(video.video_id)
        after = vod.video(video_id=video.video_id)
    except NotFoundAtVod:
        raise VideoNotFound from None
    except Unusable:
        raise UploadFinished("VOD calls this upload damaged: begin a new one") from None
    except IllegalStatus:
        raise UploadFinished from None
    if after.status != AWAITING_FILE or after.reference_id != video.reference_id:
        raise UploadFinished  # discards the new credential
    return credential
