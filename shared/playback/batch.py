"""Credentials for several videos in one request: each video gets its own, or its own problem.

However many videos: their owners and states cost one GetVideoInfos, for the videos that the claim
does not name. A JWTPlayAuth costs no further call, a PlayAuth one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import Video, Videos
from shared.auth.caller import Caller
from shared.config.settings import Settings
from shared.errors import (
    Refusal,
    Throttled,
    Upstream,
    UpstreamError,
    UpstreamTimeout,
    VideoNotFound,
    VideoNotReady,
)
from shared.playback import credential, jwt
from shared.runtime.endpoint import Call
from shared.web import fields

LARGEST = 20  # videos; GetVideoInfos accepts no more
AT_ONCE = 5  # calls for a PlayAuth; one request uses at most 5 / 0.1 s = 50 of VOD's 360 a second

Outcome = Mapping[str, Any] | Refusal
"""The members of a credential, or why there is none."""


class NoTimeLeft(Throttled):
    """The time of the whole request was over before VOD answered for this video."""

    def __init__(self) -> None:
        Upstream.__init__(self, "No time was left for this video. Ask for it again.", retry_after=1)


@dataclass(frozen=True)
class Order:
    """What is asked for every video of the request. ``timeout`` is in seconds."""

    method: str
    timeout: int


def video_ids(value: Any) -> list[str]:
    """Checks the field ``VideoIds``: 1 to LARGEST VideoIds, no two alike."""
    allowed = f"must be an array of 1 to {LARGEST} different VideoIds"
    if not isinstance(value, list) or not 1 <= len(value) <= LARGEST:
        raise ValueError(allowed)
    listed = [fields.video_id(item) for item in value]
    if len(set(listed)) != len(listed):
        raise ValueError(allowed)
    return listed


def items(call: Call[Caller], listed: Sequence[str], order: Order) -> list[dict[str, Any]]:
    """The credential or the problem of each video, in the order of ``listed``.

    The log line says how often each code was given.
    """
    vod = Vod(call.session)
    named = [video_id for video_id in listed if call.caller.may_play(video_id)]
    own = _OwnVideos(call, vod, [video_id for video_id in listed if video_id not in named])
    playable = [*named, *own.playable]
    if order.method == credential.JWT_PLAY_AUTH:
        issued: Mapping[str, Outcome] = {
            video_id: jwt.members(
                call.settings, video_id, own.now, order.timeout, own.playable.get(video_id)
            )
            for video_id in playable
        }
    else:
        issued = _play_auths(call.settings, vod, playable, order.timeout)
    outcomes: dict[str, Outcome] = {**own.refused, **issued}
    answered = [{"VideoId": video_id, **_item_members(outcomes[video_id])} for video_id in listed]
    call.log_line.update(item_codes=Counter(item.get("Code", "OK") for item in answered))
    return answered


class _OwnVideos:
    """The videos that are played by ownership: those that may be, and why the others may not.

    ``now``: epoch seconds, by VOD's clock if VOD was asked.
    """

    def __init__(self, call: Call[Caller], vod: Vod, video_ids: Sequence[str]) -> None:
        self.now = time.time()
        self.playable: dict[str, Video] = {}
        self.refused: dict[str, Refusal] = {}
        if not video_ids:
            return
        try:
            credential.require_may_play_own(call.caller)
            found = vod.video_infos(video_ids)
        except Refusal as refusal:
            self.refused = dict.fromkeys(video_ids, refusal)
            return
        self.now = found.now
        for video_id in video_ids:
            judged = _playable_or_refusal(call, found, video_id)
            if isinstance(judged, Refusal):
                self.refused[video_id] = judged
            else:
                self.playable[video_id] = judged


def _playable_or_refusal(call: Call[Caller], found: Videos, video_id: str) -> Video | Refusal:
    """The caller's own playable video, or why it is none."""
    try:
        video = found.require(video_id)
        credential.require_playable(call.settings, call.caller, video)
    except NotFoundAtVod:
        return VideoNotFound()
    except Refusal as refusal:
        return refusal
    return video


def _play_auths(
    settings: Settings, vod: Vod, video_ids: Sequence[str], timeout: int
) -> dict[str, Outcome]:
    """A PlayAuth for each video, AT_ONCE calls at a time."""
    if not video_ids:
        return {}
    # Importing it costs 3 ms, which only these requests pay.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(AT_ONCE, len(video_ids))) as pool:
        asked = pool.map(partial(_play_auth, settings, vod, timeout=timeout), video_ids)
        issued: dict[str, Outcome] = {}
        in_another_state: dict[str, IllegalStatus] = {}
        for video_id, outcome in zip(video_ids, asked, strict=True):
            if isinstance(outcome, IllegalStatus):
                in_another_state[video_id] = outcome
            else:
                issued[video_id] = outcome
    return {**issued, **_refusals(vod, in_another_state)}


def _play_auth(
    settings: Settings, vod: Vod, video_id: str, *, timeout: int
) -> Outcome | IllegalStatus:
    """The PlayAuth of one video, or why there is none. IllegalStatus: because of its state."""
    try:
        return credential.members(settings, vod.play_auth(video_id, timeout))
    except NotFoundAtVod:
        return VideoNotFound()
    except IllegalStatus as fault:
        return fault
    except UpstreamTimeout:
        return NoTimeLeft()
    except Refusal as refusal:
        return refusal


def _refusals(vod: Vod, refused: Mapping[str, IllegalStatus]) -> Mapping[str, Outcome]:
    """The refusal of each video that VOD issued no PlayAuth for, by one more GetVideoInfos."""
    if not refused:
        return {}
    try:
        found = vod.video_infos(list(refused))
    except Refusal as refusal:
        return dict.fromkeys(refused, refusal)
    return {
        video_id: _refusal_in_state(found, video_id, fault) for video_id, fault in refused.items()
    }


def _refusal_in_state(found: Videos, video_id: str, fault: IllegalStatus) -> Refusal:
    """The refusal of one video, by the Status that VOD gives it."""
    try:
        video = found.require(video_id)
        if isinstance(fault, Unusable):
            return VideoNotReady(video.status, None)
        return credential.not_ready(video)
    except NotFoundAtVod:
        return VideoNotFound()
    except UpstreamError as refusal:
        return refusal


def _item_members(outcome: Outcome) -> Mapping[str, Any]:
    """What an item says beside its VideoId: a credential, or a problem."""
    if not isinstance(outcome, Refusal):
        return outcome
    problem = {
        "Code": outcome.code,
        "status": outcome.status,
        "detail": outcome.detail,
        **outcome.members,
    }
    wait = outcome.headers.get("Retry-After")
    return problem if wait is None else {**problem, "RetryAfter": int(wait)}
