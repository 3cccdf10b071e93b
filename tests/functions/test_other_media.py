"""Images and attached media at POST /upload: they get a credential once, and no refresh."""

from __future__ import annotations

import json
from typing import Any

import oss2
import pytest

from fakealiyun.testing.vod import Vod
from tests.functions.test_events import EVENTS
from tests.support.clients import download, object_key, put
from tests.support.house import House

IMAGE = {"MediaType": "image", "ImageType": "default"}
ATTACHED = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"MediaType": "image"}, ["/ImageType"]),
        ({**IMAGE, "ImageType": "avatar"}, ["/ImageType"]),
        ({**IMAGE, "ImageExt": "bmp"}, ["/ImageExt"]),
        ({**IMAGE, "FileName": "photo.bmp"}, ["/FileName"]),
        ({**IMAGE, "FileName": "photo.png.exe"}, ["/FileName"]),
        ({**IMAGE, "FileName": "a\u202egnp.jpg"}, ["/FileName"]),
        ({**IMAGE, "MediaExt": "png"}, ["/MediaExt"]),
        ({**IMAGE, "CoverURL": "https://example.com/c.png"}, ["/CoverURL"]),
        ({**IMAGE, "OriginalFileName": "a.png"}, ["/OriginalFileName"]),
        ({**IMAGE, "CateId": 1}, ["/CateId"]),
        ({**IMAGE, "Title": "t" * 129}, ["/Title"]),
        ({**IMAGE, "Tags": ["t"] * 17}, ["/Tags"]),
        ({**IMAGE, "FileSize": "5"}, ["/FileSize"]),
        ({"MediaType": "attached"}, ["/BusinessType"]),
        ({**ATTACHED, "BusinessType": "logo"}, ["/BusinessType"]),
        ({**ATTACHED, "MediaExt": "exe"}, ["/MediaExt"]),
        ({**ATTACHED, "MediaExt": "png"}, ["/MediaExt"]),
        ({**ATTACHED, "BusinessType": "watermark"}, ["/MediaExt"]),
        ({"MediaType": "attached", "BusinessType": "material"}, ["/MediaExt"]),
        (
            {"MediaType": "attached", "BusinessType": "subtitle", "FileName": "a.png"},
            ["/FileName"],
        ),
        ({**ATTACHED, "ImageType": "default"}, ["/ImageType"]),
        ({"MediaType": "audio", "FileName": "a.mp3"}, ["/MediaType"]),
        ({**ATTACHED, "CateIds": "1,2"}, ["/CateIds"]),
        ({**ATTACHED, "Description": "d" * 1025}, ["/Description"]),
        ({"MediaType": "video", "FileName": "a.mp4", "ImageType": "cover"}, ["/ImageType"]),
    ],
)
def test_a_wrong_field_is_named_and_vod_gets_no_call(
    house: House, alice: str, body: dict[str, Any], pointers: list[str]
) -> None:
    assert house.post("/upload", alice, body).pointers() == pointers
    assert house.calls() == {}


@pytest.mark.parametrize("body", [IMAGE, ATTACHED])
def test_an_idempotency_key_is_accepted_only_for_videos(
    house: House, alice: str, body: dict[str, Any]
) -> None:
    """VOD cannot look up other media by such a key. To accept it would be a false promise."""
    refused = house.post("/upload", alice, body, {"Idempotency-Key": "key-1"})
    assert refused.refusal == (400, "InvalidRequest")
    assert house.calls() == {}


@pytest.mark.parametrize("body", [IMAGE, ATTACHED])
def test_the_size_limit_of_the_token_also_covers_other_media(
    house: House, body: dict[str, Any]
) -> None:
    token = house.issuer.token(vod={"upload": {"max_bytes": 1000}})
    assert house.post("/upload", token, body).pointers() == ["/FileSize"]
    large = house.post("/upload", token, {**body, "FileSize": 1001})
    assert large.refusal == (403, "Forbidden")
    assert house.calls() == {}


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({**IMAGE, "ImageExt": "PNG"}, ".png"),
        ({**IMAGE, "ImageExt": "JpEg"}, ".jpeg"),
        ({**IMAGE, "FileName": "Photo.WEBP"}, ".webp"),
        ({**IMAGE, "FileName": "photo"}, ".png"),
        ({**IMAGE, "FileName": "photo.bmp", "ImageExt": "gif"}, ".gif"),
        ({**ATTACHED, "MediaExt": "SRT"}, ".srt"),
        ({"MediaType": "attached", "BusinessType": "subtitle", "FileName": "A.VTT"}, ".vtt"),
    ],
)
def test_an_extension_may_be_in_any_case(
    house: House, alice: str, body: dict[str, Any], end: str
) -> None:
    assert object_key(house.post("/upload", alice, body).json()).endswith(end)


def test_audio_is_uploaded_as_a_video(house: House, alice: str) -> None:
    reply = house.post("/upload", alice, {"MediaType": "audio", "FileName": "a.mp3"})
    assert "send video" in reply.json()["detail"]
    assert house.upload(alice, FileName="a.mp3").status == 200


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(200) + b"\xff\xd9"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nHallo, 世界\n".encode()
ISSUED = {"RequestId", "FileURL", "UploadAddress", "UploadAuth", "ExpireUTCTime", "ExpiresIn"}


