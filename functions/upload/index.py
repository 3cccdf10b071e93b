"""POST /upload: a credential to upload one video, image or attachment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.alibaba.vod import VOD, UploadCredential, Vod
from shared.auth.caller import Caller, bearer
from shared.errors import FieldError, Forbidden, InvalidRequest
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance
from shared.uploads import create as issue
from shared.uploads import fields as media
from shared.uploads import renew as uploads
from shared.web import fields


class Medium(NamedTuple):
    """A MediaType: its fields, the required ones, how it is issued, and what VOD calls its id."""

    fields: Callable[[int], Mapping[str, fields.Check]]
    required: frozenset[str]
    issue: Callable[[Call[Caller], Vod, dict[str, Any]], UploadCredential]
    id_name: str


MEDIA: Mapping[str, Medium] = {
    "video": Medium(media.video_fields, frozenset({"FileName"}), issue.video, "VideoId"),
    "image": Medium(media.image_fields, frozenset({"ImageType"}), issue.image, "ImageId"),
    "attached": Medium(
        media.attached_fields, frozenset({"BusinessType"}), issue.attached_media, "MediaId"
    ),
}


def upload(call: Call[Caller]) -> Mapping[str, Any]:
    """Create the medium at VOD, once, and answer the credential for its file."""
    call.caller.require("vod:upload")
    fields.check(call.request.query, {})
    body = fields.json_object(call.request)
    media_type = body.pop("MediaType", "video")
    medium = MEDIA.get(media_type) if isinstance(media_type, str) else None
    if medium is None:
        reason = f"must be one of {', '.join(MEDIA)}"
        raise InvalidRequest(f"MediaType {reason}.", [FieldError("/MediaType", reason)])
    asked = fields.check(body, medium.fields(call.settings.max_file_size), medium.required)
    _permit(call.caller, media_type, asked)
    call.asked.update(MediaType=media_type)
    credential = medium.issue(call, Vod(call.cloud), asked)
    call.asked.update({medium.id_name: credential.media_id})
    return uploads.answer(credential, medium.id_name, call.request_id)


def _permit(caller: Caller, media_type: str, asked: Mapping[str, Any]) -> None:
    """Hold the request against what the token's ``vod`` claim narrows."""
    if caller.upload_media is not None and media_type not in caller.upload_media:
        raise Forbidden(f"The vod claim of the token does not permit the MediaType {media_type}.")
    if caller.max_bytes is None:
        return
    if "FileSize" not in asked:
        missing = FieldError("/FileSize", "is required, because your token limits it")
        raise InvalidRequest("FileSize is required, because your token limits it.", [missing])
    if asked["FileSize"] > caller.max_bytes:
        raise Forbidden(f"The token permits files of at most {caller.max_bytes} bytes.")


_ENDPOINT = Endpoint(Instance("upload", VOD), "POST", bearer, upload)


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: an HTTP trigger's event in, its response object out."""
    return _ENDPOINT.answer(event, context)
