"""What the error codes of ApsaraVideo VOD mean.

Codes that every Alibaba Cloud service shares are in `shared/alibaba/codes.py`. Both tables are
explained to operators in `docs/error-codes.md`, and a test compares them.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from shared.errors import FieldError, InvalidRequest, Misconfigured


class NotFoundAtVod(Exception):
    """VOD has no such video, image or attached media."""


class IllegalStatus(Exception):
    """VOD refuses the operation in the present Status of the video. It may change."""


class Unusable(IllegalStatus):
    """VOD refuses the operation on this video for ever: its file is damaged or has no stream."""


class WrongChoice(Misconfigured):
    """VOD does not have what a setting names. ``variable``: the setting."""

    def __init__(self, variable: str, detail: str = "") -> None:
        super().__init__(detail or f"{variable} names nothing that VOD has in this region.")
        self.variable = variable


_NOT_FOUND = frozenset({"InvalidVideo.NotFound", "InvalidImage.NotFound", "InvalidMedia.NotFound"})
_UNUSABLE = frozenset(
    {"InvalidVideo.Damaged", "InvalidVideo.NoneStream", "Forbidden.AliyunVoDEncryption"}
)

FIELD_FAULTS: Mapping[str, str] = {
    "InvalidFileName.Extension": "/FileName",
    "IllegalCharacters": "",
    "LengthExceededMax": "",
    "TagsExceededMax": "/Tags",
    "InvalidParameter": "",
}
"""Code -> pointer to the field that VOD refuses; "" if the code does not name it."""

CHOICE_FAULTS: Mapping[str, tuple[str, str, str]] = {
    "InvalidTemplateGroupId": (
        "template_group_id",
        "VODPASS_TEMPLATE_GROUP_ID",
        "The account's default template group does not exist.",
    ),
    "InvalidStorage": (
        "storage_location",
        "VODPASS_STORAGE_LOCATION",
        "VOD has no storage enabled in this region.",
    ),
    # These three codes are not documented. They follow the pattern of the others.
    "InvalidWorkflow": ("workflow_id", "VODPASS_WORKFLOW_ID", "VOD refuses its own workflow."),
    "InvalidApp": ("app_id", "VODPASS_APP_ID", "VOD refuses its default application."),
    "InvalidCate": ("cate_id", "VODPASS_CATE_ID", "VOD refuses its default category."),
}
"""Start of a code -> the parameter that VOD refuses, the setting it comes from, and what to say if
the parameter was not sent."""

ACCOUNT_FAULTS: Mapping[str, str] = {
    "Forbidden.OperateApp": "The function's role has no right on the VOD application.",
    "Forbidden.InitFailed": "VOD was not initialised when the account opened it.",
    "OperationDenied.NotOpenAppService": "The account has not opened multiple VOD applications.",
    "OperationDenied.Suspended": "VOD is suspended in this account. Check its bills.",
    "OperationDenied": "VOD is not open in this account.",
    "UserNotFound": "VOD is not open in this account.",
    "AuthInfo.NotExist": "VOD does not have the authorization it needs in this account.",
}
"""Code -> what to say of a fault of the account or the application."""


def meaning(code: str, parameters: Container[str]) -> Exception | None:
    """The exception for a code of VOD; None for a code that this table does not know.

    ``parameters``: those that were sent, in the SDK's spelling.
    """
    if code in _NOT_FOUND:
        return NotFoundAtVod()
    if code in _UNUSABLE:
        return Unusable()
    if code == "Forbidden.IllegalStatus":
        return IllegalStatus()
    for beginning, (parameter, variable, otherwise) in CHOICE_FAULTS.items():
        if code.startswith(beginning):
            sent = parameter in parameters or f"{parameter}s" in parameters
            return WrongChoice(variable) if sent else Misconfigured(otherwise)
    for known, detail in ACCOUNT_FAULTS.items():
        if code == known:
            return Misconfigured(detail)
    if code.partition(".")[0] == "InvalidParameter" or code in FIELD_FAULTS:
        return _refused_field(FIELD_FAULTS.get(code, ""))
    if code.startswith("Missing") and code != "MissingSecurityToken":
        return _refused_field("")
    return None


def _refused_field(pointer: str) -> InvalidRequest:
    errors = [FieldError(pointer, "is not accepted by VOD")] if pointer else []
    return InvalidRequest("VOD does not accept one of the fields as it is.", errors)
