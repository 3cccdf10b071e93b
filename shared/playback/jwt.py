"""JWTPlayAuth: a credential to play one video, signed here with the application's PlayKey.

It needs no call to VOD. The form, and how VOD verifies it, are from VOD's help page "Playback
authentication solutions". Two points are guesses. VOD may have a clock that is behind this one, so
``currentTimeStamp`` lies a little in the past. And an empty ``playContentInfo`` leaves every choice
to the player.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from shared.alibaba.session import utc_text
from shared.alibaba.vod.records import Video
from shared.auth.mac import base64url
from shared.config.settings import Settings
from shared.errors import Misconfigured

BACKDATED = 30  # seconds that currentTimeStamp lies in the past

_HEADER = base64url(b'{"alg":"HS256","typ":"JWT"}')


def sign(settings: Settings, video_id: str, now: float, timeout: int) -> str:
    """A JWTPlayAuth that is valid from a little before ``now`` until ``timeout`` seconds after it.

    ``now``: epoch seconds. Raises Misconfigured without a PlayKey.
    """
    if not settings.play_key:
        raise Misconfigured("A setting of the function is missing or wrong.")
    claims = {
        "appId": settings.application,
        "videoId": video_id,
        "currentTimeStamp": int((now - BACKDATED) * 1000),
        "expireTimeStamp": int((now + timeout) * 1000),
        "regionId": settings.region,
        "playContentInfo": play_content_info(settings),
    }
    payload = json.dumps(claims, separators=(",", ":")).encode("ascii")
    signed = f"{_HEADER}.{base64url(payload)}"
    mac = hmac.digest(settings.play_key.encode("ascii"), signed.encode("ascii"), "sha256")
    return f"{signed}.{base64url(mac)}"


def _play_config(settings: Settings) -> str:
    """GetPlayInfo's PlayConfig, JSON text. No page shows it in playContentInfo: this is a guess."""
    if not settings.play_domain_signed:
        return ""
    return json.dumps({"PlayDomain": settings.play_domain}, separators=(",", ":"))


def play_content_info(settings: Settings) -> dict[str, Any]:
    """What the deployment fixes for the player: GetPlayInfo's parameters in lower camel case."""
    chosen = {
        "formats": settings.play_formats,
        "definition": settings.play_definition,
        "streamType": settings.play_stream_type,
        "authTimeout": settings.play_auth_timeout,
        "playConfig": _play_config(settings),
    }
    return {name: value for name, value in chosen.items() if value}


def members(
    settings: Settings, video_id: str, now: float, timeout: int, video: Video | None
) -> Mapping[str, Any]:
    """The members of the answer. ``video``: what VOD said about it, if VOD was asked."""
    answer: dict[str, Any] = {
        "PlayAuth": sign(settings, video_id, now, timeout),
        "Method": "JWTPlayAuth",
        "ExpireUTCTime": utc_text(now + timeout),
        "ExpiresIn": timeout,
    }
    if video is not None:
        answer["VideoMeta"] = video_meta(video)
    return answer


def video_meta(video: Video) -> dict[str, Any]:
    """VideoMeta in the form of GetVideoPlayAuth's answer. Without a cover there is no CoverURL."""
    meta: dict[str, Any] = {
        "VideoId": video.video_id,
        "Title": video.title,
        "Status": video.status,
        "Duration": video.duration,
    }
    return {**meta, "CoverURL": video.cover_url} if video.cover_url else meta
