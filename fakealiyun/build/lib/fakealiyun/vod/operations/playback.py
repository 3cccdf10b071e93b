"""GetVideoPlayAuth and GetPlayInfo: playback of one asset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import errors, parameters, play_credential, wire
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.operations.info import url_seconds

_FORMATS = ("mp4", "m3u8", "mp3", "flv", "mpd", "webm")
_DEFINITIONS = ("FD", "LD", "SD", "HD", "OD", "2K", "4K", "SQ", "HQ", "AUTO")


class PlaybackOperations:
    """The operations that issue and accept playback credentials."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "GetVideoPlayAuth": Operation(
                self.get_video_play_auth,
            ),
            "GetPlayInfo": Operation(
                self.get_play_info,
                web=True,
            ),
        }

    def get_video_play_auth(self, call: Call) -> Mapping[str, Any]:
        """A PlayAuth for one Normal asset."""
        given = call.parameters
        timeout = parameters.integer(
            given, "AuthInfoTimeout", play_credential.MIN_TIMEOUT, play_credential.MAX_TIMEOUT
        )
        parameters.choice(given, "ApiVersion", ("1.0.0",))
        media = self._account.find(call)
        if media.status != "Normal":
            raise errors.illegal_status()
        return {
            "PlayAuth": self._account.play_auth(media, timeout or play_credential.DEFAULT_TIMEOUT),
            "VideoMeta": play_credential.video_meta(media),
        }

    def get_play_info(self, call: Call) -> Mapping[str, Any]:
        """The streams of one Normal asset, for a server or for a client with a PlayAuth."""
        given = call.parameters
        self._check_auth_info(call)
        media = self._account.find(call)
        seconds = url_seconds(given)
        wanted = _StreamFilter(given)
        if media.status != "Normal":
            raise errors.illegal_status_now(media.status)
        domain = wanted.domain if wanted.domain in self._account.settings.play_domains else None
        url = self._account.object_url(media, seconds, domain)
        infos = [wire.play_info(media, s, url) for s in media.streams]
        infos = [info for info in infos if wanted.includes(info)]
        if not infos:
            raise errors.no_stream()
        return {"VideoBase": wire.video_base(media), "PlayInfoList": {"PlayInfo": infos}}

    def _check_auth_info(self, call: Call) -> None:
        """Check AuthInfo. Keys from a PlayAuth need it, and are valid for one video."""
        given, bound_to = call.parameters, call.caller.media_id
        if bound_to is None:
            if parameters.optional(given, "AuthInfo") is not None:
                raise errors.auth_info_signature()
            return
        video_id = parameters.required(given, "VideoId")
        auth_info = parameters.optional(given, "AuthInfo")
        if auth_info is None:
            raise missing("AuthInfo")
        self._account.check_play_auth(auth_info, call.caller, video_id)


class _StreamFilter:
    """The filters of GetPlayInfo. Raises ApiError for unknown values, except of Definition."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._formats = parameters.choices(given, "Formats", _FORMATS)
        listed = (parameters.optional(given, "Definition") or "").split(",")
        self._definitions = [name for name in listed if name in _DEFINITIONS] or None
        self._codecs = parameters.optional(given, "CodecName")
        self._types = parameters.choices(given, "StreamType", ("video", "audio"))
        parameters.choice(given, "ResultType", ("Single", "Multiple"))
        _object(given, "ReAuthInfo")
        domain = _object(given, "PlayConfig").get("PlayDomain")
        if domain is not None and not isinstance(domain, str):
            raise invalid("PlayConfig", "PlayDomain as text")
        self.domain: str | None = domain
        """The domain that the caller prefers."""

    def includes(self, info: Mapping[str, Any]) -> bool:
        return (
            (self._formats is None or info["Format"] in self._formats)
            and (
                self._definitions is None
                or "AUTO" in self._definitions
                or info["Definition"] in self._definitions
            )
            and (self._types is None or info["StreamType"] in self._types)
            and (self._codecs is None or info["CodecName"] in self._codecs.split(","))
        )


def _object(given: Mapping[str, str], name: str) -> dict[str, Any]:
    text = parameters.optional(given, name)
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise invalid(name, "JSON of an object")
    return value
