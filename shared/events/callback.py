"""What VOD says has happened: read with all its quirks, believed in nothing but where to look."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

MediaKind = Literal["video", "image", "attached"]
KINDS: tuple[MediaKind, ...] = ("video", "image", "attached")

_ID = re.compile(r"[0-9a-f]{32}")
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
    }
)
_OF_ANY_MEDIUM = frozenset(
    {"MediaBaseChangeComplete", "DeleteMediaComplete", "UpdateMediaStorageClassComplete"}
)


class UnreadableNotice(ValueError):
    """The text is no event of VOD's."""


@dataclass(frozen=True)
class Notice:
    """One event of VOD's. ``known``: its type is documented. ``media_id`` has VOD's form, or is
    None: then there is nothing to look at. ``message_id`` is the queue's, where it came so."""

    event_type: str
    known: bool
    kind: MediaKind | None
    media_id: str | None
    body: Mapping[str, Any] = field(repr=False)
    message_id: str = ""


def read(text: str | bytes, message_id: str = "") -> Notice:
    """An event's JSON text. Raises UnreadableNotice."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableNotice("not JSON") from None
    if not isinstance(parsed, dict):
        raise UnreadableNotice("not an object")
    # Documented samples hold keys and values with trailing blanks.
    body = {key.strip(): value for key, value in parsed.items()}
    event_type = body.get("EventType")
    if not isinstance(event_type, str) or not re.fullmatch(
        r"[A-Za-z0-9]{1,64}", event_type.strip()
    ):
        raise UnreadableNotice("no EventType")
    event_type = event_type.strip()
    kind, media_id = _medium(event_type, body)
    return Notice(event_type, kind is not None, kind, media_id, body, message_id)


def _medium(event_type: str, body: Mapping[str, Any]) -> tuple[MediaKind | None, str | None]:
    if event_type in _OF_VIDEO:
        return "video", _id(body, "VideoId", "MediaId")
    if event_type == "ImageUploadComplete":
        return "image", _id(body, "ImageId")
    if event_type == "AttachedMediaUploadComplete":
        return "attached", _id(body, "AttachedMediaId", "MediaId")
    if event_type in _OF_ANY_MEDIUM:
        said = body.get("MediaType", "video")
        kind = next((k for k in KINDS if isinstance(said, str) and said.strip().lower() == k), None)
        return kind, _id(body, "MediaId", "VideoId", "ImageId")
    return None, None


def _id(body: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = body.get(name)
        if isinstance(value, str) and _ID.fullmatch(value.strip()):
            return value.strip()
    return None


def video_id_in(text: str) -> str:
    """The VideoId in a message of the app's own. Raises ValueError where there is none."""
    parsed = json.loads(text)
    found = _id(parsed, "VideoId") if isinstance(parsed, dict) else None
    if found is None:
        raise ValueError("no VideoId")
    return found


def from_queue(event: Any) -> Iterator[tuple[str, str]]:
    """The messages in what EventBridge hands over: (message id, text).

    CloudEvents of an MNS queue, one or a list; the text plain, or base64 where EventBridge was
    told not to decode it. What is no such event comes out as an empty text, so that its place in
    the list is not passed over in silence.
    """
    for item in event if isinstance(event, list) else [event]:
        data = item.get("data") if isinstance(item, dict) else None
        body = data.get("messageBody") if isinstance(data, dict) else None
        identifier = data.get("messageId") if isinstance(data, dict) else None
        if not identifier and isinstance(item, dict):
            identifier = item.get("id")
        yield str(identifier or ""), _plain(body)


def _plain(body: Any) -> str:
    if isinstance(body, dict):
        return json.dumps(body)
    if not isinstance(body, str):
        return ""
    if body.lstrip().startswith("{"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
