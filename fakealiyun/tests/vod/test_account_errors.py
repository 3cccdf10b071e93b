"""Errors of an account that is not set up, and of a video that is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.settings import VodSettings

CREATIONS: list[tuple[str, dict[str, Any]]] = [
    ("create_upload_video", {"title": "A film", "file_name": "film.mp4"}),
    ("create_upload_image", {"image_type": "default"}),
    ("create_upload_attached_media", {"business_type": "subtitle", "media_ext": "srt"}),
]


@pytest.fixture(scope="module")
def bare() -> Iterator[FakeCloud]:
    with FakeCloud(vod_settings=VodSettings(storage_enabled=False)) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def closed() -> Iterator[FakeCloud]:
    with FakeCloud(vod_settings=VodSettings(service_open=False)) as cloud:
        yield cloud


def refusal(vod: Vod, action: str, **fields: Any) -> tuple[int, str, str]:
    with pytest.raises(TeaException) as caught:
        vod.call(action, **fields)
    error = caught.value
    return int(error.statusCode), str(error.code), str(error.message)


@pytest.mark.parametrize(("action", "fields"), CREATIONS)
def test_without_a_storage_in_the_region_nothing_can_be_uploaded(
    bare: FakeCloud, action: str, fields: dict[str, Any]
) -> None:
    status, code, message = refusal(Vod(bare), action, **fields)
    assert (status, code) == (403, "InvalidStorage.NotFound")
    assert "The storageLocation does not exist." in message
    assert bare.vod.library.all() == []


@pytest.mark.parametrize(("action", "fields"), CREATIONS)
def test_another_storage_location(vod: Vod, action: str, fields: dict[str, Any]) -> None:
    given = {**fields, "storage_location": "outin-x.oss-cn-beijing.aliyuncs.com"}
    status, code, message = refusal(vod, action, **given)
    assert (status, code) == (403, "InvalidStorage.NotFound")
    assert "The storageLocation does not exist." in message


@pytest.mark.parametrize(
    ("action", "fields"),
    [*CREATIONS, ("get_video_info", {"video_id": "0" * 32}), ("get_video_list", {})],
)
def test_an_account_without_vod(closed: FakeCloud, action: str, fields: dict[str, Any]) -> None:
    _, code, message = refusal(Vod(closed), action, **fields)
    assert code == "UserNotFound"
    assert "Your VOD service has not opened." in message


def test_a_damaged_upload_cannot_be_refreshed(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.create().video_id
    cloud.vod.library._change(video_id, status="UploadFail")
    assert vod.refused("refresh_upload_video", video_id=video_id) == (400, "InvalidVideo.Damaged")


@pytest.mark.parametrize(
    "action",
    [
        "get_video_info",
        "refresh_upload_video",
        "get_video_play_auth",
        "get_play_info",
        "get_mezzanine_info",
    ],
)
def test_a_reference_id_stands_for_the_video_id(vod: Vod, action: str) -> None:
    vod.normal(reference_id="Mark_00-1")
    assert vod.call(action, reference_id="Mark_00-1")["RequestId"]
    assert vod.refused(action, reference_id="Mark_00-2") == (404, "InvalidVideo.NotFound")


def test_reference_ids_stand_for_video_ids(vod: Vod) -> None:
    video_id = vod.normal(reference_id="Mark_00-1")
    found = vod.call("get_video_infos", reference_ids="Mark_00-1,Mark_00-2")
    assert [one["VideoId"] for one in found["VideoList"]] == [video_id]
    assert found["NonExistReferenceIds"] == ["Mark_00-2"]
    deleted = vod.call("delete_video", reference_ids="Mark_00-1,Mark_00-2")
    assert deleted["NonExistReferenceIds"] == ["Mark_00-2"]
    assert vod.refused("get_video_info", video_id=video_id) == (404, "InvalidVideo.NotFound")
