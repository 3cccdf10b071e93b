"""POST /refresh: a new credential for an upload under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.alibaba.vod import VOD, NotFoundAtVod, Vod
from shared.auth import ownership as owner
from shared.auth.caller import Caller, bearer
from shared.errors import VideoNotFound
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance
from shared.uploads import renew as uploads
from shared.web import fields


def refresh(call: Call[Caller]) -> Mapping[str, Any]:
    """Renew the caller's own upload. Raises a Refusal."""
    call.caller.require("vod:refresh")
    fields.check(call.request.query, {})
    body = fields.json_object(call.request)
    asked = fields.check(body, {"VideoId": fields.video_id}, frozenset({"VideoId"}))
    call.asked.update(asked)
    vod = Vod(call.cloud)
    try:
        video = vod.video(video_id=asked["VideoId"])
    except NotFoundAtVod:
        raise VideoNotFound from None
    if not owner.owns(call.settings, call.caller.owner, video.reference_id):
        raise VideoNotFound
    credential = uploads.renew(vod, video, call.settings.upload_window)
    return uploads.answer(credential, "VideoId", call.request_id)


_ENDPOINT = Endpoint(Instance("refresh", VOD), "POST", bearer, refresh)


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: an HTTP trigger's event in, its response object out."""
    return _ENDPOINT.answer(event, context)
