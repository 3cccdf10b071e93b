"""From VOD's notices to events an app can trust.

A notice only says where to look. One read of VOD tells what is so, and from that alone come an
event's type, its ``data`` and its id: a digest of type, medium and confirmed facts. A repeat, or
a forged notice of something true, yields the same id, which a receiver drops; a notice of
something untrue yields nothing. What was received is passed on under ``unverified``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from shared.alibaba.client import utc_text
from shared.alibaba.vod import (
    AWAITING_FILE,
    CREDENTIAL_LIFE,
    PLAYABLE,
    UPLOAD_FAILED,
    IllegalStatus,
    Medium,
    NotFoundAtVod,
    Video,
    Vod,
)
from shared.auth import ownership as owner
from shared.auth.ownership import Extend, Owner
from shared.config.settings import Settings
from shared.events.callback import KINDS, MediaKind, Notice
from shared.events.recheck import COMPLETIONS, FirstLook
from shared.events.webhook import Event
from shared.uploads import fields as media

SETTLING = CREDENTIAL_LIFE + 60
"""Seconds after a completion until no credential for the upload is alive, and the file settled."""

_FAILED = frozenset({UPLOAD_FAILED, "TranscodeFail", "ProduceFail"})
_BLOCKED = "Blocked"
_UPLOADS = frozenset({"FileUploadComplete", "UploadByURLComplete"})
_OTHER_UPLOADS = frozenset({"ImageUploadComplete", "AttachedMediaUploadComplete"})
_DELETIONS = frozenset({"DeleteMediaComplete", "MediaBaseChangeComplete"})
_DECIDING = _UPLOADS | {
    "StreamTranscodeComplete",
    "TranscodeComplete",
    "CreateAuditComplete",
    "AIMediaAuditComplete",
    "ProduceMediaComplete",
}
"""Notices after which a video may be ready, failed or blocked."""


class NotConfirmed(Exception):
    """VOD does not (yet) confirm what the notice says."""


def announce(notice: Notice, vod: Vod, settings: Settings) -> list[Event]:
    """The events a notice leads to, perhaps none. Raises NotConfirmed, or a Refusal."""
    try:
        return _announce(notice, vod, settings)
    except IllegalStatus:
        raise NotConfirmed from None


def _announce(notice: Notice, vod: Vod, settings: Settings) -> list[Event]:
    if not notice.known:
        return [_unknown(notice, settings)] if notice.message_id else []
    if notice.media_id is None:
        return []
    try:
        if notice.kind == "video":
            return _of_video(notice, vod, settings)
        medium = _read_other(vod, notice.kind, notice.media_id)
    except NotFoundAtVod:
        return _of_nothing(notice, vod, settings)
    uploaded = notice.event_type in _OTHER_UPLOADS
    if uploaded and medium.status == AWAITING_FILE:
        raise NotConfirmed
    name = "ImageId" if notice.kind == "image" else "MediaId"
    data = {name: medium.media_id, "Status": medium.status}
    kind = "media.completed" if uploaded else "vod.event"
    facts = (medium.status,) if uploaded else (notice.event_type, medium.status)
    return [event(settings, kind, medium.media_id, facts, data, medium.now, notice.body)]


def _read_other(vod: Vod, kind: MediaKind | None, media_id: str) -> Medium:
    return vod.image(media_id) if kind == "image" else vod.attached_media(media_id)


def _of_video(notice: Notice, vod: Vod, settings: Settings) -> list[Event]:
    video = vod.video(video_id=notice.media_id)
    if notice.event_type in _UPLOADS and video.status == AWAITING_FILE:
        raise NotConfirmed
    kinds = []
    if notice.event_type in _UPLOADS and video.status != UPLOAD_FAILED:
        video = vod.with_source(video)
        kinds.append(completion(video, settings))
    if notice.event_type in _DECIDING:
        kinds += verdict(video.status)
    if not kinds:
        facts = (notice.event_type, video.status, str(video.size))
        data = data_of(video, settings)
        return [event(settings, "vod.event", video.video_id, facts, data, video.now, notice.body)]
    return [of_video(settings, kind, video, notice.body) for kind in kinds]


def completion(video: Video, settings: Settings) -> str:
    """Whether a finished upload is what was declared and allowed, as an event's type. ``video``
    is one ``with_source``."""
    return "upload.rejected" if misfits(video, settings) else "upload.completed"


def misfits(video: Video, settings: Settings) -> list[str]:
    """In what a file differs from what was declared or is allowed."""
    declared = sealed(video, settings)
    size = None if declared is None else declared.file_size
    found = ["MaxFileSize"] if video.size > settings.max_file_size else []
    if size not in (None, video.size):
        found.append("FileSize")
    kind = media.extension(video.file_name)
    wanted = media.VIDEO_EXTENSIONS if declared is None else {declared.extension}
    # VOD may keep a file under a name that tells no type.
    if kind and kind not in wanted:
        found.append("FileName")
    return found


def verdict(status: str) -> list[str]:
    """What has become of a video, as the event's type; nothing while it is under way."""
    if status == PLAYABLE:
        return ["video.ready"]
    if status in _FAILED:
        return ["video.failed"]
    return ["video.blocked"] if status == _BLOCKED else []


