"""GET /play: a short credential to play one video. POST /play: the same for up to 20 videos."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.operations import VOD_SERVICE, Vod
from shared.alibaba.vod.records import PlayCredential, Video
from shared.auth.caller import Caller
from shared.auth.token import by_bearer_token
from shared.errors import VideoNotFound, VideoNotReady
from shared.playback import credential
from shared.playback.credential import JWT_PLAY_AUTH, PLAY_AUTH, SHORTEST
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance
from shared.web import body, fields


def play(call: Call[Caller]) -> Mapping[str, Any]:
    """Answers a credential for a video that the caller owns or that the ``vod`` claim opens."""
    call.caller.require("vod:play")
    longest = call.settings.play_max_timeout
    timeout = partial(fields.decimal, low=SHORTEST, high=longest, unit="seconds")
    allowed: dict[str, fields.Check] = {
        "VideoId": fields.video_id,
        "Method": credential.method,
        "AuthInfoTimeout": timeout,
    }
    asked = fields.check(call.request.query, allowed, frozenset({"VideoId"}))
    call.log_line.update(asked)
    method = asked.get("Method", PLAY_AUTH)
    credential.require_offered(call.settings, method)
    if not call.caller.may_play(asked["VideoId"]):
        credential.require_may_play_own(call.caller)
    if call.limiter is not None:
        call.limiter.count_plays(call.caller, 1)
    issue = _jwt_play_auth if method == JWT_PLAY_AUTH else _play_auth
    try:
        issued = issue(call, asked["VideoId"], asked.get("AuthInfoTimeout", SHORTEST))
    except NotFoundAtVod:
        raise VideoNotFound from None
    return {"RequestId": call.request_id, **issued}


def _jwt_play_auth(call: Call[Caller], video_id: str, timeout: int) -> Mapping[str, Any]:
    """The members of an answer with a JWTPlayAuth."""
    from shared.playback import jwt

    video = _own_video_unless_named(call, Vod(call.session), video_id)
    now = time.time() if video is None else video.now
    return jwt.members(call.settings, video_id, now, timeout, video)


def _play_auth(call: Call[Caller], video_id: str, timeout: int) -> Mapping[str, Any]:
    """The members of an answer with a PlayAuth."""
    vod = Vod(call.session)
    _own_video_unless_named(call, vod, video_id)
    return credential.members(call.settings, _ask_for_play_auth(vod, video_id, timeout))


def _own_video_unless_named(call: Call[Caller], vod: Vod, video_id: str) -> Video | None:
    """The caller's own playable video. Raises a Refusal if it is not that.

    None if the claim names the video: its owner does not matter, so VOD is not asked.
    """
    if call.caller.may_play(video_id):
        return None
    video = vod.video(video_id=video_id)
    credential.require_playable(call.settings, call.caller, video)
    return video


def _ask_for_play_auth(vod: Vod, video_id: str, timeout: int) -> PlayCredential:
    """The PlayAuth of a video. Raises VideoNotReady if VOD refuses it in the video's Status."""
    try:
        return vod.play_auth(video_id, timeout)
    except Unusable:
        raise VideoNotReady(vod.video(video_id=video_id).status, None) from None
    except IllegalStatus:
        raise credential.not_ready(vod.video(video_id=video_id)) from None


def play_many(call: Call[Caller]) -> Mapping[str, Any]:
    """Answers, for each of several videos, a credential or why there is none."""
    call.caller.require("vod:play")
    from shared.playback import batch

    fields.check(call.request.query, {})  # there are no parameters
    longest = call.settings.play_max_timeout
    timeout = partial(fields.integer, low=SHORTEST, high=longest, unit="seconds")
    allowed: dict[str, fields.Check] = {
        "VideoIds": batch.video_ids,
        "Method": credential.method,
        "AuthInfoTimeout": timeout,
    }
    asked = fields.check(body.json_object(call.request), allowed, frozenset({"VideoIds"}))
    call.log_line.update(asked)
    order = batch.Order(asked.get("Method", PLAY_AUTH), asked.get("AuthInfoTimeout", SHORTEST))
    credential.require_offered(call.settings, order.method)
    if call.limiter is not None:
        call.limiter.count_plays(call.caller, len(asked["VideoIds"]))
    items = batch.items(call, asked["VideoIds"], order)
    return {"RequestId": call.request_id, "Items": items}


_ENDPOINT = Endpoint(
    Instance("play", VOD_SERVICE), by_bearer_token, {"GET": play, "POST": play_many}
)


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: takes the event of an HTTP trigger, returns the response object."""
    return _ENDPOINT.answer(event, context)
