"""Decides whether a callback about a video is confirmed, by its type and the Status of the video.

VOD may send a callback before it changes the Status. So a callback that announces a final Status
has to wait until VOD shows it. A callback that proves nothing becomes a ``vod.event``, which only
says that it came. `docs/events.md` shows this table, and tests compare the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from shared.alibaba.vod.records import AWAITING_FILE

Decision = Literal["confirmed", "wait", "vod.event"]

UPLOADS = frozenset({"FileUploadComplete", "UploadByURLComplete"})

_ON_THE_WAY = frozenset({AWAITING_FILE, "UploadSucc", "Transcoding"})
_DECIDED = frozenset(
    {"Normal", "Blocked", "UploadFail", "TranscodeFail", "ProduceFail"}
)  # what `event.result_types` has a type for

_WAITS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(UPLOADS, frozenset({AWAITING_FILE})),
    "TranscodeComplete": _ON_THE_WAY,
    "WorkflowTaskComplete": _ON_THE_WAY,
    # One stream of several: the video may stay in Transcoding for long.
    "StreamTranscodeComplete": frozenset({AWAITING_FILE}),
    "ProduceMediaComplete": frozenset({AWAITING_FILE}),
    # A review says nothing about transcoding.
    "CreateAuditComplete": frozenset(),
    "AIMediaAuditComplete": frozenset(),
}
"""Type of a callback after which a video may be ready, failed or blocked -> each Status that has
to change first."""


def decide(event_type: str, status: str) -> Decision:
    """Whether a callback of this type is confirmed, has to wait, or becomes a ``vod.event``."""
    waits = _WAITS.get(event_type)
    if waits is None:
        return "vod.event"
    if status in waits:
        return "wait"
    return "confirmed" if event_type in UPLOADS or status in _DECIDED else "vod.event"