def settled(first: FirstLook, video: Video, settings: Settings) -> list[Event]:
    """What an app has to know of an upload once it has settled, and may not know yet.

    ``video`` is one ``with_source`` where the file is to be compared. An MD5 that either look lacks
    decides nothing.
    """
    events, kinds = [], []
    rewritten = first.file_md5 is not None and video.file_md5 not in (None, first.file_md5)
    if first.settled and (rewritten or video.size != first.size):
        data = {**data_of(video, settings), "FileMD5": video.file_md5}
        data["Previous"] = {"Size": first.size, "FileMD5": first.file_md5}
        facts = (str(video.size), video.file_md5 or "")
        events = [event(settings, "upload.changed", video.video_id, facts, data, video.now)]
        if misfits(video, settings):
            kinds.append("upload.rejected")
    if events or not verdict(first.status):
        # VOD may have said so by a callback that it has dropped, or never.
        kinds += verdict(video.status)
    return events + [of_video(settings, kind, video) for kind in kinds]


def of_video(
    settings: Settings, kind: str, video: Video, unverified: Mapping[str, Any] | None = None
) -> Event:
    """An event of a video, from what VOD says of it."""
    data = data_of(video, settings)
    if kind in COMPLETIONS:
        data |= {"FileMD5": video.file_md5, "SettlesAt": utc_text(video.now + SETTLING)}
    if kind == "upload.rejected":
        data["Reasons"] = misfits(video, settings)
    facts: tuple[str, ...] = (str(video.size),)
    if kind in COMPLETIONS:
        facts += (video.file_md5 or "",)
    return event(settings, kind, video.video_id, facts, data, video.now, unverified)


def data_of(video: Video, settings: Settings) -> dict[str, Any]:
    """``data`` of a video's event. Owner and declarations are null unless mark and MAC verify."""
    extend = sealed(video, settings)
    return {
        "VideoId": video.video_id,
        "Status": video.status,
        "Size": video.size,
        "CreationTime": utc_text(video.created_at),
        "owner": None if extend is None else extend.subject,
        "IdempotencyKey": None if extend is None else extend.idempotency_key or None,
        "DeclaredFileSize": None if extend is None else extend.file_size,
    }


def sealed(video: Video, settings: Settings) -> Extend | None:
    """What the video's UserData says of its making, where mark and MAC both verify."""
    mark = video.reference_id or ""
    extend = owner.unseal(settings, mark, video.user_data)
    if extend is None:
        return None
    maker = Owner(settings.issuer_alias, extend.subject)
    return extend if owner.owns(settings, maker, mark) else None


def _of_nothing(notice: Notice, vod: Vod, settings: Settings) -> list[Event]:
    """The medium is gone. That is news only where a deletion was announced, and only if the id is
    no other kind of medium's: a notice that names the wrong kind would find nothing either."""
    if notice.event_type not in _DELETIONS or notice.media_id is None:
        return []
    for kind in KINDS:
        if kind != notice.kind and _exists(vod, kind, notice.media_id):
            return []
    data = {"MediaId": notice.media_id, "MediaType": notice.kind}
    facts = (str(notice.kind),)
    return [event(settings, "media.deleted", notice.media_id, facts, data, None, notice.body)]


def _exists(vod: Vod, kind: MediaKind, media_id: str) -> bool:
    try:
        if kind == "video":
            vod.video(video_id=media_id)
        else:
            _read_other(vod, kind, media_id)
    except NotFoundAtVod:
        return False
    return True


def _unknown(notice: Notice, settings: Settings) -> Event:
    """A type that no documentation knows, from the queue: passed on, with nothing confirmed."""
    facts = (notice.message_id,)
    return event(settings, "vod.event", "", facts, None, None, notice.body)


def event(
    settings: Settings,
    kind: str,
    media_id: str,
    facts: tuple[str, ...],
    data: Mapping[str, Any] | None,
    now: float | None,
    unverified: Mapping[str, Any] | None = None,
) -> Event:
    """A CloudEvent (1.0, structured JSON). ``now``: when VOD said so, in epoch seconds."""
    digest = hashlib.sha256()
    for part in (settings.issuer_alias, kind, media_id, *facts):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    event_id = "vp_" + base64.b32encode(digest.digest()[:20]).decode("ascii").lower()
    content: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/vodpass/{settings.issuer_alias}",
        "type": kind,
        "datacontenttype": "application/json",
        "data": data,
    }
    if media_id:
        content["subject"] = media_id
    if now is not None:
        content["time"] = utc_text(now)
    if unverified is not None:
        # An extension attribute may only be text.
        content["unverified"] = json.dumps(unverified, ensure_ascii=True)
    return Event(event_id, content)
