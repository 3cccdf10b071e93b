"""Builds the events that the app receives: CloudEvents 1.0 in structured JSON.

The id of an event is a digest of its type, its media id and confirmed facts. So a repeat has the
same id, and the receiver can drop it. The inputs of an id never change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.alibaba.session import utc_text
from shared.alibaba.vod.records import CREDENTIAL_ENDED, PLAYABLE, UPLOAD_FAILED, Video
from shared.auth.mac import base32, digest
from shared.config.settings import Settings
from shared.uploads.declaration import declaration_of
from shared.uploads.fields import VIDEO_EXTENSIONS, extension

COMPLETIONS = frozenset({"upload.completed", "upload.rejected"})
VERDICTS = frozenset({"video.ready", "video.failed", "video.blocked"})
SETTLING = CREDENTIAL_ENDED
"""Seconds after a completion until every credential for the upload has expired."""

_FAILED = frozenset({UPLOAD_FAILED, "TranscodeFail", "ProduceFail"})
_BLOCKED = "Blocked"


@dataclass(frozen=True)
class Event:
    """A CloudEvent. ``event_id`` is the same for every repeat of the same event."""

    event_id: str
    content: Mapping[str, Any] = field(repr=False)

    @property
    def type(self) -> str:
        """The event's type, such as ``upload.completed``."""
        return str(self.content["type"])


def new_event(
    settings: Settings,
    event_type: str,
    media_id: str,
    facts: tuple[str, ...],
    data: Mapping[str, Any] | None,
    *,
    now: float | None,
    unverified: Mapping[str, Any] | None = None,
) -> Event:
    """A new event about a media.

    ``facts`` go into the id. ``now``: when VOD confirmed them, in epoch seconds; None if it did
    not. ``unverified``: the body of a callback as received.
    """
    identifier = digest(settings.issuer_alias, event_type, media_id, *facts)[:20]
    event_id = f"vp_{base32(identifier)}"
    content: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/vodpass/{settings.issuer_alias}",
        "type": event_type,
        "datacontenttype": "application/json",
        "data": data,
    }
    if media_id:
        content["subject"] = media_id
    if now is not None:
        content["time"] = utc_text(now)
    if unverified is not None:
        # CloudEvents allows only text in an extension attribute.
        content["unverified"] = json.dumps(unverified, ensure_ascii=True)
    return Event(event_id, content)


def video_event(
    settings: Settings, event_type: str, video: Video, unverified: Mapping[str, Any] | None = None
) -> Event:
    """An event about a video, from VOD's description of the video."""
    data = video_data(video, settings)
    if event_type in ("upload.completed", "video.ready"):
        data["Title"] = video.title
    if event_type == "video.ready":
        data["Duration"] = video.duration
        data |= {"CoverURL": video.cover_url} if video.cover_url else {}
    if event_type in COMPLETIONS:
        data |= {"FileMD5": video.file_md5, "SettlesAt": utc_text(video.now + SETTLING)}
    if event_type == "upload.rejected":
        data["Reasons"] = rejection_reasons(video, settings)
    facts: tuple[str, ...] = (str(video.size),)
    if event_type in COMPLETIONS:
        facts += (video.file_md5 or "",)
    video_id, now = video.video_id, video.now
    return new_event(settings, event_type, video_id, facts, data, now=now, unverified=unverified)


def video_data(video: Video, settings: Settings) -> dict[str, Any]:
    """The ``data`` of an event about a video.

    Owner and declarations are null unless ownership mark and MAC both verify.
    """
    declaration = declaration_of(settings, video)
    return {
        "VideoId": video.video_id,
        "Status": video.status,
        "Size": video.size,
        "CreationTime": utc_text(video.created_at),
        "owner": None if declaration is None else declaration.subject,
        "IdempotencyKey": None if declaration is None else declaration.idempotency_key or None,
        "DeclaredFileSize": None if declaration is None else declaration.file_size,
    }


def completion_type(video: Video, settings: Settings) -> str:
    """The event type for a finished upload. ``video`` comes from ``with_source``."""
    return "upload.rejected" if rejection_reasons(video, settings) else "upload.completed"


def rejection_reasons(video: Video, settings: Settings) -> list[str]:
    """The ``Reasons`` why a file is not what was declared or allowed; empty if it is."""
    declaration = declaration_of(settings, video)
    size = None if declaration is None else declaration.file_size
    found = ["MaxFileSize"] if video.size > settings.max_file_size else []
    if video.size_known and video.size == 0:
        found.append("EmptyFile")
    if size not in (None, video.size):
        found.append("FileSize")
    ending = extension(video.file_name)
    wanted = VIDEO_EXTENSIONS if declaration is None else {declaration.extension}
    # VOD may store a file under a name without an extension.
    if ending and ending not in wanted:
        found.append("FileName")
    return found


def result_types(status: str) -> list[str]:
    """The event types for the result of processing; empty while VOD still processes the video."""
    if status == PLAYABLE:
        return ["video.ready"]
    if status in _FAILED:
        return ["video.failed"]
    return ["video.blocked"] if status == _BLOCKED else []
