"""Converts assets into the fields of VOD's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.vod.media import Media, Stream
from fakealiyun.vod.other_media import OtherMedia
from fakealiyun.vod.settings import VodSettings


def _set(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are set. The real service leaves out the others and does not send null."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


def common_fields(media: Media, settings: VodSettings, location: str) -> dict[str, Any]:
    """The fields that GetVideoInfo, GetVideoInfos, GetVideoList and SearchMedia share."""
    return _set(
        {
            "VideoId": media.video_id,
            "Title": media.title,
            "Description": media.description,
            "Tags": media.tags,
            "Status": media.status,
            "Size": media.size,
            "Duration": media.duration,
            "CoverURL": media.cover_url,
            "CateId": media.cate_id,
            "CateName": None if media.cate_id is None else settings.categories[media.cate_id],
            "CreationTime": utc(media.created),
            "ModificationTime": utc(media.modified),
            "StorageLocation": location,
            "StorageClass": "Standard",
            "AppId": media.app_id,
            "ReferenceId": media.reference_id,
        }
    )


def video_info(media: Media, settings: VodSettings, location: str, region: str) -> dict[str, Any]:
    """`Video` of GetVideoInfo."""
    return common_fields(media, settings, location) | _set(
        {
            "TemplateGroupId": media.template_group_id,
            "AuditStatus": "Init",
            "DownloadSwitch": "off",
            "RegionId": region,
            "UserData": media.user_data,
        }
    )


def list_entry(media: Media, settings: VodSettings, location: str) -> dict[str, Any]:
    """`Video` of GetVideoList."""
    return common_fields(media, settings, location) | _set({"UserData": media.user_data})


def mezzanine(media: Media, file_url: str | None) -> dict[str, Any]:
    """`Mezzanine` of GetMezzanineInfo. Its numbers are strings, except sizes."""
    fields: dict[str, Any] = {
        "VideoId": media.video_id,
        "Status": "Uploading",
        "CreationTime": utc(media.created),
        "PreprocessStatus": "UnPreprocess",
        "FileName": media.key.rpartition("/")[2],
        "StorageClass": "Standard",
    }
    if media.source is not None:
        picture = media.source.picture
        fields |= {
            "Status": "Normal",
            "Size": media.size,
            "FileMD5": media.source.md5,
            "Duration": f"{media.duration:.4f}",
            "Bitrate": f"{media.bit_rate:.4f}",
            "Width": picture.width,
            "Height": picture.height,
            "OutputType": "oss",
            "FileURL": file_url,
        }
    return _set(fields)


def media_infos(
    media: Media, settings: VodSettings, location: str, region: str, file_url: str | None
) -> dict[str, Any]:
    """An entry of `MediaInfos` of BatchGetMediaInfos: the asset, its file and its streams."""
    info = video_info(media, settings, location, region)
    source = mezzanine(media, file_url)
    playable = media.streams if media.status == "Normal" and file_url is not None else ()
    return {
        "MediaId": media.video_id,
        "MediaInfo": _renamed(info, "AuditStatus", "Duration", "RegionId", "Size"),
        "MezzanineInfo": _renamed(source, "PreprocessStatus", "OutputType", "StorageClass"),
        "PlayInfoList": [play_info(media, one, file_url or "") for one in playable],
    }


def _renamed(fields: Mapping[str, Any], *dropped: str) -> dict[str, Any]:
    """The fields under the names of BatchGetMediaInfos, without those that it does not have."""
    kept = {name: value for name, value in fields.items() if name not in dropped}
    return {"MediaId" if name == "VideoId" else name: value for name, value in kept.items()}


def play_info(media: Media, stream: Stream, play_url: str) -> dict[str, Any]:
    """One entry of `PlayInfoList.PlayInfo`."""
    assert media.source is not None  # noqa: S101 - a stream only exists after an upload
    picture = media.source.picture
    return {
        "JobId": stream.job_id,
        "PlayURL": play_url,
        "Format": stream.format,
        "Definition": stream.definition,
        "StreamType": media.media_type,
        "Status": "Normal",
        "Size": media.size,
        "Duration": f"{media.duration:.4f}",
        "Bitrate": f"{media.bit_rate:.3f}",
        "Width": picture.width,
        "Height": picture.height,
        "Encrypt": 0,
        "CodecName": "mp3" if media.media_type == "audio" else "h264",
        "Specification": "Original" if stream.definition == "OD" else "H264." + stream.definition,
        "CreationTime": utc(stream.created),
        "ModificationTime": utc(stream.created),
    }


def video_base(media: Media) -> dict[str, Any]:
    """`VideoBase` of GetPlayInfo: always an object, because the web player needs it."""
    return _set(
        {
            "VideoId": media.video_id,
            "Title": media.title,
            "Duration": f"{media.duration:.4f}",
            "CoverURL": media.cover_url,
            "Status": media.status,
            "CreationTime": utc(media.created),
            "MediaType": media.media_type,
            "StorageClass": "Standard",
        }
    )


def image_info(
    image: OtherMedia, settings: VodSettings, location: str, url: str, bare_url: str
) -> dict[str, Any]:
    """`ImageInfo` of GetImageInfo. `url` is signed, `bare_url` has no signature."""
    cate_id = image.cate_ids[0] if image.cate_ids else None
    fields: dict[str, Any] = {
        "ImageId": image.media_id,
        "ImageType": image.purpose,
        "CateId": cate_id,
        "CateName": None if cate_id is None else settings.categories[cate_id],
        "URL": url,
        **_of_other(image, location),
    }
    if image.status == "Normal":
        fields["Mezzanine"] = _set(
            {
                "FileSize": str(image.size),  # a string, only here
                "FileURL": bare_url,
                "OriginalFileName": image.file_name,
            }
        )
    return _set(fields)


def attached_media_info(
    medium: OtherMedia, settings: VodSettings, location: str, url: str
) -> dict[str, Any]:
    """An entry of `AttachedMediaList` of GetAttachedMediaInfo."""
    return _set(
        {
            "MediaId": medium.media_id,
            "Type": medium.purpose,
            "Categories": [
                # All categories of the account have level 0, below the root (-1).
                {"CateId": i, "CateName": settings.categories[i], "Level": 0, "ParentId": -1}
                for i in medium.cate_ids
            ],
            "URL": url,
            "ModificationTime": utc(medium.modified),
            **_of_other(medium, location),
        }
    )


def _of_other(medium: OtherMedia, location: str) -> dict[str, Any]:
    return {
        "Title": medium.title,
        "Description": medium.description,
        "Tags": medium.tags,
        "Status": medium.status,
        "CreationTime": utc(medium.created),
        "StorageLocation": location,
        "AppId": medium.app_id,
    }
