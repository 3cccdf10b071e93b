"""Images and attached media, created and uploaded with the official clients."""

from __future__ import annotations

import re
import urllib.request
from typing import Any

import oss2
import pytest

from fakealiyun.testing.callbacks import House
from fakealiyun.testing.vod import Upload
from fakealiyun.vod.settings import DEFAULT_APP

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
SRT = b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"
ID = re.compile(r"[0-9a-f]{32}")


def read_back(house: House, upload: Upload) -> bytes:
    """The object, read by the administrator of the account."""
    admin = house.cloud.admin
    auth = oss2.Auth(admin.access_key_id, admin.access_key_secret)
    bucket = oss2.Bucket(auth, house.cloud.url, house.cloud.vod.bucket)
    return bytes(bucket.get_object(upload.key).read())


def test_an_image_from_its_creation_to_its_url(house: House) -> None:
    upload = house.image(image_ext="png", title="A cover", tags="a,b", cate_id=1000000001)
    image_id = upload.answer["ImageId"]
    assert ID.fullmatch(image_id)
    assert re.fullmatch(r"image/default/[0-9A-F]{32}-6-2\.png", upload.key)
    assert upload.answer["FileURL"] == f"http://{house.cloud.vod.storage_location}/{upload.key}"
    assert upload.auth["Expiration"] == "3600"
    info = house.vod.call("get_image_info", image_id=image_id)["ImageInfo"]
    assert info["Status"] == "Uploading"
    assert "Mezzanine" not in info
    upload.put(PNG)
    assert read_back(house, upload) == PNG
    info = house.vod.call("get_image_info", image_id=image_id)["ImageInfo"]
    shown = {name: info[name] for name in ("ImageId", "ImageType", "Status", "Title", "Tags")}
    assert shown == {
        "ImageId": image_id,
        "ImageType": "default",
        "Status": "Normal",
        "Title": "A cover",
        "Tags": "a,b",
    }
    assert (info["CateId"], info["CateName"]) == (1000000001, "Samples")
    assert info["Mezzanine"]["FileSize"] == str(len(PNG))
    for url in (upload.answer["ImageURL"], info["URL"]):
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == PNG


def test_an_attached_medium_from_its_creation_to_its_url(house: House) -> None:
    upload = house.attached(title="Subtitles", cate_ids="1000000001", file_size="37")
    media_id = upload.answer["MediaId"]
    assert ID.fullmatch(media_id)
    assert re.fullmatch(r"subtitle/[0-9A-F]{32}\.srt", upload.key)
    upload.put(SRT)
    assert read_back(house, upload) == SRT
    unknown = "0" * 32
    answer = house.vod.call("get_attached_media_info", media_ids=f"{media_id},{unknown}")
    (info,) = answer["AttachedMediaList"]
    assert (info["MediaId"], info["Type"], info["Status"]) == (media_id, "subtitle", "Normal")
    assert info["Categories"][0]["CateName"] == "Samples"
    assert answer["NonExistMediaIds"] == [unknown]
    for url in (upload.answer["MediaURL"], info["URL"]):
        with urllib.request.urlopen(url) as reply:
            assert reply.read() == SRT


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({}, ".png"),
        ({"original_file_name": "photo.jpg"}, ".png"),
        ({"original_file_name": "photo.jpg", "image_ext": "webp"}, ".webp"),
        ({"image_type": "cover", "image_ext": "jpeg"}, ".jpeg"),
    ],
)
def test_the_extension_of_an_image_is_image_exts(
    house: House, fields: dict[str, str], ending: str
) -> None:
    upload = house.image(**fields)
    assert upload.key.startswith(f"image/{fields.get('image_type', 'default')}/")
    assert upload.key.endswith(ending)


