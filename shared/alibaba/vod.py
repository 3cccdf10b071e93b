"""The operations of ApsaraVideo VOD (API 2017-03-21) that vodpass needs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.alibaba.client import Answer, Rejected, Service, Session, epoch, text, utc_text
from shared.errors import FieldError, InvalidRequest, Misconfigured, UpstreamError

CREDENTIAL_LIFE = 3000  # seconds an upload credential lives, by VOD's documentation
PAGE_SIZE = 100  # videos; VOD's own maximum
AWAITING_FILE = "Uploading"
UPLOAD_FAILED = "UploadFail"
PLAYABLE = "Normal"
MAY_BECOME_PLAYABLE = frozenset({"Uploading", "UploadSucc", "Transcoding", "Checking"})

_LOOK_UP_SHARE = 0.3  # of the time left, kept back from a create to find out what became of it


class NotFoundAtVod(Exception):
    """VOD knows no such video."""


class IllegalStatus(Exception):
    """VOD does not do this in the video's present Status."""


@dataclass(frozen=True)
class Video:
    """What VOD says of a video: ``size`` in bytes, ``created_at`` and ``now`` (when it said so)
    in epoch seconds by VOD's own clock. ``modified_at``, where VOD tells it, is what its
    documentation calls the last update; what counts as one is not said. Only ``with_source``
    tells the file's MD5 and name."""

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

    @property
    def age(self) -> float:
        """Seconds since VOD made the video, by VOD's own clock."""
        return self.now - self.created_at


@dataclass(frozen=True)
class Medium:
    """What VOD says of an image or attached medium; ``now`` is epoch seconds by VOD's clock."""

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
    """Images and attached media: the URLs where the file will be."""


@dataclass(frozen=True)
class PlayCredential:
    """A credential to play one video."""

    play_auth: str = field(repr=False)
    video_meta: Mapping[str, Any] = field(repr=False)
    expires_at: float
    expires_in: int


