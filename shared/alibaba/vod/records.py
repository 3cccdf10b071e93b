"""Videos, other media and credentials, as read from the answers of VOD."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.alibaba.session import OperationAnswer, epoch, required_text
from shared.alibaba.vod.codes import NotFoundAtVod
from shared.errors import UpstreamError

CREDENTIAL_LIFE = 3000  # seconds that VOD's documentation promises; what clients are told
LONGEST_CREDENTIAL_LIFE = 3600  # seconds that real credentials were seen to live
CREDENTIAL_ENDED = LONGEST_CREDENTIAL_LIFE + 60
"""Seconds after which an upload credential has expired for certain, so that the file is settled; 60
are for differing clocks."""

MAX_DURATION = 10.0**9
"""Seconds. JSON has no infinity, and no video is this long."""

AWAITING_FILE = "Uploading"
UPLOAD_FAILED = "UploadFail"
PLAYABLE = "Normal"
MAY_BECOME_PLAYABLE = frozenset({"Uploading", "UploadSucc", "Transcoding", "Checking"})


@dataclass(frozen=True)
class Video:
    """A video, as VOD describes it.

    ``size`` is in bytes, and 0 if VOD does not give it (``size_known``). ``created_at``,
    ``modified_at`` and ``now`` (when VOD answered) are epoch seconds by VOD's clock. VOD documents
    ``modified_at`` as the last update, without saying what counts as one. ``duration`` is in
    seconds. Only ``with_source`` fills ``file_md5`` and ``file_name``.
    """

    video_id: str
    status: str
    reference_id: str | None
    user_data: str | None = field(repr=False)
    size: int
    created_at: float
    now: float
    modified_at: float | None = None
    file_md5: str | None = None
    file_name: str = ""
    size_known: bool = True
    title: str = ""
    duration: float = 0.0
    cover_url: str = ""
    app_id: str = ""

    @property
    def age(self) -> float:
        """Seconds since VOD created the video, by VOD's clock."""
        return self.now - self.created_at


@dataclass(frozen=True)
class Videos:
    """Videos by their ids, the ids that VOD does not have, and when VOD answered."""

    by_id: Mapping[str, Video]
    absent: frozenset[str]
    now: float

    def require(self, video_id: str) -> Video:
        """The video. Raises NotFoundAtVod, or UpstreamError if VOD said nothing about it."""
        if video_id in self.by_id:
            return self.by_id[video_id]
        if video_id in self.absent:
            raise NotFoundAtVod
        raise UpstreamError("VOD's answer lacks this video.")


@dataclass(frozen=True)
class OtherMedia:
    """An image or attached media. ``now`` is epoch seconds by VOD's clock."""

    media_id: str
    status: str
    now: float


@dataclass(frozen=True)
class UploadCredential:
    """A credential for one upload. ``expires_at`` is epoch seconds by VOD's clock."""

    media_id: str
    upload_address: str = field(repr=False)
    upload_auth: str = field(repr=False)
    expires_at: float
    expires_in: int
    urls: Mapping[str, str] = field(default_factory=dict)
    """For images and attached media: the URLs that the file will have."""


@dataclass(frozen=True)
class PlayCredential:
    """A credential to play one video. ``expires_at`` is epoch seconds by VOD's clock."""

    play_auth: str = field(repr=False)
    video_meta: Mapping[str, Any] = field(repr=False)
    expires_at: float
    expires_in: int


def video(info: Any, now: float) -> Video:
    """The video in a part of an answer. Raises UpstreamError."""
    if not isinstance(info, dict):
        raise UpstreamError("VOD's answer lacks Video.")
    created_at = epoch(info.get("CreationTime"))
    if created_at is None:
        raise UpstreamError("VOD's answer lacks a CreationTime.")
    reference_id, user_data, size = info.get("ReferenceId"), info.get("UserData"), info.get("Size")
    return Video(
        required_text(info, "VideoId"),
        required_text(info, "Status"),
        reference_id if isinstance(reference_id, str) else None,
        user_data if isinstance(user_data, str) else None,
        _bytes(size),
        created_at,
        now,
        epoch(info.get("ModificationTime")),
        size_known=_is_size(size),
        title=_text(info.get("Title")),
        duration=_seconds(info.get("Duration")),
        cover_url=_cover(info.get("CoverURL")),
        app_id=_text(info.get("AppId")),
    )


def videos(answer: OperationAnswer) -> Videos:
    """The videos of an answer of GetVideoInfos. Raises UpstreamError if there is no list."""
    listed, absent = answer.body.get("VideoList"), answer.body.get("NonExistVideoIds") or []
    if not isinstance(listed, list) or not isinstance(absent, list):
        raise UpstreamError("VOD's answer lacks VideoList.")
    by_id = {one.video_id: one for info in listed if (one := _readable(info, answer.now))}
    return Videos(by_id, frozenset(item for item in absent if isinstance(item, str)), answer.now)


