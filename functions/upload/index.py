"""POST /upload: a credential to upload one video, image or attached media."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.alibaba.vod.codes import WrongChoice
from shared.alibaba.vod.operations import VOD_SERVICE, Vod
from shared.alibaba.vod.records import UploadCredential
from shared.auth.caller import Caller
from shared.auth.token import by_bearer_token
from shared.config.settings import Settings
from shared.errors import FieldError, Forbidden, InvalidRequest
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance
from shared.uploads import create, response
from shared.uploads import fields as upload_fields
from shared.web import body, fields


class MediaType(NamedTuple):
    """How `/upload` handles one MediaType. ``checks``: of each field that it may have."""

    checks: Callable[[Settings], Mapping[str, fields.Check]]
    required: frozenset[str]
    create: Callable[[Call[Caller], Vod, dict[str, Any]], UploadCredential]
    id_name: str


MEDIA_TYPES: Mapping[str, MediaType] = {
    "video": MediaType(
        upload_fields.video_fields, frozenset({"FileName"}), create.video, "VideoId"
    ),
    "image": MediaType(
        upload_fields.image_fields, frozenset({"ImageType"}), create.image, "ImageId"
    ),
    "attached": MediaType(
        upload_fields.attached_fields,
        frozenset({"BusinessType"}),
        create.attached_media,
        "MediaId",
    ),
}


def upload(call: Call[Caller]) -> Mapping[str, Any]:
    """Creates the media in VOD and answers the credential for its file. Raises a Refusal."""
    call.caller.require("vod:upload")
    fields.check(call.request.query, {})  # there are no parameters
    given = body.json_object(call.request)
    name = given.pop("MediaType", "video")
    media_type = MEDIA_TYPES.get(name) if isinstance(name, str) else None
    if media_type is None:
        reason = f"must be one of {', '.join(MEDIA_TYPES)}"
        if name == "audio":
            reason += ": VOD handles audio as video, so send video"
        raise InvalidRequest(f"MediaType {reason}.", [FieldError("/MediaType", reason)])
    asked = fields.check(given, media_type.checks(call.settings), media_type.required)
    _require_permitted(call.caller, name, asked)
    _require_offered(call.caller, call.settings)
    call.log_line.update(MediaType=name)
    try:
        credential = media_type.create(call, Vod(call.session), asked)
    except WrongChoice as fault:
        raise _naming_source(fault, call.caller) from None
    call.log_line.update({media_type.id_name: credential.media_id})
    return response.members(credential, media_type.id_name, call.request_id)


def _require_permitted(caller: Caller, media_type: str, asked: Mapping[str, Any]) -> None:
    """Raises a Refusal unless the ``vod`` claim of the token permits the request."""
    if caller.upload_media is not None and media_type not in caller.upload_media:
        raise Forbidden(f"The vod claim of the token does not permit the MediaType {media_type}.")
    if caller.max_bytes is None:
        return
    if "FileSize" not in asked:
        missing = FieldError("/FileSize", "is required, because your token limits it")
        raise InvalidRequest("FileSize is required, because your token limits it.", [missing])
    if asked["FileSize"] > caller.max_bytes:
        raise Forbidden(f"The token permits files of at most {caller.max_bytes} bytes.")


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
