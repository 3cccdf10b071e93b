"""POST /upload: a credential to upload one video, image or attached media."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.alibaba.vod.codes import WrongChoice
from shared.alibaba.vod.operations import VOD_SERVICE, Vod
from shared.alibaba.vod.records import UploadCredential
from shared.auth.caller import Caller
from shared.auth.token import by_bearer_token
from shared.config.settings import Settings
from shared.errors import FieldError, Forbidden, InvalidRequest
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance
from shared.uploads import answer, create
from shared.uploads import fields as upload_fields
from shared.web import body, fields


@dataclass(frozen=True)
class MediaUpload:
    """How `/upload` handles a request with one MediaType.

    ``checks``: returns, for the settings, the check of each field that the request may have.
    ``required``: the fields that it must have. ``create``: creates the media in VOD. ``id_name``:
    what the answer calls its id.
    """

    checks: Callable[[Settings], Mapping[str, fields.Check]]
    required: frozenset[str]
    create: Callable[[Call[Caller], Vod, dict[str, Any]], UploadCredential]
    id_name: str


MEDIA_UPLOADS: Mapping[str, MediaUpload] = {
    "video": MediaUpload(
        upload_fields.video_fields, frozenset({"FileName"}), create.create_video, "VideoId"
    ),
    "image": MediaUpload(
        upload_fields.image_fields, frozenset({"ImageType"}), create.create_image, "ImageId"
    ),
    "attached": MediaUpload(
        upload_fields.attached_fields,
        frozenset({"BusinessType"}),
        create.create_attached_media,
        "MediaId",
    ),
}


def upload(call: Call[Caller]) -> Mapping[str, Any]:
    """Creates the media in VOD and answers the credential for its file. Raises a Refusal."""
    caller, settings = call.caller, call.settings
    caller.require("vod:upload")
    media_type, asked = _checked_fields(call)
    caller.require_upload(media_type, asked.get("FileSize"))
    _require_offered(caller, settings)
    call.log_line["MediaType"] = media_type
    media_upload = MEDIA_UPLOADS[media_type]
    try:
        credential = media_upload.create(call, Vod(call.session), asked)
    except WrongChoice as fault:
        raise _naming_source(fault, caller) from None
    call.log_line[media_upload.id_name] = credential.media_id
    return answer.members(credential, media_upload.id_name, call.request_id)


def _checked_fields(call: Call[Caller]) -> tuple[str, dict[str, Any]]:
    """The MediaType of a request and its other fields, checked. Raises a Refusal."""
    fields.check(call.request.query, {})  # there are no parameters
    given = body.json_object(call.request)
    name = given.pop("MediaType", "video")
    if not isinstance(name, str) or name not in MEDIA_UPLOADS:
        reason = f"must be one of {', '.join(MEDIA_UPLOADS)}"
        if name == "audio":
            reason += ": VOD handles audio as video, so send video"
        raise InvalidRequest(f"MediaType {reason}.", [FieldError("/MediaType", reason)])
    media_upload = MEDIA_UPLOADS[name]
    return name, fields.check(given, media_upload.checks(call.settings), media_upload.required)


def _require_offered(caller: Caller, settings: Settings) -> None:
    """Raises Forbidden unless the deployment offers what the token chooses for the upload."""
    for chosen, offered, what in (
        (caller.cate_id, settings.cate_ids, "category"),
        (caller.template_group_id, settings.template_group_ids, "template group"),
    ):
        if chosen is not None and chosen not in offered:
            raise Forbidden(f"This deployment does not offer the {what} that the token names.")


def _naming_source(fault: WrongChoice, caller: Caller) -> WrongChoice:
    """The fault, naming the setting that VOD's refused value is from.

    Without a choice in the token, that is the default. Else it is the list of what tokens may
    choose, such as VODPASS_CATE_IDS.
    """
    chosen = {
        "VODPASS_CATE_ID": caller.cate_id,
        "VODPASS_TEMPLATE_GROUP_ID": caller.template_group_id,
    }
    if chosen.get(fault.variable) is None:
        return fault
    name = f"{fault.variable}S"
    return WrongChoice(name, f"{name} lists one that VOD does not have in this region.")


_ENDPOINT = Endpoint(Instance("upload", VOD_SERVICE), by_bearer_token, {"POST": upload})


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: takes the event of an HTTP trigger, returns the response object."""
    return _ENDPOINT.answer(event, context)
