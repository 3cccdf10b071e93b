"""What issuing and renewing an upload credential have in common."""

from __future__ import annotations

from typing import Any

from shared.alibaba.client import utc_text
from shared.alibaba.vod import (
    AWAITING_FILE,
    IllegalStatus,
    NotFoundAtVod,
    UploadCredential,
    Video,
    Vod,
)
from shared.errors import UploadFinished, UploadWindowClosed, VideoNotFound


def renew(vod: Vod, video: Video, window: int) -> UploadCredential:
    """A new credential for an upload under way; ``video`` was just read and is the caller's.

    RefreshUploadVideo has no rule of its own about state: for a finished video it would hand out
    the power to replace it after review. So the state is checked before and, since the upload may
    finish meanwhile, after. ``window`` is in seconds. Raises UploadFinished, UploadWindowClosed,
    VideoNotFound, or an Upstream refusal.
    """
    if video.status != AWAITING_FILE:
        raise UploadFinished
    if video.age > window:
        raise UploadWindowClosed
    try:
        credential = vod.refresh_upload_video(video.video_id)
        after = vod.video(video_id=video.video_id)
    except NotFoundAtVod:
        raise VideoNotFound from None
    except IllegalStatus:
        raise UploadFinished from None
    if after.status != AWAITING_FILE or after.reference_id != video.reference_id:
        raise UploadFinished  # the new credential goes no further than here
    return credential


def answer(credential: UploadCredential, id_name: str, request_id: str) -> dict[str, Any]:
    """The answer's members, named and shaped as Alibaba's client samples expect."""
    return {
        "RequestId": request_id,
        id_name: credential.media_id,
        **credential.urls,
        "UploadAddress": credential.upload_address,
        "UploadAuth": credential.upload_auth,
        "ExpireUTCTime": utc_text(credential.expires_at),
        "ExpiresIn": credential.expires_in,
    }
