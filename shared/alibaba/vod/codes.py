"""What the error codes of ApsaraVideo VOD mean."""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import FieldError, InvalidRequest, Misconfigured


class NotFoundAtVod(Exception):
    """VOD has no such video, image or attached medium."""


class IllegalStatus(Exception):
    """VOD refuses the operation in the present Status of the video."""


_FIELD_FAULTS: Mapping[str, str] = {
    "InvalidFileName.Extension": "/FileName",
    "IllegalCharacters": "",
    "LengthExceededMax": "",
    "TagsExceededMax": "/Tags",
    "InvalidParameter": "",
}
"""Code -> the field that VOD refuses, if the code names it."""

_DEPLOYMENT_FAULTS: Mapping[str, str] = {
    "InvalidTemplateGroupId": "VODPASS_TEMPLATE_GROUP_ID",
    "InvalidStorage": "VODPASS_STORAGE_LOCATION",
    # These three are not documented. They follow the pattern of the others.
    "InvalidWorkflow": "VODPASS_WORKFLOW_ID",
    "InvalidApp": "VODPASS_APP_ID",
    "InvalidCate": "VODPASS_CATE_ID",
}
"""Start of a code -> the setting whose value VOD refuses."""


def meaning(code: str) -> Exception | None:
    """The exception for a code of VOD; None for a code that this table does not know."""
    if code in ("InvalidVideo.NotFound", "InvalidImage.NotFound", "InvalidMedia.NotFound"):
        return NotFoundAtVod()
    if code == "Forbidden.IllegalStatus":
        return IllegalStatus()
    for beginning, variable in _DEPLOYMENT_FAULTS.items():
        if code.startswith(beginning):
            return Misconfigured(f"{variable} names nothing that VOD has in this region.")
    if code in _FIELD_FAULTS or (code.startswith("Missing") and code != "MissingSecurityToken"):
        pointer = _FIELD_FAULTS.get(code, "")
        errors = [FieldError(pointer, "is not accepted by VOD")] if pointer else []
        return InvalidRequest("VOD does not accept one of the fields as it is.", errors)
    return None