def test_an_image_is_uploaded_and_read_back(house: House, alice: str) -> None:
    answer = house.post("/upload", alice, {**IMAGE, "ImageExt": "jpg", "Title": "Beach"}).json()
    assert set(answer) == ISSUED | {"ImageId", "ImageURL"}
    assert object_key(answer).endswith(".jpg")
    assert answer["FileURL"].endswith(object_key(answer))
    put(answer, JPEG)
    assert download(answer["ImageURL"], house.cloud) == JPEG
    info = Vod(house.cloud).call("get_image_info", image_id=answer["ImageId"])["ImageInfo"]
    assert (info["Title"], info["Status"]) == ("Beach", "Normal")


def test_subtitles_are_uploaded_and_read_back(house: House, alice: str) -> None:
    answer = house.post("/upload", alice, {**ATTACHED, "FileSize": len(SRT)}).json()
    assert set(answer) == ISSUED | {"MediaId", "MediaURL"}
    assert object_key(answer).endswith(".srt")
    put(answer, SRT)
    assert download(answer["MediaURL"], house.cloud) == SRT
    assert house.calls() == {"CreateUploadAttachedMedia": 1}


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        (IMAGE, ".png"),
        ({**IMAGE, "FileName": "beach.WEBP"}, ".webp"),
        ({**IMAGE, "FileName": "beach.png", "ImageExt": "gif"}, ".gif"),
        ({"MediaType": "attached", "BusinessType": "subtitle", "FileName": "a.VTT"}, ".vtt"),
        ({**ATTACHED, "FileName": "a.vtt"}, ".srt"),
        ({"MediaType": "attached", "BusinessType": "material", "MediaExt": "zip"}, ".zip"),
    ],
)
def test_the_extension_comes_from_its_field_or_the_file_name(
    house: House, alice: str, body: dict[str, Any], ending: str
) -> None:
    answer = house.post("/upload", alice, body)
    assert answer.status == 200, answer.body
    assert object_key(answer.json()).endswith(ending)


@pytest.mark.parametrize(
    ("body", "id_name"), [(IMAGE, "ImageId"), (ATTACHED, "MediaId")], ids=["image", "attached"]
)
class TestOneOfThem:
    def test_it_is_never_refreshed_or_played(
        self, house: House, alice: str, body: dict[str, Any], id_name: str
    ) -> None:
        medium = house.post("/upload", alice, body).json()[id_name]
        everything = house.issuer.token("alice", vod={"play": "*"})
        for reply in (
            house.refresh(alice, medium),
            house.play(alice, medium),
            house.play(everything, medium),
        ):
            assert reply.refusal == (404, "VideoNotFound")
        explained = house.refresh(alice, medium).json()["detail"]
        assert "Only videos can be refreshed" in explained
        assert "RefreshUploadVideo" not in house.calls()

    def test_it_is_created_once_even_if_the_answer_is_lost(
        self, house: House, alice: str, body: dict[str, Any], id_name: str
    ) -> None:
        """It cannot be looked up, so the outcome stays unknown. No second one is created."""
        action = "CreateUploadImage" if id_name == "ImageId" else "CreateUploadAttachedMedia"
        for kind in ("reset_after", "truncated", "empty", "wrong_type", "error"):
            house.cloud.calls.reset()
            house.cloud.faults.set("vod", action, kind)
            assert house.post("/upload", alice, body).status in (502, 503)
            assert house.calls() == {action: 1}


@pytest.mark.parametrize("body", [IMAGE, ATTACHED], ids=["image", "attached"])
def test_the_credential_expires_like_that_of_a_video(
    house: House, alice: str, body: dict[str, Any]
) -> None:
    answer = house.post("/upload", alice, body).json()
    assert 2990 < answer["ExpiresIn"] <= 3000
    house.cloud.clock.advance(house.cloud.vod.settings.upload_lifetime + 1)
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        put(answer, JPEG)
    assert refused.value.code == "SecurityTokenExpired"


@pytest.mark.parametrize("body", [IMAGE, ATTACHED], ids=["image", "attached"])
def test_it_gets_the_category_of_the_deployment(
    house: House, alice: str, body: dict[str, Any]
) -> None:
    """Images and attached media use different names and types for this parameter."""
    assert house.at("chosen").post("/upload", alice, body).status == 200
    assert [found.cate_ids for found in house.cloud.vod.other_media.all()] == [(1000000001,)]


@pytest.mark.parametrize(
    ("name", "id_name"), [("upload_image", "ImageId"), ("upload_attached", "MediaId")]
)
def test_recorded_events_give_the_media_id(
    house: House, alice: str, name: str, id_name: str
) -> None:
    text = (EVENTS / f"{name}.json").read_text()
    answer = house.invoke("upload", text.replace("${alice}", alice).encode())
    assert answer["statusCode"] == 200
    assert len(json.loads(answer["body"])[id_name]) == 32
    refused = house.invoke("upload", text.encode())  # the placeholder, not a token
    assert refused["statusCode"] == 401
