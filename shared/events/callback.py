"""Reads VOD's callbacks with all their irregularities.

Only the media id is used, to decide what to read. Everything else is read back from VOD.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.web.body import finite, shallow
from shared.web.fields import VIDEO_ID

MAX_DEPTH = 16  # VOD's callbacks have 3

MediaType = Literal["video", "image", "attached"]
MEDIA_TYPES: tuple[MediaType, ...] = ("video", "image", "attached")

_OF_VIDEO = frozenset(
    {
        "FileUploadComplete",
        "UploadByURLComplete",
        "StreamTranscodeComplete",
        "TranscodeComplete",
        "SnapshotComplete",
        "VideoAnalysisComplete",
        "DynamicImageComplete",
        "AddLiveRecordVideoComplete",
        "LiveRecordVideoComposeStart",
        "CreateAuditComplete",
        "AIMediaAuditComplete",
        "AIMediaDNAComplete",
        "AIVideoTagComplete",
        "ProduceMediaComplete",
        "WorkflowTaskComplete",
    }
)
_WITHOUT_FIELDS = frozenset({"RestoreMediaComplete", "SubmitMediaRefreshComplete"})
"""Types that VOD lists without documenting their fields."""
_OF_ANY_MEDIA = frozenset(
    {"MediaBaseChangeComplete", "DeleteMediaComplete", "UpdateMediaStorageClassComplete"}
)


class UnreadableCallback(ValueError):
    """The text is not a callback of VOD."""


@dataclass(frozen=True)
class Callback:
    """One callback of VOD.

    ``known``: VOD documents its type. ``media_id`` has the form of VOD's ids; None means that
    there is nothing to read back.
    """

    event_type: str
    known: bool
    media_type: MediaType | None
    media_id: str | None
    body: Mapping[str, Any] = field(repr=False)


def read(text: str | bytes) -> Callback:
    """The callback in a JSON text. Raises UnreadableCallback."""
    try:
        # NaN and 1e999 would become what is no JSON when the callback is passed on.
        parsed = json.loads(text, parse_float=finite, parse_constant=finite)
    except (ValueError, RecursionError):
        raise UnreadableCallback("not JSON") from None
    if not isinstance(parsed, dict) or not shallow(parsed, MAX_DEPTH):
        raise UnreadableCallback("not an object, or nested too deep")
    # VOD's documented samples have keys and values with trailing blanks.
    body = {key.strip(): value for key, value in parsed.items()}
    event_type = body.get("EventType")
    if not isinstance(event_type, str) or not re.fullmatch(
        r"[A-Za-z0-9]{1,64}", event_type.strip()
    ):
        raise UnreadableCallback("no EventType")
    event_type = event_type.strip()
    media_type, media_id = _media_of(event_type, body)
    known = media_type is not None or event_type in _WITHOUT_FIELDS
    return Callback(event_type, known, media_type, media_id, body)


def _media_of(event_type: str, body: Mapping[str, Any]) -> tuple[MediaType | None, str | None]:
    """The type and id of the media that a callback is about. None: it names none in a known way."""
    if event_type in _OF_VIDEO:
        return "video", _first_id(body, "VideoId", "MediaId")
    if event_type == "ImageUploadComplete":
        return "image", _first_id(body, "ImageId")
    if event_type == "AttachedMediaUploadComplete":
        return "attached", _first_id(body, "AttachedMediaId", "MediaId")
    if event_type in _OF_ANY_MEDIA:
        said = body.get("MediaType", "video")
        name = said.strip().lower() if isinstance(said, str) else ""
        media_type = next((one for one in MEDIA_TYPES if one == name), None)
        # What has another type cannot be read, so nothing may be said of its id.
        return media_type, _first_id(body, "MediaId", "VideoId", "ImageId") if media_type else None
    return None, None


def _first_id(body: Mapping[str, Any], *names: str) -> str | None:
    """The first of these members that has the form of a media id."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str) and VIDEO_ID.fullmatch(value.strip()):
            return value.strip()
    return None


def video_id_in(text: str) -> str:
    """The VideoId in a message that the app sent itself. Raises ValueError if there is none."""
    try:
        parsed = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    found = _first_id(parsed, "VideoId") if isinstance(parsed, dict) else None
    if found is None:
        raise ValueError("no VideoId")
    return found
