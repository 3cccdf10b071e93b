"""DeleteImage and DeleteAttachedMedia."""

from __future__ import annotations

from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Upload, Vod


def image(vod: Vod) -> Upload:
    upload = Upload(vod.call("create_upload_image", image_type="default"))
    upload.put(b"x")
    return upload


def subtitle(vod: Vod) -> Upload:
    fields = {"business_type": "subtitle", "media_ext": "srt"}
    upload = Upload(vod.call("create_upload_attached_media", **fields))
    upload.put(b"x")
    return upload


def keys(cloud: FakeCloud) -> set[str]:
    return {one.key for one in cloud.storage.objects(cloud.vod.bucket)}


def test_images_by_their_ids(cloud: FakeCloud, vod: Vod) -> None:
    first, second, kept = image(vod), image(vod), image(vod)
    ids = f"{first.answer['ImageId']},{second.answer['ImageId']},{'0' * 32}"
    assert set(vod.call("delete_image", delete_image_type="ImageId", image_ids=ids)) == {
        "RequestId"
    }
    assert keys(cloud) == {kept.key}
    gone = vod.refused("get_image_info", image_id=first.answer["ImageId"])
    assert gone == (404, "InvalidImage.NotFound")
    again = vod.refused("delete_image", delete_image_type="ImageId", image_ids=ids)
    assert again == (404, "InvalidImage.NotFound")


@pytest.mark.parametrize("name", ["ImageURL", "FileURL"])
def test_an_image_by_its_url(cloud: FakeCloud, vod: Vod, name: str) -> None:
    one, kept = image(vod), image(vod)
    vod.call("delete_image", delete_image_type="ImageURL", image_urls=one.answer[name])
    assert keys(cloud) == {kept.key}


def test_a_file_for_a_deleted_image_belongs_to_no_image(cloud: FakeCloud, vod: Vod) -> None:
    one = image(vod)
    image_id = one.answer["ImageId"]
    vod.call("delete_image", delete_image_type="ImageId", image_ids=image_id)
    one.put(b"again")
    assert vod.refused("get_image_info", image_id=image_id)[0] == 404
    assert cloud.vod.other_media.all() == []


def test_the_snapshots_of_a_video(vod: Vod) -> None:
    video_id = vod.normal()
    fields = {"delete_image_type": "VideoId", "image_type": "CoverSnapshot,NormalSnapshot"}
    vod.call("delete_image", video_id=video_id, **fields)
    assert vod.status(video_id) == "Normal"
    assert vod.refused("delete_image", video_id="0" * 32, **fields)[0] == 404


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "MissingDeleteImageType"),
        ({"delete_image_type": "All"}, "InvalidParameter"),
        ({"delete_image_type": "ImageId"}, "MissingImageIds"),
        ({"delete_image_type": "ImageURL"}, "MissingImageURLs"),
        ({"delete_image_type": "VideoId"}, "MissingVideoId"),
        (
            {"delete_image_type": "ImageId", "image_ids": ",".join(f"{n:032x}" for n in range(21))},
            "VideoIdsExceededMax",
        ),
    ],
)
def test_what_is_refused(vod: Vod, fields: dict[str, Any], code: str) -> None:
    assert vod.refused("delete_image", **fields) == (400, code)


def test_attached_media(cloud: FakeCloud, vod: Vod) -> None:
    one, kept, picture = subtitle(vod), subtitle(vod), image(vod)
    wanted = [one.answer["MediaId"], "0" * 32, picture.answer["ImageId"]]
    answer = vod.call("delete_attached_media", media_ids=",".join(wanted))
    assert answer["NonExistMediaIds"] == wanted[1:]
    assert keys(cloud) == {kept.key, picture.key}
    listed = vod.call("get_attached_media_info", media_ids=one.answer["MediaId"])
    assert listed["NonExistMediaIds"] == [one.answer["MediaId"]]
    assert vod.refused("delete_attached_media") == (400, "MissingMediaIds")


def test_deletion_needs_a_permission(cloud: FakeCloud) -> None:
    poor = Vod(cloud, cloud.ram.add_user("poor"))
    for action, fields in (
        ("delete_image", {"delete_image_type": "ImageId", "image_ids": "x"}),
        ("delete_attached_media", {"media_ids": "x"}),
    ):
        assert poor.refused(action, **fields)[0] == 403
