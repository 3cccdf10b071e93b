"""The object keys of uploads, and the objects that a credential opens."""

from __future__ import annotations

import re

import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.settings import NO_TRANSCODE, TRANSCODE, WORKFLOW

PLAYLIST = b"#EXTM3U\n#EXTINF:10,\nslice-1.ts\n#EXT-X-ENDLIST\n"


def test_the_key_without_a_template(vod: Vod) -> None:
    key = vod.create().key
    assert re.fullmatch(r"sv/([0-9a-f]{8}-[0-9a-f]{11})/\1\.mp4", key)


@pytest.mark.parametrize("group", [TRANSCODE, NO_TRANSCODE])
def test_the_key_with_a_template_group(vod: Vod, group: str) -> None:
    key = vod.create(template_group_id=group).key
    assert re.fullmatch(r"customerTrans/[0-9a-f]{32}/[0-9a-f-]+\.mp4", key)


def test_the_key_with_a_workflow(vod: Vod) -> None:
    key = vod.create(workflow_id=WORKFLOW, template_group_id=TRANSCODE).key
    assert re.fullmatch(r"original/workflow/[0-9a-f/-]+\.mp4", key)


def test_two_keys_differ_in_their_folders(vod: Vod) -> None:
    for fields in ({}, {"template_group_id": TRANSCODE}, {"workflow_id": WORKFLOW}):
        folders = {vod.create(**fields).key.rpartition("/")[0] for _ in range(5)}
        assert len(folders) == 5


@pytest.mark.parametrize("fields", [{}, {"template_group_id": NO_TRANSCODE}])
def test_an_m3u8_is_uploaded_with_its_segments(
    cloud: FakeCloud, vod: Vod, fields: dict[str, str]
) -> None:
    """As the official server SDKs do it: ObjectPrefix and the name of the segment."""
    upload = vod.create(file_name="film.m3u8", **fields)
    assert list(upload.address) == ["Endpoint", "Bucket", "FileName", "ObjectPrefix"]
    prefix = upload.address["ObjectPrefix"]
    assert upload.key.startswith(prefix)
    bucket = upload.bucket()
    bucket.put_object(f"{prefix}slice-1.ts", b"G" * 188)
    assert vod.status(upload.video_id) == "Uploading"
    bucket.put_object(upload.key, PLAYLIST)
    assert vod.status(upload.video_id) == "Normal"
    other = vod.create(file_name="other.m3u8", **fields)
    for key in (f"{other.address['ObjectPrefix']}slice-1.ts", other.key, f"x{prefix}slice-1.ts"):
        with pytest.raises(oss2.exceptions.AccessDenied):
            bucket.put_object(key, b"x")
    assert vod.refresh(upload.video_id).address == upload.address
    vod.call("delete_video", video_ids=upload.video_id)
    assert cloud.storage.objects(cloud.vod.bucket) == []


def test_another_file_has_no_prefix(vod: Vod) -> None:
    upload = vod.create()
    assert "ObjectPrefix" not in upload.address
    with pytest.raises(oss2.exceptions.AccessDenied):
        upload.bucket().put_object(upload.key.rpartition("/")[0] + "/slice-1.ts", b"x")
