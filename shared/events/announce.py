"""From VOD's callbacks to events that an app can trust.

A callback only says where to look. One read of VOD returns the facts, and the event is made from
these alone. A forged callback about something true leads to the same event id, which a receiver
drops. A callback about something untrue leads to no event. The callback itself is passed on under
``unverified``.
"""

from __future__ import annotations

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import AWAITING_FILE, UPLOAD_FAILED, OtherMedia
from shared.config.settings import Settings
from shared.events.callback import KINDS, Callback, MediaKind
from shared.events.event import Event, completion, data_of, event, of_video, verdict

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
"""Callbacks after which a video may be ready, failed or blocked."""


class NotConfirmed(Exception):
    """VOD does not confirm the callback, or not yet."""


def announce(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    """The events that a callback leads to, perhaps none. Raises NotConfirmed or a Refusal."""
    if not callback.known:
        return [_of_unknown_type(callback, settings)] if callback.message_id else []
    if callback.media_id is None:
        return []
    try:
        if callback.kind == "video":
            return _of_video(callback, vod, settings)
        media = _read_other(vod, callback.kind, callback.media_id)
    except NotFoundAtVod:
        return _of_nothing(callback, vod, settings)
    uploaded = callback.event_type in _OTHER_UPLOADS
    if uploaded and media.status == AWAITING_FILE:
        raise NotConfirmed
    name = "ImageId" if callback.kind == "image" else "MediaId"
    data = {name: media.media_id, "Status": media.status}
    kind = "media.completed" if uploaded else "vod.event"
    facts = (media.status,) if uploaded else (callback.event_type, media.status)
    return [event(settings, kind, media.media_id, facts, data, media.now, callback.body)]


def _read_other(vod: Vod, kind: MediaKind | None, media_id: str) -> OtherMedia:
    return vod.image(media_id) if kind == "image" else vod.attached_media(media_id)


def _of_video(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    video = vod.video(video_id=callback.media_id)
    if callback.event_type in _UPLOADS and video.status == AWAITING_FILE:
        raise NotConfirmed
    kinds = []
    if callback.event_type in _UPLOADS and video.status != UPLOAD_FAILED:
        video = vod.with_source(video)
        kinds.append(completion(video, settings))
    if callback.event_type in _DECIDING:
        kinds += verdict(video.status)
    if not kinds:
        facts = (callback.event_type, video.status, str(video.size))
        data = data_of(video, settings)
        body = callback.body
        return [event(settings, "vod.event", video.video_id, facts, data, video.now, body)]
    return [of_video(settings, kind, video, callback.body) for kind in kinds]


def _of_nothing(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    """The event for media that VOD no longer has.

    There is one only if the callback announced a deletion, and if the id belongs to no other kind
    of media: a callback that names the wrong kind would find nothing either.
    """
    if callback.event_type not in _DELETIONS or callback.media_id is None:
        return []
    for kind in KINDS:
        if kind != callback.kind and _exists(vod, kind, callback.media_id):
            return []
    data = {"MediaId": callback.media_id, "MediaType": callback.kind}
    facts = (str(callback.kind),)
    body = callback.body
    return [event(settings, "media.deleted", callback.media_id, facts, data, None, body)]


def _exists(vod: Vod, kind: MediaKind, media_id: str) -> bool:
    try:
        if kind == "video":
            vod.video(video_id=media_id)
        else:
            _read_other(vod, kind, media_id)
    except NotFoundAtVod:
        return False
    return True


def _of_unknown_type(callback: Callback, settings: Settings) -> Event:
    """The event for a type that VOD does not document, from the queue. Nothing is confirmed."""
    facts = (callback.message_id,)
    return event(settings, "vod.event", "", facts, None, None, callback.body)
