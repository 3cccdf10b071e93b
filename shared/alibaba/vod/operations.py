"""The operations of ApsaraVideo VOD (API 2017-03-21) that vodpass calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from shared.alibaba.client import Service
from shared.alibaba.codes import Rejected
from shared.alibaba.session import OperationAnswer, Session, read_answer, required_text, utc_text
from shared.alibaba.vod import records
from shared.alibaba.vod.codes import ACCOUNT_FAULTS, IllegalStatus, NotFoundAtVod, meaning
from shared.alibaba.vod.records import (
    OtherMedia,
    PlayCredential,
    UploadCredential,
    Video,
    Videos,
)
from shared.errors import Misconfigured, UpstreamError

T = TypeVar("T")

PAGE_SIZE = 100  # videos; VOD's maximum

_LOOKUP_SHARE = 0.3  # share of the time left: a create leaves it for the lookup of its outcome


class Vod:
    """VOD within one invocation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create_upload_video(self, parameters: Mapping[str, Any]) -> UploadCredential:
        """CreateUploadVideo, sent exactly once: a repeat would create a second video.

        ``parameters`` are VOD's parameters in the SDK's spelling. Raises Rejected, or a Refusal
        whose ``effect`` says whether the video may exist.
        """
        return self._create("CreateUploadVideo", parameters, "VideoId", _LOOKUP_SHARE)

    def create_upload_image(self, parameters: Mapping[str, Any]) -> UploadCredential:
        """CreateUploadImage, sent exactly once. Raises Rejected or a Refusal."""
        return self._create("CreateUploadImage", parameters, "ImageId")

    def create_upload_attached_media(self, parameters: Mapping[str, Any]) -> UploadCredential:
        """CreateUploadAttachedMedia, sent exactly once. Raises Rejected or a Refusal."""
        return self._create("CreateUploadAttachedMedia", parameters, "MediaId")

    def _create(
        self, operation: str, parameters: Mapping[str, Any], id_name: str, kept_back: float = 0.0
    ) -> UploadCredential:
        """Sends a create once. ``kept_back``: the share of the time that it leaves for a lookup."""
        try:
            answer = self._session.call_once(
                operation, parameters, self._session.left * (1 - kept_back)
            )
        except (NotFoundAtVod, IllegalStatus) as fault:
            raise Rejected(type(fault).__name__) from None
        return read_answer(lambda found: records.upload_credential(found, id_name), answer)

    def refresh_upload_video(self, video_id: str) -> UploadCredential:
        """RefreshUploadVideo. Raises NotFoundAtVod, IllegalStatus, Unusable or a Refusal."""

        def read(answer: OperationAnswer) -> UploadCredential:
            credential = records.upload_credential(answer, "VideoId")
            if credential.media_id != video_id:
                raise UpstreamError("VOD answered for another video.")
            return credential

        return self._session.call_with_retry("RefreshUploadVideo", {"video_id": video_id}, read)

    def video(self, *, video_id: str | None = None, reference_id: str | None = None) -> Video:
        """GetVideoInfo, by either id. Raises NotFoundAtVod or a Refusal."""

        def read(answer: OperationAnswer) -> Video:
            video = records.video(answer.body.get("Video"), answer.now)
            if video_id is not None and video.video_id != video_id:
                raise UpstreamError("VOD answered for another video.")
            return video

        parameters = {"video_id": video_id, "reference_id": reference_id}
        return self._read("GetVideoInfo", parameters, read)

    def video_infos(self, video_ids: Sequence[str]) -> Videos:
        """GetVideoInfos, for at most 20 ids. Raises a Refusal."""
        parameters = {"video_ids": ",".join(video_ids)}
        try:
            return self._read("GetVideoInfos", parameters, records.videos)
        except NotFoundAtVod:
            # Not documented: VOD may refuse if it has none of them.
            return Videos({}, frozenset(video_ids), time.time())

    def _read(
        self, operation: str, parameters: Mapping[str, Any], read: Callable[[OperationAnswer], T]
    ) -> T:
        """Reads media. VOD documents no Status in which it refuses a read."""
        try:
            return self._session.call_with_retry(operation, parameters, read)
        except IllegalStatus:
            raise UpstreamError("VOD does not describe this media.") from None

    def with_source(self, video: Video) -> Video:
        """GetMezzanineInfo: the video with the current size, MD5 and name of its file.

        Returns ``video`` unchanged if VOD does not have the file. Raises a Refusal.
        """

        def read(answer: OperationAnswer) -> Video:
            return records.with_source(video, answer)

        try:
            return self._session.call_with_retry(
                "GetMezzanineInfo", {"video_id": video.video_id}, read
            )
        except (NotFoundAtVod, IllegalStatus):
            return video

    def image(self, image_id: str) -> OtherMedia:
        """GetImageInfo. Raises NotFoundAtVod or a Refusal."""

        def read(answer: OperationAnswer) -> OtherMedia:
            info = answer.body.get("ImageInfo")
            if not isinstance(info, dict) or info.get("ImageId") != image_id:
                raise UpstreamError("VOD's answer lacks ImageInfo.")
            return OtherMedia(image_id, required_text(info, "Status"), answer.now)

        return self._read("GetImageInfo", {"image_id": image_id}, read)

    def attached_media(self, media_id: str) -> OtherMedia:
        """GetAttachedMediaInfo. Raises NotFoundAtVod or a Refusal."""

        def read(answer: OperationAnswer) -> OtherMedia:
            if media_id in (answer.body.get("NonExistMediaIds") or []):
                raise NotFoundAtVod
            for info in answer.body.get("AttachedMediaList") or []:
                if isinstance(info, dict) and info.get("MediaId") == media_id:
                    return OtherMedia(media_id, required_text(info, "Status"), answer.now)
            raise UpstreamError("VOD's answer lacks AttachedMediaList.")

        return self._read("GetAttachedMediaInfo", {"media_ids": media_id}, read)

    def videos(
        self,
        statuses: tuple[str, ...],
        since: float,
        page: int,
        *,
        oldest_first: bool,
        until: float | None = None,
    ) -> tuple[list[Video | None], int]:
        """GetVideoList: one page of videos in these states, sorted by age, and the total.

        ``since``, ``until``: epoch seconds between which videos were created. ``page`` starts at 1
        and has PAGE_SIZE videos. None stands for one that cannot be read. Raises a Refusal.
        """
        parameters = {
            "status": ",".join(statuses),
            "start_time": utc_text(since),
            "end_time": None if until is None else utc_text(until),
            "sort_by": f"CreationTime:{'Asc' if oldest_first else 'Desc'}",
            "page_no": page,
            "page_size": PAGE_SIZE,
        }
        try:
            return self._read("GetVideoList", parameters, records.page)
        except NotFoundAtVod:
            return [], 0

    def delete_video(self, video_id: str) -> None:
        """DeleteVideo: deletes the video with all its files. This cannot be undone.

        Raises NotFoundAtVod, IllegalStatus or a Refusal.
        """

        def read(answer: OperationAnswer) -> None:
            if video_id in (answer.body.get("ForbiddenVideoIds") or []):
                raise Misconfigured(ACCOUNT_FAULTS["Forbidden.OperateApp"])

        self._session.call_with_retry("DeleteVideo", {"video_ids": video_id}, read)

    def play_auth(self, video_id: str, timeout: int) -> PlayCredential:
        """GetVideoPlayAuth for ``timeout`` seconds.

        Raises NotFoundAtVod, IllegalStatus, Unusable or a Refusal.
        """
        parameters = {"video_id": video_id, "auth_info_timeout": timeout}

        def read(answer: OperationAnswer) -> PlayCredential:
            return records.play_credential(answer, video_id, timeout)

        return self._session.call_with_retry("GetVideoPlayAuth", parameters, read)


def _models() -> Any:
    from alibabacloud_vod20170321 import models

    return models


def _client(config: Any) -> Any:
    from alibabacloud_vod20170321.client import Client

    return Client(config)


VOD_SERVICE = Service(_models, _client, lambda settings: settings.vod_endpoint, meaning)