def test_the_extension_of_an_attached_medium_is_media_exts_then_the_names(house: House) -> None:
    assert house.attached(file_name="a.ass", media_ext="vtt").key.endswith(".vtt")
    named = house.attached(media_ext=None, file_name="dir.d/Logo.PNG", business_type="watermark")
    assert named.key.startswith("watermark/")
    assert named.key.endswith(".png")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"image_type": None}, "MissingImageType"),
        ({"image_type": "avatar"}, "InvalidParameter"),
        ({"image_ext": "bmp"}, "InvalidParameter"),
        ({"image_ext": "PNG"}, "InvalidParameter"),
        ({"title": "x" * 129}, "LengthExceededMax"),
        ({"title": "a \U0001f600"}, "IllegalCharacters"),
        ({"description": "x" * 1025}, "LengthExceededMax"),
        ({"tags": ",".join("t" * 17)}, "TagsExceededMax"),
        ({"cate_id": 7}, "InvalidCateId.NotFound"),
        ({"storage_location": "other.oss-cn-shanghai.aliyuncs.com"}, "InvalidStorage.NotFound"),
        ({"app_id": "app-2"}, "InvalidAppId.NotFound"),
        ({"user_data": "[]"}, "InvalidParameter"),
    ],
)
def test_what_an_image_may_not_be(house: House, fields: dict[str, Any], code: str) -> None:
    given = {"image_type": "default", **fields}
    assert house.vod.refused("create_upload_image", **given)[1] == code
    assert house.cloud.vod.other_media.all() == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"business_type": None}, "MissingBusinessType"),
        ({"business_type": "logo"}, "InvalidParameter"),
        ({"media_ext": None}, "MissingMediaExt"),
        ({"media_ext": None, "file_name": "noext"}, "MissingMediaExt"),
        ({"media_ext": None, "file_name": "a.mp4"}, "InvalidParameter"),
        ({"media_ext": "png"}, "InvalidParameter"),
        ({"business_type": "watermark", "media_ext": "zip"}, "InvalidParameter"),
        ({"business_type": "material", "media_ext": "srt"}, "InvalidParameter"),
        ({"file_size": "big"}, "InvalidParameter"),
        ({"file_size": "0"}, "InvalidParameter"),
        ({"cate_ids": "1000000001," * 5 + "1000000001"}, "InvalidParameter"),
        ({"cate_ids": "1000000001,,"}, "InvalidParameter"),
        ({"cate_ids": "1"}, "InvalidCateId.NotFound"),
        ({"title": "é" * 65}, "LengthExceededMax"),
        ({"description": "é" * 513}, "LengthExceededMax"),
    ],
)
def test_what_an_attached_medium_may_not_be(
    house: House, fields: dict[str, Any], code: str
) -> None:
    given = {"business_type": "subtitle", "media_ext": "srt", **fields}
    assert house.vod.refused("create_upload_attached_media", **given)[1] == code
    assert house.cloud.vod.other_media.all() == []


def test_they_are_no_videos(house: House) -> None:
    """Operations on videos cannot refresh, play, read or delete them."""
    image, attached = house.image(), house.attached()
    for media_id in (image.answer["ImageId"], attached.answer["MediaId"]):
        not_found = (404, "InvalidVideo.NotFound")
        assert house.vod.refused("refresh_upload_video", video_id=media_id) == not_found
        assert house.vod.refused("get_video_info", video_id=media_id) == not_found
        assert house.vod.refused("get_video_play_auth", video_id=media_id) == not_found
        assert house.vod.refused("delete_video", video_ids=media_id) == not_found
    image.put(PNG)
    assert read_back(house, image) == PNG
    assert house.vod.call("get_video_list")["Total"] == 0


def test_each_is_read_by_its_own_operation_alone(house: House) -> None:
    image, attached = house.image().answer["ImageId"], house.attached().answer["MediaId"]
    video = house.vod.create().video_id
    for media_id in (attached, video, "0" * 32, "x"):
        refusal = house.vod.refused("get_image_info", image_id=media_id)
        assert refusal == (404, "InvalidImage.NotFound")
    assert house.vod.refused("get_image_info") == (400, "MissingImageId")
    listed = house.vod.call("get_attached_media_info", media_ids=f"{image},{video}")
    assert listed["NonExistMediaIds"] == [image, video]
    assert not listed["AttachedMediaList"]
    assert house.vod.refused("get_attached_media_info") == (400, "MissingMediaIds")
    many = ",".join(f"{number:032x}" for number in range(21))
    refusal = house.vod.refused("get_attached_media_info", media_ids=many)
    assert refusal == (400, "VideoIdsExceededMax")


def test_a_credential_stores_its_own_object_alone(house: House) -> None:
    image, attached = house.image(), house.attached()
    with pytest.raises(oss2.exceptions.AccessDenied):
        image.bucket().put_object(attached.key, b"x")
    with pytest.raises(oss2.exceptions.AccessDenied):
        attached.bucket().put_object(image.key, b"x")
    house.cloud.clock.advance(3600)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        image.put(PNG)
    assert caught.value.code == "SecurityTokenExpired"
    info = house.vod.call("get_image_info", image_id=image.answer["ImageId"])["ImageInfo"]
    assert info["Status"] == "Uploading"


def test_the_default_application_is_theirs(house: House) -> None:
    image_id = house.image().answer["ImageId"]
    info = house.vod.call("get_image_info", image_id=image_id)["ImageInfo"]
    assert info["AppId"] == DEFAULT_APP