class Vod:
    """VOD within one invocation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create_upload_video(self, fields: Mapping[str, Any]) -> UploadCredential:
        """CreateUploadVideo, sent once and never again: a repeat would make a second video.

        ``fields`` are VOD's parameters in the SDK's spelling. Raises Rejected, or a Refusal
        whose ``effect`` tells whether the video may exist all the same.
        """
        return self._create("CreateUploadVideo", fields, "VideoId", _LOOK_UP_SHARE)

    def create_upload_image(self, fields: Mapping[str, Any]) -> UploadCredential:
        """CreateUploadImage, sent once. Raises Rejected or a Refusal."""
        return self._create("CreateUploadImage", fields, "ImageId")

    def create_upload_attached_media(self, fields: Mapping[str, Any]) -> UploadCredential:
        """CreateUploadAttachedMedia, sent once. Raises Rejected or a Refusal."""
        return self._create("CreateUploadAttachedMedia", fields, "MediaId")

    def _create(
        self, operation: str, fields: Mapping[str, Any], id_name: str, kept_back: float = 0.0
    ) -> UploadCredential:
        try:
            answer = self._session.once(operation, fields, self._session.left * (1 - kept_back))
        except (NotFoundAtVod, IllegalStatus) as fault:
            raise Rejected(type(fault).__name__) from None
        return _upload_credential(answer, id_name)

    def refresh_upload_video(self, video_id: str) -> UploadCredential:
        """RefreshUploadVideo. Raises NotFoundAtVod, IllegalStatus or a Refusal."""

        def read(answer: Answer) -> UploadCredential:
            credential = _upload_credential(answer, "VideoId")
            if credential.media_id != video_id:
                raise UpstreamError("VOD answered for another video.")
            return credential

        return self._session.repeatable("RefreshUploadVideo", {"video_id": video_id}, read)

    def video(self, *, video_id: str | None = None, reference_id: str | None = None) -> Video:
        """GetVideoInfo, by either id. Raises NotFoundAtVod or a Refusal."""

        def read(answer: Answer) -> Video:
            video = _video(answer.body.get("Video"), answer.now)
            if video_id is not None and video.video_id != video_id:
                raise UpstreamError("VOD answered for another video.")
            return video

        fields = {"video_id": video_id, "reference_id": reference_id}
        return self._session.repeatable("GetVideoInfo", fields, read)

    def with_source(self, video: Video) -> Video:
        """GetMezzanineInfo: the video with size, MD5 and name of the file as they are now. As it
        was, where VOD has no such file (any more), or does not tell. Raises a Refusal."""

        def read(answer: Answer) -> Video:
            found = answer.body.get("Mezzanine")
            if not isinstance(found, dict) or found.get("VideoId") != video.video_id:
                raise UpstreamError("VOD's answer lacks Mezzanine.")
            size, md5, name = found.get("Size"), found.get("FileMD5"), found.get("FileName")
            return replace(
                video,
                size=_bytes(size) or video.size,
                file_md5=md5.lower() if isinstance(md5, str) and md5 else None,
                file_name=name if isinstance(name, str) else "",
                now=answer.now,
            )

        try:
            return self._session.repeatable("GetMezzanineInfo", {"video_id": video.video_id}, read)
        except (NotFoundAtVod, IllegalStatus):
            return video

    def image(self, image_id: str) -> Medium:
        """GetImageInfo. Raises NotFoundAtVod or a Refusal."""

        def read(answer: Answer) -> Medium:
            info = answer.body.get("ImageInfo")
            if not isinstance(info, dict) or info.get("ImageId") != image_id:
                raise UpstreamError("VOD's answer lacks ImageInfo.")
            return Medium(image_id, text(info, "Status"), answer.now)

        return self._session.repeatable("GetImageInfo", {"image_id": image_id}, read)

    def attached_media(self, media_id: str) -> Medium:
        """GetAttachedMediaInfo. Raises NotFoundAtVod or a Refusal."""

        def read(answer: Answer) -> Medium:
            if media_id in (answer.body.get("NonExistMediaIds") or []):
                raise NotFoundAtVod
            for info in answer.body.get("AttachedMediaList") or []:
                if isinstance(info, dict) and info.get("MediaId") == media_id:
                    return Medium(media_id, text(info, "Status"), answer.now)
            raise UpstreamError("VOD's answer lacks AttachedMediaList.")

        return self._session.repeatable("GetAttachedMediaInfo", {"media_ids": media_id}, read)

    def videos(
        self, statuses: tuple[str, ...], since: float, page: int, *, oldest_first: bool
    ) -> tuple[list[Video], int]:
        """GetVideoList: one page (from 1) of PAGE_SIZE videos made since an epoch second, by age,
        and how many there are in all. Raises a Refusal."""
        fields = {
            "status": ",".join(statuses),
            "start_time": utc_text(since),
            "sort_by": f"CreationTime:{'Asc' if oldest_first else 'Desc'}",
            "page_no": page,
            "page_size": PAGE_SIZE,
        }
        try:
            return self._session.repeatable("GetVideoList", fields, _page)
        except NotFoundAtVod:
            return [], 0

    def delete_video(self, video_id: str) -> None:
        """DeleteVideo: for good, with all that belongs to it. Raises NotFoundAtVod, a Refusal."""
        self._session.repeatable("DeleteVideo", {"video_ids": video_id}, lambda answer: answer)

    def play_auth(self, video_id: str, timeout: int) -> PlayCredential:
        """GetVideoPlayAuth for ``timeout`` seconds. Raises NotFoundAtVod, IllegalStatus, …"""
        fields = {"video_id": video_id, "auth_info_timeout": timeout}

        def read(answer: Answer) -> PlayCredential:
            meta = answer.body.get("VideoMeta")
            if not isinstance(meta, dict) or meta.get("VideoId") != video_id:
                raise UpstreamError("VOD's answer lacks VideoMeta.")
            # The credential's time began somewhere within the call: counted from before it.
            expires_at = answer.now - answer.took + timeout
            expires_in = int(expires_at - answer.now)
            return PlayCredential(text(answer.body, "PlayAuth"), meta, expires_at, expires_in)

        return self._session.repeatable("GetVideoPlayAuth", fields, read)


def _upload_credential(answer: Answer, id_name: str) -> UploadCredential:
    body, now = answer.body, answer.now
    address, auth = text(body, "UploadAddress"), text(body, "UploadAuth")
    inner = _decoded(auth)
    # A client given a malformed pair hangs without a word: better refused here.
    if not inner.keys() >= {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}:
        raise UpstreamError("VOD's UploadAuth cannot be used.", effect="unknown")
    if not _decoded(address).keys() >= {"Endpoint", "Bucket", "FileName"}:
        raise UpstreamError("VOD's UploadAddress cannot be used.", effect="unknown")
    # Documents promise 3000 s; where the credential itself says less, that is what counts.
    expires_at = min(now + CREDENTIAL_LIFE, epoch(inner.get("ExpireUTCTime")) or float("inf"))
    expires_in = max(0, int(expires_at - now))
    urls = {
        name: value
        for name, value in body.items()
        if name in ("ImageURL", "MediaURL", "FileURL") and isinstance(value, str)
    }
    return UploadCredential(text(body, id_name), address, auth, expires_at, expires_in, urls)


def _video(info: Any, now: float) -> Video:
    if not isinstance(info, dict):
        raise UpstreamError("VOD's answer lacks Video.")
    created_at = epoch(info.get("CreationTime"))
    if created_at is None:
        raise UpstreamError("VOD's answer lacks a CreationTime.")
    reference_id, user_data, size = info.get("ReferenceId"), info.get("UserData"), info.get("Size")
    return Video(
        text(info, "VideoId"),
        text(info, "Status"),
        reference_id if isinstance(reference_id, str) else None,
        user_data if isinstance(user_data, str) else None,
        _bytes(size),
        created_at,
        now,
        epoch(info.get("ModificationTime")),
    )


def _bytes(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _page(answer: Answer) -> tuple[list[Video], int]:
    total, listed = answer.body.get("Total"), answer.body.get("VideoList") or {}
    videos = listed.get("Video") if isinstance(listed, dict) else None
    if not isinstance(total, int):
        raise UpstreamError("VOD's answer lacks Total.")
    return [_video(info, answer.now) for info in videos or []], total


def _decoded(value: str) -> Mapping[str, Any]:
    try:
        decoded = json.loads(base64.b64decode(value, validate=True))
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


_FIELD_FAULTS: Mapping[str, str] = {
    "InvalidFileName.Extension": "/FileName",
    "IllegalCharacters": "",
    "LengthExceededMax": "",
    "TagsExceededMax": "/Tags",
    "InvalidParameter": "",
}
"""Codes by which VOD refuses a field, and the field where the code alone tells it."""


_OPERATORS_FAULTS: Mapping[str, str] = {
    "InvalidTemplateGroupId": "VODPASS_TEMPLATE_GROUP_ID",
    "InvalidStorage": "VODPASS_STORAGE_LOCATION",
    # Not documented; of the pattern of the others.
    "InvalidWorkflow": "VODPASS_WORKFLOW_ID",
    "InvalidApp": "VODPASS_APP_ID",
    "InvalidCate": "VODPASS_CATE_ID",
}
"""How codes begin by which VOD refuses what only the deployment chooses, and what chose it."""


def _meaning(code: str) -> Exception | None:
    if code in ("InvalidVideo.NotFound", "InvalidImage.NotFound", "InvalidMedia.NotFound"):
        return NotFoundAtVod()
    if code == "Forbidden.IllegalStatus":
        return IllegalStatus()
    for beginning, variable in _OPERATORS_FAULTS.items():
        if code.startswith(beginning):
            return Misconfigured(f"{variable} names nothing that VOD has in this region.")
    if code in _FIELD_FAULTS or (code.startswith("Missing") and code != "MissingSecurityToken"):
        pointer = _FIELD_FAULTS.get(code, "")
        errors = [FieldError(pointer, "is not accepted by VOD")] if pointer else []
        return InvalidRequest("VOD does not accept one of the fields as it is.", errors)
    return None


def _models() -> Any:
    from alibabacloud_vod20170321 import models

    return models


def _client(config: Any) -> Any:
    from alibabacloud_vod20170321.client import Client

    return Client(config)


VOD = Service(_models, _client, lambda settings: settings.vod_endpoint, _meaning)
