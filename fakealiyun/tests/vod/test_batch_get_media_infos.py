"""BatchGetMediaInfos: assets with their files and streams."""

from __future__ import annotations

import hashlib

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import MP4, Vod


def test_assets_by_both_kinds_of_ids(vod: Vod) -> None:
    played = vod.normal(reference_id="mark-0001", title="A film")
    waiting = vod.create().video_id
    answer = vod.call(
        "batch_get_media_infos",
        media_ids=f"{waiting},{'0' * 32}",
        reference_ids="mark-0001,mark-0002",
    )
    assert answer["NonExistMediaIds"] == ["0" * 32]
    assert answer["NonExistReferenceIds"] == ["mark-0002"]
    second, first = answer["MediaInfos"]
    assert (first["MediaId"], second["MediaId"]) == (played, waiting)
    info, source = first["MediaInfo"], first["MezzanineInfo"]
    assert (info["Title"], info["Status"], info["ReferenceId"]) == ("A film", "Normal", "mark-0001")
    assert info["MediaId"] == source["MediaId"] == played
    assert source["FileMD5"] == hashlib.md5(MP4).hexdigest()  # noqa: S324
    assert (source["Status"], source["Size"]) == ("Normal", len(MP4))
    (stream,) = first["PlayInfoList"]
    assert (stream["Definition"], stream["CodecName"]) == ("OD", "h264")
    assert second["MediaInfo"]["Status"] == "Uploading"
    assert second["MezzanineInfo"]["Status"] == "Uploading"
    assert not second.get("PlayInfoList")


def test_what_is_refused(cloud: FakeCloud, vod: Vod) -> None:
    assert vod.refused("batch_get_media_infos") == (400, "MissingMediaIds")
    many = ",".join(f"{number:032x}" for number in range(21))
    assert vod.refused("batch_get_media_infos", media_ids=many) == (400, "VideoIdsExceededMax")
    poor = Vod(cloud, cloud.ram.add_user("poor"))
    assert poor.refused("batch_get_media_infos", media_ids="0" * 32)[0] == 403
