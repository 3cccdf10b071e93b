"""Turns callbacks of VOD into events that an app can trust.

A callback only says where to look. `events` reads the media from VOD and makes the event from that
answer alone. So a false callback leads to no event. A forged one about something true leads to the
same event id, which a receiver drops. The callback itself is passed on under ``unverified``.
"""

from __future__ import annotations

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import AWAITING_FILE, UPLOAD_FAILED, OtherMedia, Video
from shared.auth.mac import base64url, canonical, digest
from shared.config.settings import Settings
from shared.events.callback import MEDIA_TYPES, Callback, MediaType
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
        if callback.media_type == "video":
            return _about_video(callback, vod, settings)
        media = _read_other(vod, callback.media_type, callback.media_id)
    except NotFoundAtVod:
        return _about_absent(callback, vod, settings)
    uploaded = callback.event_type in _OTHER_UPLOADS
    if uploaded and media.status == AWAITING_FILE:
        raise NotConfirmed
    name = "ImageId" if callback.media_type == "image" else "MediaId"
    data = {name: media.media_id, "Status": media.status}
    event_type = "media.completed" if uploaded else "vod.event"
    facts = (media.status,) if uploaded else (*_facts_of(callback), media.status)
    media_id, now, body = media.media_id, media.now, callback.body
    return [event(settings, event_type, media_id, facts, data, now=now, unverified=body)]


def _unconfirmed(callback: Callback, settings: Settings) -> Event:
    """The event for a callback that names no media in a known way. Nothing is confirmed."""
    facts = _facts_of(callback)
    return event(settings, "vod.event", "", facts, None, now=None, unverified=callback.body)


def _about_video(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    video = vod.video(video_id=callback.media_id)
    decision = decide(callback.event_type, video.status)
    if decision == "wait":
        raise NotConfirmed(video)
    event_types = []
    if callback.event_type in UPLOADS and video.status != UPLOAD_FAILED:
        video = vod.with_source(video)
        if not video.size_known:
            raise NotConfirmed(video)
        event_types.append(completion(video, settings))
    if decision == "confirmed":
        event_types += verdict(video.status)
    if not event_types:
        facts = (*_facts_of(callback), video.status, str(video.size))
        data, now, body = data_of(video, settings), video.now, callback.body
        return [event(settings, "vod.event", video.video_id, facts, data, now=now, unverified=body)]
    return [of_video(settings, event_type, video, callback.body) for event_type in event_types]


def _read_other(vod: Vod, media_type: MediaType | None, media_id: str) -> OtherMedia:
    return vod.image(media_id) if media_type == "image" else vod.attached_media(media_id)


def _about_absent(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    """The event for media that VOD no longer has.

    There is one only if the callback announced a deletion, and if no media of another type has the
    id: a callback that names the wrong type would find nothing either.
    """
    if callback.event_type not in _DELETIONS or callback.media_id is None:
        return []
    for other in MEDIA_TYPES:
        if other != callback.media_type and _exists(vod, other, callback.media_id):
            return []
    media_id, media_type, body = callback.media_id, callback.media_type, callback.body
    facts, data = (str(media_type),), {"MediaId": media_id, "MediaType": media_type}
    return [event(settings, "media.deleted", media_id, facts, data, now=None, unverified=body)]


def _exists(vod: Vod, media_type: MediaType, media_id: str) -> bool:
    try:
        if media_type == "video":
            vod.video(video_id=media_id)
        else:
            _read_other(vod, media_type, media_id)
    except NotFoundAtVod:
        return False
    return True


def _facts_of(callback: Callback) -> tuple[str, str]:
    """The type and a digest of the body: facts of an event whose content is the callback itself.

    VOD's signature does not cover the body. So the body is part of the id: a changed copy of a
    captured callback cannot use the id of a genuine one.
    """
    body = {str(name): value for name, value in callback.body.items()}
    return callback.event_type, base64url(digest(canonical(body)))
