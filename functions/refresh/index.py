"""POST /refresh: a new credential for an upload under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import VOD_SERVICE, Vod
from shared.alibaba.vod.records import UploadCredential
from shared.auth.caller import Caller
from shared.auth.ownership import owns
from shared.auth.token import by_bearer_token
from shared.errors import Refusal, UploadFinished, VideoNotFound
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance
from shared.uploads import answer
from shared.uploads.refresh import refresh_upload
from shared.web import body, fields


def refresh(call: Call[Caller]) -> Mapping[str, Any]:
    """Answers a new credential for the caller's own upload. Raises a Refusal."""
    call.caller.require("vod:refresh")
    fields.check(call.request.query, {})  # there are no parameters
    given = body.json_object(call.request)
    asked = fields.check(given, {"VideoId": fields.video_id}, frozenset({"VideoId"}))
    call.log_line.update(asked)
    if call.limiter is not None:
        call.limiter.count_refresh(call.caller, asked["VideoId"])
    try:
        credential = _refreshed(call, asked["VideoId"])
    except UploadFinished:
        if call.limiter is not None:
            call.limiter.note_finished(call.caller, video_id=asked["VideoId"])
        raise
    except Refusal:
        if call.limiter is not None:
            call.limiter.note_not_issued(call.caller, video_id=asked["VideoId"])
        raise
    return answer.members(credential, "VideoId", call.request_id)


def _refreshed(call: Call[Caller], video_id: str) -> UploadCredential:
    """The new credential, if the video is the caller's. Raises a Refusal."""
    vod = Vod(call.session)
    try:
        video = vod.video(video_id=video_id)
    except NotFoundAtVod:
        raise VideoNotFound from None
    if not owns(call.settings, call.caller.owner, video.reference_id):
        raise VideoNotFound
    return refresh_upload(vod, call.settings, video)


_ENDPOINT = Endpoint(Instance("refresh", VOD_SERVICE), by_bearer_token, {"POST": refresh})


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: takes the event of an HTTP trigger, returns the response object."""
    return _ENDPOINT.answer(event, context)
