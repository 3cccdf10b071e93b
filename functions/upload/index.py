"""POST /upload: a credential to upload one video, which the caller then owns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from shared import fields, media, owner, uploads
from shared.caller import Caller
from shared.endpoint import Call, Endpoint
from shared.errors import (
    FieldError,
    Forbidden,
    IdempotencyConflict,
    IdempotencyKeySpent,
    InvalidRequest,
    Unavailable,
    Upstream,
    UpstreamError,
)
from shared.settings import Settings
from shared.vod import NotFoundAtVod, Rejected, UploadCredential, Video

_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def upload(call: Call) -> Mapping[str, Any]:
    """Create the video at VOD under the caller's mark, once, and answer its credential."""
    call.caller.require("vod:upload")
    fields.check(call.request.query, {})
    asked = _asked(call)
    key = _idempotency_key(call)
    call.asked.update(MediaType="video", idempotent=key is not None)
    if key is None:
        marks = [owner.new_mark(call.settings, call.caller.owner)]
    else:
        marks = list(owner.marks_of_key(call.settings, call.caller.owner, key))
    sealed = owner.Extend(
        call.caller.subject,
        key or "",
        owner.request_digest(asked),
        asked.get("FileSize"),
        media.extension(asked["FileName"]),
    )
    credential = _issue(call, marks, asked, sealed)
    call.asked.update(VideoId=credential.video_id)
    return uploads.answer(credential, call.request_id)


def _asked(call: Call) -> dict[str, Any]:
    """The checked fields of the body, held against the token's claim."""
    body = fields.json_object(call.request)
    largest = call.settings.max_file_size
    allowed: dict[str, fields.Check] = {
        "MediaType": _media_type,
        "FileName": media.file_name,
        "FileSize": partial(fields.integer, low=1, high=largest, unit="bytes"),
        "Title": media.title,
        "Description": media.description,
        "Tags": media.tags,
        "CoverURL": media.cover_url,
    }
    asked = fields.check(body, allowed, frozenset({"FileName"}))
    _permit(call.caller, asked)
    return asked


def _media_type(value: Any) -> str:
    if value != "video":
        raise ValueError("must be video")
    return "video"


def _permit(caller: Caller, asked: Mapping[str, Any]) -> None:
    if caller.upload_media is not None and "video" not in caller.upload_media:
        raise Forbidden("The vod claim of the token does not permit videos.")
    if caller.max_bytes is None:
        return
    if "FileSize" not in asked:
        missing = FieldError("/FileSize", "is required, because your token limits it")
        raise InvalidRequest("FileSize is required, because your token limits it.", [missing])
    if asked["FileSize"] > caller.max_bytes:
        raise Forbidden(f"The token permits files of at most {caller.max_bytes} bytes.")


def _idempotency_key(call: Call) -> str | None:
    key = call.request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest("The header Idempotency-Key must be 1 to 64 of A-Z a-z 0-9 _ and -.")
    return key


def _issue(
    call: Call, marks: list[str], asked: Mapping[str, Any], sealed: owner.Extend
) -> UploadCredential:
    """Create under the first mark, or carry on with what an earlier request created.

    Create is never sent twice: where its outcome is unknown, the mark finds the video.
    """
    for older in marks[1:]:
        earlier = _find(call, older)
        if earlier is not None:
            return _repeat(call, earlier, sealed)
    mark = marks[0]
    try:
        return call.vod.create_upload_video(_parameters(call.settings, mark, asked, sealed))
    except Rejected:
        # A ReferenceId is unique: most likely it exists. VOD does not document its code.
        earlier = _find(call, mark)
        if earlier is not None:
            return _repeat(call, earlier, sealed)
        if sealed.idempotency_key:
            raise IdempotencyKeySpent from None
        raise UpstreamError("VOD refused for a reason that is not foreseen.") from None
    except Upstream as fault:
        if fault.effect == "none":
            raise
        created = _find(call, mark)
        if created is None:
            raise Unavailable("VOD did not say whether the upload was begun. Repeat it.") from None
        if sealed.idempotency_key:
            _require_same(call.settings, created, sealed)
        return uploads.renew(call.vod, created, call.settings.upload_window)


def _find(call: Call, mark: str) -> Video | None:
    try:
        video = call.vod.video(reference_id=mark)
    except NotFoundAtVod:
        return None
    # VOD looked it up; whether the letters really agree is checked here.
    return video if owner.owns(call.settings, call.caller.owner, video.reference_id) else None


def _repeat(call: Call, video: Video, sealed: owner.Extend) -> UploadCredential:
    """The same request again: a fresh credential for the same video, by the rules of a refresh."""
    call.caller.require("vod:refresh")
    _require_same(call.settings, video, sealed)
    return uploads.renew(call.vod, video, call.settings.upload_window)


def _require_same(settings: Settings, video: Video, sealed: owner.Extend) -> None:
    if owner.unseal(settings, video.reference_id or "", video.user_data) != sealed:
        raise IdempotencyConflict


def _parameters(
    settings: Settings, mark: str, asked: Mapping[str, Any], sealed: owner.Extend
) -> Mapping[str, Any]:
    extend = owner.seal(settings, mark, sealed)
    name = asked["FileName"]
    return {
        "file_name": name,
        "title": asked.get("Title") or media.title_of(name),
        "file_size": asked.get("FileSize"),
        "description": asked.get("Description"),
        "tags": asked.get("Tags"),
        "cover_url": asked.get("CoverURL"),
        "reference_id": mark,
        "user_data": json.dumps({"Extend": extend}, ensure_ascii=False, separators=(",", ":")),
        "template_group_id": settings.template_group_id or None,
        "workflow_id": settings.workflow_id or None,
        "storage_location": settings.storage_location or None,
        "app_id": settings.app_id or None,
        "cate_id": settings.cate_id,
    }


_ENDPOINT = Endpoint("upload", "POST", upload)


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: an HTTP trigger's event in, its response object out."""
    return _ENDPOINT.answer(event, context)
