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
from shared.events.event import (
    Event,
    completion_type,
    new_event,
    result_types,
    video_data,
    video_event,
)

_OTHER_UPLOADS = frozenset({"ImageUploadComplete", "AttachedMediaUploadComplete"})
_DELETIONS = frozenset({"DeleteMediaComplete", "MediaBaseChangeComplete"})


class NotConfirmed(Exception):
    """VOD does not confirm the callback, or not yet. ``video``: the one to check again."""

    def __init__(self, video: Video | None = None) -> None:
        super().__init__("VOD does not confirm the callback")
        self.video = video


def events_of(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    """The events that a callback leads to, perhaps none. Raises NotConfirmed or a Refusal."""
    if callback.media_id is None:
        return [_about_nothing_known(callback, settings)]
    try:
        if callback.media_type == "video":
            return _about_video(callback, vod, settings)
        media = _read_other(vod, callback.media_type, callback.media_id)
    except NotFoundAtVod:
        return _about_absent_media(callback, vod, settings)
    return [_about_other_media(callback, media, settings)]


def _about_nothing_known(callback: Callback, settings: Settings) -> Event:
    """The event for a callback that names no media in a known way. Nothing is confirmed."""
    facts = _facts_of(callback)
    return new_event(settings, "vod.event", "", facts, None, now=None, unverified=callback.body)


def _about_video(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
    """The events for a callback about a video. Raises NotFoundAtVod, NotConfirmed or a Refusal."""
    video = vod.video(video_id=callback.media_id)
    decision = decide(callback.event_type, video.status)
    if decision == "wait":
        raise NotConfirmed(video)
    event_types = []
    if callback.event_type in UPLOADS and video.status != UPLOAD_FAILED:
        video = vod.with_source(video)
        if not video.size_known:
            raise NotConfirmed(video)
        event_types.append(completion_type(video, settings))
    if decision == "confirmed":
        event_types += result_types(video.status)
    if event_types:
        return [video_event(settings, one, video, callback.body) for one in event_types]
    facts = (*_facts_of(callback), video.status, str(video.size))
    data, now, body = video_data(video, settings), video.now, callback.body
    return [new_event(settings, "vod.event", video.video_id, facts, data, now=now, unverified=body)]


def _about_other_media(callback: Callback, media: OtherMedia, settings: Settings) -> Event:
    """The event for a callback about an image or attached media. Raises NotConfirmed."""
    event_type: str = "vod.event"
    facts: tuple[str, ...] = (*_facts_of(callback), media.status)
    if callback.event_type in _OTHER_UPLOADS and media.status == AWAITING_FILE:
        raise NotConfirmed
    if callback.event_type in _OTHER_UPLOADS and media.status != UPLOAD_FAILED:
        event_type, facts = "media.completed", (media.status,)
    id_name = "ImageId" if callback.media_type == "image" else "MediaId"
    data = {id_name: media.media_id, "Status": media.status}
    media_id, now, body = media.media_id, media.now, callback.body
    return new_event(settings, event_type, media_id, facts, data, now=now, unverified=body)


def _read_other(vod: Vod, media_type: MediaType | None, media_id: str) -> OtherMedia:
    """An image or attached media. Raises NotFoundAtVod or a Refusal."""
    return vod.image(media_id) if media_type == "image" else vod.attached_media(media_id)


def _about_absent_media(callback: Callback, vod: Vod, settings: Settings) -> list[Event]:
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
    return [new_event(settings, "media.deleted", media_id, facts, data, now=None, unverified=body)]


def _exists(vod: Vod, media_type: MediaType, media_id: str) -> bool:
    """Whether VOD has media of this type with this id."""
    try:
        if media_type == "video":
            vod.video(video_id=media_id)
        else:
            _read_other(vod, media_type, media_id)
    except NotFoundAtVod:
        return False
    return True


def _facts_of(callback: Callback) -> tuple[str, str]:
    """The type of a callback and a digest of its body, for the id of an event that passes it on.

    VOD's signature does not cover the body. So the body is part of the id: a changed copy of a
    captured callback cannot use the id of a genuine one.
    """
    body = {str(name): value for name, value in callback.body.items()}
    return callback.event_type, base64url(digest(canonical(body)))
