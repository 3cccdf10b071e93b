"""Turns callbacks of VOD into events that an app can trust.

A callback only says where to look. One read of VOD returns the facts, and the event is made from
these alone. A forged callback about something true leads to the same event id, which a receiver
drops. A false callback leads to no event. The callback itself is passed on under
``unverified``.
"""

from __future__ import annotations

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import AWAITING_FILE, UPLOAD_FAILED, OtherMedia, Video
from shared.auth.mac import base64url, canonical, digest
from shared.config.settings import Settings
from shared.events.callback import KINDS, Callback, MediaKind
from shared.events.confirmation import UPLOADS, decide
from shared.events.event import Event, completion, data_of, event, of_video, verdict

_OTHER_UPLOADS = frozenset({"ImageUploadComplete", "AttachedMediaUploadComplete"})
_DELETIONS = frozenset({"DeleteMediaComplete", "MediaBaseChangeComplete"})


class NotConfirmed(Exception):
    """VOD does not confirm the callback, or not yet. ``video``: the one to check again."""

    def __init__(self, video: Video | None = None) -> None:
        super().__init__("VOD does not confirm the callback")
        self.video = video


def announce(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    """The events that a callback leads to, perhaps none. Raises NotConfirmed or a Refusal."""
    if callback.media_id is None:
        return [_unconfirmed(callback, settings)]
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
    facts = (media.status,) if uploaded else (*_noticed(callback), media.status)
    return [event(settings, kind, media.media_id, facts, data, media.now, callback.body)]


def _read_other(vod: Vod, kind: MediaKind | None, media_id: str) -> OtherMedia:
    return vod.image(media_id) if kind == "image" else vod.attached_media(media_id)


def _of_video(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    video = vod.video(video_id=callback.media_id)
    decision = decide(callback.event_type, video.status)
    if decision == "wait":
        raise NotConfirmed(video)
    kinds = []
    if callback.event_type in UPLOADS and video.status != UPLOAD_FAILED:
        video = vod.with_source(video)
        if not video.size_known:
            raise NotConfirmed(video)
        kinds.append(completion(video, settings))
    if decision == "confirmed":
        kinds += verdict(video.status)
    if not kinds:
        facts = (*_noticed(callback), video.status, str(video.size))
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


def _unconfirmed(callback: Callback, settings: Settings) -> Event:
    """The event for a callback that names no media in a known way. Nothing is confirmed."""
    return event(settings, "vod.event", "", _noticed(callback), None, None, callback.body)


def _noticed(callback: Callback) -> tuple[str, str]:
    """The type and a digest of the body: facts of an event whose content is the callback itself.

    VOD's signature does not cover the body. So the body is part of the id: a changed copy of a
    captured callback cannot use the id of a genuine one.
    """
    body = {str(name): value for name, value in callback.body.items()}
    return callback.event_type, base64url(digest(canonical(body)))
