"""The bodies of VOD's callbacks, with the irregular details of the real ones.

Source of the fields: the event pages of 2021 and 2024 to 2026. The order of the fields of
FileUploadComplete and TranscodeComplete, and the types in a stream, are those of two production
messages. No callback contains the ReferenceId. `now` is in epoch seconds of cloud
time. `url` is the address of the file: http, never https, and without a signature.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from fakealiyun.clock import utc
from fakealiyun.vod.events import Event

if TYPE_CHECKING:
    from fakealiyun.vod.media import Media, Stream
    from fakealiyun.vod.other_media import OtherMedia

Outcome = Literal["success", "fail"]
FRAME_RATE = "25"
"""Frames per second, as text. The fake does not read the real rate of a file."""


def file_upload(media: Media, url: str, now: float) -> Event:
    """FileUploadComplete: a video or audio file was uploaded."""
    fields = {
        "Status": "success",
        "FileUrl": url,
        **_head("FileUploadComplete", media, now),
        "Size": media.size,
    }
    return _of_video(media, fields)


def stream_transcode(media: Media, stream: Stream, outcome: Outcome, url: str, now: float) -> Event:
    """StreamTranscodeComplete: one definition in one format is finished or failed."""
    fields = {
        "Status": outcome,
        **_head("StreamTranscodeComplete", media, now),
        **_stream(media, stream, outcome, url),
    }
    return _of_video(media, fields)


def transcode(
    media: Media, streams: tuple[Stream, ...], outcome: Outcome, url: str, now: float
) -> Event:
    """TranscodeComplete: all definitions are finished. It is a success if one of them is."""
    fields = {
        "Status": outcome,
        **_head("TranscodeComplete", media, now),
        "StreamInfos": [_stream(media, stream, outcome, url) for stream in streams],
    }
    return _of_video(media, fields)


def workflow_task(media: Media, outcome: Outcome, now: float) -> Event:
    """WorkflowTaskComplete: comes instead of TranscodeComplete where a workflow transcodes."""
    status = "Succeed" if outcome == "success" else "Failed"
    return _of_video(media, {"Status": status, **_head("WorkflowTaskComplete", media, now)})


def image_upload(medium: OtherMedia, url: str, now: float) -> Event:
    """ImageUploadComplete. Its EventTime has milliseconds after a colon."""
    time = f"{utc(now)[:-1]}:{int(now * 1000) % 1000:03d}Z"
    return _of_other("ImageUploadComplete", "ImageId", medium, url, time, AppId=medium.app_id)


def attached_media_upload(medium: OtherMedia, url: str, now: float) -> Event:
    """AttachedMediaUploadComplete. Its id field is AttachedMediaId."""
    return _of_other("AttachedMediaUploadComplete", "AttachedMediaId", medium, url, utc(now))


def base_change(media: Media, mode: Literal["create", "delete"], now: float) -> Event:
    """MediaBaseChangeComplete: an asset was created or deleted.

    By the documentation CreateUploadVideo and DeleteVideo cause it, but no operation on other
    media does. Each member of MediaContent is JSON text. It has no OldValue for a new value, and no
    NewValue for a deleted value.
    """
    side = "NewValue" if mode == "create" else "OldValue"
    values = {
        "Title": media.title,
        "Description": media.description,
        "CoverURL": media.cover_url,
        "CateId": media.cate_id,
        "Tags": media.tags,
    }
    content = {name: _json({side: value}) for name, value in values.items() if value}
    return _of_any("MediaBaseChangeComplete", media, now, OperateMode=mode, MediaContent=content)


def deletion(media: Media, now: float) -> Event:
    """DeleteMediaComplete: DeleteVideo deleted a whole asset."""
    return _of_any("DeleteMediaComplete", media, now, DeleteType="all")


def _head(kind: str, media: Media, now: float) -> dict[str, str]:
    return {"VideoId": media.video_id, "EventType": kind, "EventTime": utc(now)}


def _of_video(media: Media, fields: Mapping[str, Any]) -> Event:
    body = dict(fields)
    if media.extend is not None:
        body["Extend"] = media.extend
    return Event(
        body["EventType"],
        body["EventTime"],
        media.video_id,
        body["Status"],
        body,
        app_id=media.app_id,
        callback_url=media.callback_url,
    )


def _of_any(kind: str, media: Media, now: float, **fields: Any) -> Event:
    """An event about an asset itself. Its MediaType is `video`, for audio too."""
    gone = kind == "DeleteMediaComplete" or fields.get("OperateMode") == "delete"
    body = {
        "EventTime": utc(now),
        "EventType": kind,
        "Status": "success",
        "MediaId": media.video_id,
        "MediaType": "video",
        **fields,
    }
    # A deleted asset has no own receiver any more: these events go to the account's receiver.
    callback_url = None if gone else media.callback_url
    return Event(
        kind,
        utc(now),
        media.video_id,
        "success",
        body,
        app_id=media.app_id,
        callback_url=callback_url,
    )


def _of_other(
    kind: str, id_name: str, medium: OtherMedia, url: str, time: str, **fields: Any
) -> Event:
    body = {
        "EventTime": time,
        "EventType": kind,
        id_name: medium.media_id,
        "Size": medium.size,
        "FileURL": url,
        "Status": "success",
        **fields,
    }
    if medium.extend is not None:
        body["Extend"] = medium.extend
    return Event(
        kind,
        time,
        medium.media_id,
        "success",
        body,
        app_id=medium.app_id,
        callback_url=medium.callback_url,
    )


def _stream(media: Media, stream: Stream, outcome: Outcome, url: str) -> dict[str, Any]:
    if outcome == "success" and media.source is not None:
        return {
            "Status": outcome,
            "IsAudio": media.media_type == "audio",
            "Size": media.size,
            "Definition": stream.definition,
            "Fps": FRAME_RATE,
            "StartTime": utc(stream.started),
            "Duration": media.duration,
            "Bitrate": str(round(media.bit_rate)),
            "Encrypt": False,
            "FileUrl": url,
            "Format": stream.format,
            "FinishTime": utc(stream.created),
            "Height": media.source.picture.height,
            "Width": media.source.picture.width,
            "JobId": stream.job_id,
        }
    return {
        "Status": outcome,
        "Definition": stream.definition,
        "Encrypt": False,
        "Format": stream.format,
        "JobId": stream.job_id,
        "ErrorCode": "InvalidParameter.ResourceContentBad",
        "ErrorMessage": "The resource operated is bad.",
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
