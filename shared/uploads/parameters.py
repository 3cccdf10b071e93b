"""The parameters of the create operations, from the checked fields of a request and the settings.

Names are in the SDK's spelling. None means that the parameter is absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.auth.caller import Caller
from shared.config.settings import Settings
from shared.uploads.declaration import Declaration, seal
from shared.uploads.fields import extension, title_of

ACCELERATION = {"Type": "oss", "Domain": "https://oss-accelerate.aliyuncs.com"}
"""VOD's AccelerateConfig, as its documentation shows it."""


def video_parameters(
    settings: Settings,
    mark: str,
    asked: Mapping[str, Any],
    declaration: Declaration,
    caller: Caller,
) -> Mapping[str, Any]:
    """The parameters of CreateUploadVideo. ``mark`` becomes the ReferenceId."""
    chosen = caller.template_group_id
    name = asked["FileName"]
    return {
        "file_name": name,
        "title": asked.get("Title") or title_of(name, settings.title_unit),
        "file_size": asked.get("FileSize"),
        "cover_url": asked.get("CoverURL"),
        "reference_id": mark,
        "user_data": _user_data(settings, {"Extend": seal(settings, mark, declaration)}),
        "template_group_id": chosen or settings.template_group_id or None,
        # A workflow would win over the template group that the issuer chose.
        "workflow_id": (settings.workflow_id or None) if chosen is None else None,
        "cate_id": _category(settings, caller),
        **_common(settings, asked),
    }


def image_parameters(
    settings: Settings, asked: Mapping[str, Any], caller: Caller
) -> Mapping[str, Any]:
    """The parameters of CreateUploadImage."""
    return {
        "image_type": asked["ImageType"],
        "image_ext": asked.get("ImageExt") or _image_extension(asked),
        "original_file_name": asked.get("FileName"),
        "title": asked.get("Title") or _optional_title(settings, asked),
        "cate_id": _category(settings, caller),
        "user_data": _user_data(settings),
        **_common(settings, asked),
    }


def attached_media_parameters(
    settings: Settings, asked: Mapping[str, Any], caller: Caller
) -> Mapping[str, Any]:
    """The parameters of CreateUploadAttachedMedia."""
    category = _category(settings, caller)
    size = asked.get("FileSize")
    return {
        "business_type": asked["BusinessType"],
        "media_ext": asked["MediaExt"],
        "file_name": asked.get("FileName"),
        "file_size": None if size is None else str(size),  # text, only in this operation
        "title": asked.get("Title") or _optional_title(settings, asked),
        "cate_ids": None if category is None else str(category),
        "user_data": _user_data(settings),
        **_common(settings, asked),
    }


def _category(settings: Settings, caller: Caller) -> int | None:
    """The category that the token chooses, or else the deployment's default."""
    return settings.cate_id if caller.cate_id is None else caller.cate_id


def _user_data(settings: Settings, members: Mapping[str, Any] | None = None) -> str | None:
    """UserData: ``members``, and what the deployment's settings add. None if there is nothing."""
    found = dict(members or {})
    if settings.upload_callback:
        found["MessageCallback"] = {"CallbackURL": settings.callback_url, "CallbackType": "http"}
    if settings.accelerate:
        found["AccelerateConfig"] = ACCELERATION
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) if found else None


def _image_extension(asked: Mapping[str, Any]) -> str | None:
    """The extension of FileName, or None: then VOD takes png."""
    return extension(asked.get("FileName", "")) or None


def _optional_title(settings: Settings, asked: Mapping[str, Any]) -> str | None:
    """A Title from FileName; None without a FileName."""
    return title_of(asked["FileName"], settings.title_unit) if "FileName" in asked else None


def _common(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters that all create operations share."""
    return {
        "description": asked.get("Description"),
        "tags": asked.get("Tags"),
        "storage_location": settings.storage_location or None,
        "app_id": settings.app_id or None,
    }
