"""How each kind of medium is created at VOD: what is sent, and what a repeat may meet.

VOD has no idempotency token. For a video, the owner's mark in its ReferenceId serves as one: a
repeat with the same Idempotency-Key computes the same mark, and so finds its own video. Images
and attached media have no ReferenceId; nothing binds them to a caller, and nothing can be
refreshed or looked up for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.alibaba.client import Rejected
from shared.alibaba.vod import NotFoundAtVod, UploadCredential, Video, Vod
from shared.auth import ownership as owner
from shared.auth.caller import Caller
from shared.config.settings import Settings
from shared.errors import (
    FieldError,
    IdempotencyConflict,
    IdempotencyKeySpent,
    InvalidRequest,
    Throttled,
    Unavailable,
    Upstream,
    UpstreamError,
)
from shared.runtime.endpoint import Call
from shared.uploads import fields as media
from shared.uploads import renew as uploads

_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def video(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Create under the caller's mark, or carry on with what an earlier request created.

    Create is never sent twice: where its outcome is unknown, the mark finds the video.
    Raises a Refusal.
    """
    key = _idempotency_key(call)
    if key is None:
        mark, older = owner.new_mark(call.settings, call.caller.owner), []
    else:
        mark, *older = owner.marks_of_key(call.settings, call.caller.owner, key)
    sealed = owner.Extend(
        call.caller.subject,
        key or "",
        owner.request_digest(asked),
        asked.get("FileSize"),
        media.extension(asked["FileName"]),
    )
    for known in older:
        earlier = _find(call, vod, known)
        if earlier is not None:
            return _repeat(call, vod, earlier, sealed)
    try:
        return vod.create_upload_video(_video_parameters(call.settings, mark, asked, sealed))
    except Rejected as rejected:
        return _after_rejection(call, vod, mark, sealed, rejected.code)
    except Upstream as fault:
        if fault.effect == "none":
            raise
    created = _find_created(call, vod, mark)
    _require_same(call.settings, created, sealed)
    return uploads.renew(vod, created, call.settings.upload_window)


