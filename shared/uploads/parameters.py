"""The parameters of the create operations, from the checked fields of a request and the settings.

Names are in the SDK's spelling. None means that the parameter is absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.config.settings import Settings
from shared.uploads.extend import Extend, seal
from shared.uploads.fields import extension, title_of


def of_video(
    settings: Settings, mark: str, asked: Mapping[str, Any], extend: Extend
) -> Mapping[str, Any]:
    """CreateUploadVideo. ``mark`` becomes the ReferenceId."""
    sealed = seal(settings, mark, extend)
    name = asked["FileName"]
    return {
        "file_name": name,
        "title": asked.get("Title") or title_of(name, settings.title_unit),
        "file_size": asked.get("FileSize"),
        "cover_url": asked.get("CoverURL"),
        "reference_id": mark,
        "user_data": json.dumps({"Extend": sealed}, ensure_ascii=False, separators=(",", ":")),
        "template_group_id": settings.template_group_id or None,
        "workflow_id": settings.workflow_id or None,
        "cate_id": settings.cate_id,
        **_common(settings, asked),
    }


def of_image(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """CreateUploadImage."""
    return {
        "image_type": asked["ImageType"],
        "image_ext": asked.get("ImageExt") or _image_extension(asked),
        "original_file_name": asked.get("FileName"),
        "title": asked.get("Title") or _optional_title(settings, asked),
        "cate_id": settings.cate_id,
        **_common(settings, asked),
    }


def of_attached_media(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """CreateUploadAttachedMedia."""
    size = asked.get("FileSize")
    return {
        "business_type": asked["BusinessType"],
        "media_ext": asked["MediaExt"],
        "file_name": asked.get("FileName"),
        "file_size": None if size is None else str(size),  # text, only in this operation
        "title": asked.get("Title") or _optional_title(settings, asked),
        "cate_ids": None if settings.cate_id is None else str(settings.cate_id),
        **_common(settings, asked),
    }


def _image_extension(asked: Mapping[str, Any]) -> str | None:
    """The extension of FileName, or None: then VOD takes png."""
    return extension(asked.get("FileName", "")) or None


def _optional_title(settings: Settings, asked: Mapping[str, Any]) -> str | None:
    return title_of(asked["FileName"], settings.title_unit) if "FileName" in asked else None


def _common(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "description": asked.get("Description"),
        "tags": asked.get("Tags"),
        "storage_location": settings.storage_location or None,
        "app_id": settings.app_id or None,
    }
