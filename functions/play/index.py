"""GET /play: a short credential to play one video."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.alibaba.session import utc_text
from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.operations import VOD, Vod
from shared.alibaba.vod.records import MAY_BECOME_PLAYABLE, PLAYABLE, PlayCredential, Video
from shared.auth.caller import Caller
from shared.auth.ownership import owns
from shared.auth.token import bearer
from shared.errors import Forbidden, VideoNotFound, VideoNotReady
from shared.runtime.endpoint import Endpoint, Invocation
from shared.runtime.instance import Instance
from shared.web import fields

SHORTEST = 100  # seconds; VOD's minimum and default
RETRY_SOONEST, RETRY_LATEST = 10, 300  # seconds, while a video may still become playable
WAITING_ENDS = 48 * 3600  # seconds of age; a video that is not playable by then stays so


def play(call: Invocation[Caller]) -> Mapping[str, Any]:
    """Answers a PlayAuth for a video that the caller owns or that the ``vod`` claim opens."""
    call.caller.require("vod:play")
    longest = call.settings.play_max_timeout
    timeout = partial(fields.decimal, low=SHORTEST, high=longest, unit="seconds")
    allowed: dict[str, fields.Check] = {"VideoId": fields.video_id, "AuthInfoTimeout": timeout}
    asked = fields.check(call.request.query, allowed, frozenset({"VideoId"}))
    call.asked.update(asked)
    vod, video_id = Vod(call.cloud), asked["VideoId"]
    try:
        if not call.caller.may_play(video_id):
            _require_own(call, vod, video_id)
        credential = _issue(vod, video_id, asked.get("AuthInfoTimeout", SHORTEST))
    except NotFoundAtVod:
        raise VideoNotFound from None
    return {
        "RequestId": call.request_id,
        "PlayAuth": credential.play_auth,
        "VideoMeta": credential.video_meta,
        "ExpireUTCTime": utc_text(credential.expires_at),
        "ExpiresIn": credential.expires_in,
    }


def _require_own(call: Invocation[Caller], vod: Vod, video_id: str) -> None:
    if not call.caller.may_play_own:
        # Decided by the token alone: it does not show whether the video exists.
        raise Forbidden("The vod claim of the token does not open this video.")
    video = vod.video(video_id=video_id)
    if not owns(call.settings, call.caller.owner, video.reference_id):
        raise VideoNotFound
    if video.status != PLAYABLE:
        raise _not_ready(video)


def _issue(vod: Vod, video_id: str, timeout: int) -> PlayCredential:
    try:
        return vod.play_auth(video_id, timeout)
    except Unusable:
        raise VideoNotReady(vod.video(video_id=video_id).status, None) from None
    except IllegalStatus:
        raise _not_ready(vod.video(video_id=video_id)) from None


def _not_ready(video: Video) -> VideoNotReady:
    if video.status == PLAYABLE:
        # It became playable between VOD's refusal and this read.
        return VideoNotReady(video.status, RETRY_SOONEST)
    # The older a video, the longer its processing takes. An abandoned upload never leaves
    # its state, nor does a format that VOD only stores.
    waits = video.status in MAY_BECOME_PLAYABLE and video.age < WAITING_ENDS
    retry_after = min(max(RETRY_SOONEST, int(video.age) // 20), RETRY_LATEST)
    return VideoNotReady(video.status, retry_after if waits else None)


_ENDPOINT = Endpoint(Instance("play", VOD), "GET", bearer, play)


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: takes the event of an HTTP trigger, returns the response object."""
    return _ENDPOINT.answer(event, context)