def image(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Create an image. Raises a Refusal."""
    _refuse_idempotency_key(call)
    return _created(vod.create_upload_image, _image_parameters(call.settings, asked))


def attached_media(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Create an attached medium: a watermark, a subtitle or a material. Raises a Refusal."""
    _refuse_idempotency_key(call)
    permitted = media.ATTACHED_EXTENSIONS[asked["BusinessType"]]
    given = asked.get("MediaExt") or media.extension(asked.get("FileName", ""))
    if given not in permitted:
        reason = f"must be one of {', '.join(permitted)} for a {asked['BusinessType']}"
        raise InvalidRequest(f"MediaExt {reason}.", [FieldError("/MediaExt", reason)])
    parameters = _attached_parameters(call.settings, {**asked, "MediaExt": given})
    return _created(vod.create_upload_attached_media, parameters)


def _created(create: Any, parameters: Mapping[str, Any]) -> UploadCredential:
    try:
        credential: UploadCredential = create(parameters)
    except Rejected:
        raise UpstreamError("VOD refused for a reason that is not foreseen.") from None
    return credential


def _idempotency_key(call: Call[Caller]) -> str | None:
    key = call.request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest("The header Idempotency-Key must be 1 to 64 of A-Z a-z 0-9 _ and -.")
    return key


def _refuse_idempotency_key(call: Call[Caller]) -> None:
    if "idempotency-key" in call.request.headers:
        # Accepted and not kept, it would promise what VOD cannot do for this medium.
        raise InvalidRequest("The header Idempotency-Key serves for videos only.")


# What a refusal's code speaks of when a ReferenceId is taken. VOD's own is not documented.
_TAKEN = re.compile(r"Reference|Duplicat|(?<!Not)Exist|Repeat|Conflict", re.IGNORECASE)


def _after_rejection(
    call: Call[Caller], vod: Vod, mark: str, sealed: owner.Extend, code: str
) -> UploadCredential:
    """VOD refused the create. A ReferenceId is unique, so the video may exist already: that it is
    found relies on no code. Only where it is not found must the code tell whether the ReferenceId
    was refused, that of a deleted video; by any other reason the key stays good."""
    earlier = _find(call, vod, mark)
    if earlier is not None:
        return _repeat(call, vod, earlier, sealed)
    if not sealed.idempotency_key:
        raise UpstreamError("VOD refused for a reason that is not foreseen.")
    if _TAKEN.search(code):
        raise IdempotencyKeySpent
    raise Unavailable("VOD refused for a reason that is not foreseen. Repeat the request.")


def _find_created(call: Call[Caller], vod: Vod, mark: str) -> Video:
    """What became of a create whose outcome is unknown. A 429 for the look-up would say that
    nothing had been begun."""
    retry_after = 1
    try:
        created = _find(call, vod, mark)
    except Throttled as fault:
        created, retry_after = None, int(fault.headers.get("Retry-After", "1"))
    if created is None:
        raise Unavailable(
            "VOD did not say whether the upload was begun. Repeat the request.",
            effect="unknown",
            retry_after=retry_after,
        )
    return created


def _find(call: Call[Caller], vod: Vod, mark: str) -> Video | None:
    try:
        found = vod.video(reference_id=mark)
    except NotFoundAtVod:
        return None
    # VOD looked it up; whether the letters really agree is checked here.
    return found if owner.owns(call.settings, call.caller.owner, found.reference_id) else None


def _repeat(call: Call[Caller], vod: Vod, earlier: Video, sealed: owner.Extend) -> UploadCredential:
    """The same request again: a fresh credential for the same video, by the rules of a refresh."""
    call.caller.require("vod:refresh")
    _require_same(call.settings, earlier, sealed)
    return uploads.renew(vod, earlier, call.settings.upload_window)


def _require_same(settings: Settings, found: Video, sealed: owner.Extend) -> None:
    if owner.unseal(settings, found.reference_id or "", found.user_data) != sealed:
        raise IdempotencyConflict


def _video_parameters(
    settings: Settings, mark: str, asked: Mapping[str, Any], sealed: owner.Extend
) -> Mapping[str, Any]:
    extend = owner.seal(settings, mark, sealed)
    name = asked["FileName"]
    return {
        "file_name": name,
        "title": asked.get("Title") or media.title_of(name),
        "file_size": asked.get("FileSize"),
        "cover_url": asked.get("CoverURL"),
        "reference_id": mark,
        "user_data": json.dumps({"Extend": extend}, ensure_ascii=False, separators=(",", ":")),
        "template_group_id": settings.template_group_id or None,
        "workflow_id": settings.workflow_id or None,
        "cate_id": settings.cate_id,
        **_common_parameters(settings, asked),
    }


def _image_parameters(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "image_type": asked["ImageType"],
        "image_ext": asked.get("ImageExt") or _image_extension(asked),
        "original_file_name": asked.get("FileName"),
        "title": asked.get("Title") or _optional_title(asked),
        "cate_id": settings.cate_id,
        **_common_parameters(settings, asked),
    }


def _image_extension(asked: Mapping[str, Any]) -> str | None:
    """The FileName's, where VOD takes it: VOD's own default is png, whatever the name says."""
    named = media.extension(asked.get("FileName", ""))
    return named if named in media.IMAGE_EXTENSIONS else None


def _attached_parameters(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    size = asked.get("FileSize")
    return {
        "business_type": asked["BusinessType"],
        "media_ext": asked["MediaExt"],
        "file_name": asked.get("FileName"),
        "file_size": None if size is None else str(size),  # text, in this operation alone
        "title": asked.get("Title") or _optional_title(asked),
        "cate_ids": None if settings.cate_id is None else str(settings.cate_id),
        **_common_parameters(settings, asked),
    }


def _optional_title(asked: Mapping[str, Any]) -> str | None:
    return media.title_of(asked["FileName"]) if "FileName" in asked else None


def _common_parameters(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "description": asked.get("Description"),
        "tags": asked.get("Tags"),
        "storage_location": settings.storage_location or None,
        "app_id": settings.app_id or None,
    }
