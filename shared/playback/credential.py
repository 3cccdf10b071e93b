"""Whether a video may be played now, and the PlayAuth that VOD issues for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.alibaba.session import utc_text
from shared.alibaba.vod.records import MAY_BECOME_PLAYABLE, PLAYABLE, PlayCredential, Video
from shared.auth.caller import Caller
from shared.auth.ownership import owns
from shared.config.settings import Settings
from shared.errors import Forbidden, NotConfigured, VideoNotFound, VideoNotReady
from shared.web import fields

PLAY_AUTH, JWT_PLAY_AUTH = "PlayAuth", "JWTPlayAuth"
"""The methods: a credential from VOD, or one that is signed here."""

SHORTEST = 100  # seconds; VOD's minimum and default

RETRY_SOONEST, RETRY_LATEST = 10, 300  # seconds, while a video may still become playable
WAITING_ENDS = 48 * 3600  # seconds of age; a video that is not playable by then stays so

method: fields.Check = partial(fields.choice, choices=(PLAY_AUTH, JWT_PLAY_AUTH))
"""Checks the field ``Method``."""


def require_offered(settings: Settings, wanted: str) -> None:
    """Raises NotConfigured unless the deployment offers the method."""
    if wanted == JWT_PLAY_AUTH and not settings.play_key:
        raise NotConfigured(JWT_PLAY_AUTH)


def require_may_play_own(caller: Caller) -> None:
    """Raises Forbidden if the token excludes the caller's own videos.

    It is decided by the token alone: the answer does not show whether a video exists.
    """
    if not caller.may_play_own:
        raise Forbidden("The vod claim of the token does not open this video.")


def require_playable(settings: Settings, caller: Caller, video: Video) -> None:
    """Raises VideoNotFound unless the video is the caller's, VideoNotReady unless it is Normal."""
    if not owns(settings, caller.owner, video.reference_id):
        raise VideoNotFound
    if video.status != PLAYABLE:
        raise not_ready(video)


def not_ready(video: Video) -> VideoNotReady:
    """The refusal of a video that is not playable, and when to ask again."""
    if video.status == PLAYABLE:
        # It became playable between VOD's refusal and this look.
        return VideoNotReady(video.status, RETRY_SOONEST)
    # The older a video, the longer its processing takes. An upload that was given up, or a format
    # that VOD only stores, stays in its state for ever.
    waits = video.status in MAY_BECOME_PLAYABLE and video.age < WAITING_ENDS
    retry_after = min(max(RETRY_SOONEST, int(video.age) // 20), RETRY_LATEST)
    return VideoNotReady(video.status, retry_after if waits else None)


def members(settings: Settings, credential: PlayCredential) -> Mapping[str, Any]:
    """The members of the answer that carries a PlayAuth."""
    found = {
        "PlayAuth": credential.play_auth,
        "VideoMeta": credential.video_meta,
        "ExpireUTCTime": utc_text(credential.expires_at),
        "ExpiresIn": credential.expires_in,
    }
    if settings.play_domain:
        # A hint for the player: the credential opens the video on every domain.
        found["PlayConfig"] = {"PlayDomain": settings.play_domain}
    return found