def with_source(known: Video, answer: OperationAnswer) -> Video:
    """The video with its file's size, MD5 and name, from GetMezzanineInfo. Raises UpstreamError."""
    found = answer.body.get("Mezzanine")
    if not isinstance(found, dict) or found.get("VideoId") != known.video_id:
        raise UpstreamError("VOD's answer lacks Mezzanine.")
    size, md5, name = found.get("Size"), found.get("FileMD5"), found.get("FileName")
    return replace(
        known,
        size=_bytes(size) or known.size,
        size_known=known.size_known or _is_size(size),
        file_md5=md5.lower() if isinstance(md5, str) and md5 else None,
        file_name=name if isinstance(name, str) else "",
        now=answer.now,
    )


def _readable(info: Any, now: float) -> Video | None:
    """The video; None if it cannot be read. The others of its list can still be used."""
    try:
        return video(info, now)
    except UpstreamError:
        return None


def page(answer: OperationAnswer) -> tuple[list[Video | None], int]:
    """The videos of a page, None for an unreadable one, and the total. Raises UpstreamError."""
    total, listed = answer.body.get("Total"), answer.body.get("VideoList") or {}
    videos = listed.get("Video") if isinstance(listed, dict) else None
    if not isinstance(total, int) or not isinstance(videos or [], list):
        raise UpstreamError("VOD's answer lacks Total or a list of videos.")
    return [_readable(info, answer.now) for info in videos or []], total


def upload_credential(answer: OperationAnswer, id_name: str) -> UploadCredential:
    """The upload credential in an answer. ``id_name`` names its media id. Raises UpstreamError."""
    body, now = answer.body, answer.now
    address, auth = required_text(body, "UploadAddress"), required_text(body, "UploadAuth")
    inner = _decoded(auth, "AccessKeyId", "AccessKeySecret", "SecurityToken")
    # Official clients hang on a malformed pair, so refuse it here.
    if "Expiration" not in inner:
        raise UpstreamError("VOD's UploadAuth cannot be used.", effect="unknown")
    if not _decoded(address, "Endpoint", "Bucket", "FileName"):
        raise UpstreamError("VOD's UploadAddress cannot be used.", effect="unknown")
    # The documentation promises 3000 s. If the credential itself says less, that counts.
    expires_at = min(now + CREDENTIAL_LIFE, epoch(inner.get("ExpireUTCTime")) or float("inf"))
    expires_in = max(0, int(expires_at - now))
    names = ("ImageURL", "MediaURL", "FileURL")
    urls = {name: body[name] for name in names if isinstance(body.get(name), str)}
    return UploadCredential(
        required_text(body, id_name), address, auth, expires_at, expires_in, urls
    )


def play_credential(answer: OperationAnswer, video_id: str, timeout: int) -> PlayCredential:
    """The play credential in an answer, valid for ``timeout`` seconds. Raises UpstreamError."""
    meta = answer.body.get("VideoMeta")
    if not isinstance(meta, dict) or meta.get("VideoId") != video_id:
        raise UpstreamError("VOD's answer lacks VideoMeta.")
    meta = {name: value for name, value in meta.items() if name != "CoverURL" or _cover(value)}
    # VOD started the credential's time at some moment of the call. Count from before the call.
    expires_at = answer.now - answer.took + timeout
    expires_in = int(expires_at - answer.now)
    return PlayCredential(required_text(answer.body, "PlayAuth"), meta, expires_at, expires_in)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bytes(value: Any) -> int:
    return int(value) if _is_size(value) else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _cover(value: Any) -> str:
    """The CoverURL, or "" if it names no public host: a caller of VOD may have chosen it."""
    if not isinstance(value, str) or not value:
        return ""
    from shared.web.public_url import is_public  # few videos have a cover that is read

    return value if is_public(value) else ""


def _seconds(value: Any) -> float:
    """A Duration: a float in GetVideoInfo, text in other operations. 0.0 for anything else."""
    try:
        seconds = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return seconds if 0.0 <= seconds < MAX_DURATION else 0.0


def _decoded(value: str, *names: str) -> Mapping[str, Any]:
    """The JSON object in a base64 text. Empty if it is none, or lacks one of ``names``."""
    try:
        decoded = json.loads(base64.b64decode(value, validate=True))
    except (ValueError, RecursionError):
        return {}
    sound = isinstance(decoded, dict) and all(_text(decoded.get(name)) for name in names)
    return decoded if sound else {}
