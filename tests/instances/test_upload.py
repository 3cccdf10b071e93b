"""`upload` in this process: what it asks VOD for, what it refuses, and what it counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.alibaba.codes import Rejected
from shared.alibaba.vod.codes import WrongChoice
from shared.auth.ownership import Owner, marks_for_idempotency_key, owns
from shared.errors import (
    Forbidden,
    InvalidRequest,
    UpstreamError,
)
from shared.uploads.declaration import Declaration, request_digest, unseal
from tests.instances.stand_ins import (
    ALICE,
    BOB,
    EXPIRES_TEXT,
    FILM,
    IDS,
    IMAGE,
    KEYS,
    SETTINGS,
    SUBTITLE,
    StandInVod,
    caller,
    fields_of,
    invocation,
    loaded,
)

index = loaded("upload")


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(index, "Vod", lambda cloud: cloud)
    return index


def test_a_video_is_created_under_the_mark_of_its_owner(function: Any) -> None:
    vod = StandInVod()
    call = invocation(vod, FILM)
    assert function.upload(call) == {
        "RequestId": "1-abc",
        "VideoId": IDS[0],
        "UploadAddress": "address",
        "UploadAuth": "auth",
        "ExpireUTCTime": EXPIRES_TEXT,
        "ExpiresIn": 3000,
    }
    assert call.log_line == {"MediaType": "video", "VideoId": IDS[0]}
    given = vod.sent("CreateUploadVideo")
    mark, data = given.pop("reference_id"), given.pop("user_data")
    assert owns(SETTINGS, ALICE, mark)
    assert not owns(SETTINGS, BOB, mark)
    assert json.loads(data).keys() == {"Extend"}
    digest = request_digest(FILM)
    assert unseal(SETTINGS, mark, data) == Declaration("alice", "", digest, None, "mp4", 7200)
    assert given == {"file_name": "film.mp4", "title": "film"}


ALL = {
    "FileName": "dir/Film é.MP4",
    "FileSize": 99,
    "Title": "Holiday",
    "Description": "By the sea",
    "Tags": ["a", "b"],
    "CoverURL": "https://cdn.example.com/c.png",
}


def test_every_field_reaches_vod_beside_what_the_deployment_sets(function: Any) -> None:
    settings = replace(
        SETTINGS,
        template_group_id="g",
        workflow_id="w",
        storage_location="bucket.example.com",
        app_id="app-1",
        cate_id=7,
        accelerate=True,
        upload_callback=True,
        callback_url="https://hooks.example.com/secret",
    )
    vod = StandInVod()
    function.upload(invocation(vod, ALL, settings=settings, idempotency_key="key-1"))
    given = vod.sent("CreateUploadVideo")
    mark = given.pop("reference_id")
    assert mark == next(marks_for_idempotency_key(SETTINGS, ALICE, "key-1"))
    data = given.pop("user_data")
    assert json.loads(data) == {
        "Extend": json.loads(data)["Extend"],
        "MessageCallback": {
            "CallbackURL": "https://hooks.example.com/secret",
            "CallbackType": "http",
        },
        "AccelerateConfig": {
            "Type": "oss",
            "Domain": "https://oss-accelerate.aliyuncs.com",
        },
    }
    extend = unseal(SETTINGS, mark, data)
    assert extend is not None
    assert replace(extend, digest="") == Declaration("alice", "key-1", "", 99, "mp4", 7200)
    assert given == {
        "file_name": "dir/Film é.MP4",
        "file_size": 99,
        "title": "Holiday",
        "description": "By the sea",
        "tags": "a,b",
        "cover_url": "https://cdn.example.com/c.png",
        "template_group_id": "g",
        "workflow_id": "w",
        "storage_location": "bucket.example.com",
        "app_id": "app-1",
        "cate_id": 7,
    }


def test_userdata_takes_no_more_room_than_it_needs(function: Any) -> None:
    # VOD limits its bytes.
    vod = StandInVod()
    function.upload(invocation(vod, FILM, who=caller(owner=Owner("main", "é"))))
    data = vod.sent("CreateUploadVideo")["user_data"]
    assert data.startswith('{"Extend":{"s":"é","k":"",')


def test_what_the_issuer_chose_wins_over_the_settings(function: Any) -> None:
    settings = replace(
        SETTINGS,
        template_group_id="g",
        workflow_id="w",
        cate_id=7,
        cate_ids=(0, 5),
        template_group_ids=("h",),
    )
    vod = StandInVod()
    who = caller(cate_id=0, template_group_id="h")
    function.upload(invocation(vod, FILM, settings=settings, who=who))
    given = vod.sent("CreateUploadVideo")
    assert given["cate_id"] == 0
    assert given["template_group_id"] == "h"
    # A workflow would win over the template group.
    assert "workflow_id" not in given


@pytest.mark.parametrize(
    ("choice", "named"),
    [({"cate_id": 6}, "category"), ({"template_group_id": "g"}, "template group")],
)
def test_a_choice_that_the_deployment_does_not_offer_is_forbidden(
    function: Any, choice: dict[str, Any], named: str
) -> None:
    settings = replace(SETTINGS, cate_ids=(5,), template_group_ids=("h",), template_group_id="g")
    vod = StandInVod()
    with pytest.raises(Forbidden, match=f"does not offer the {named} that the token names"):
        function.upload(invocation(vod, FILM, settings=settings, who=caller(**choice)))
    assert not vod.asked


@pytest.mark.parametrize(
    ("variable", "choice", "blamed"),
    [
        ("VODPASS_CATE_ID", {}, "VODPASS_CATE_ID"),
        ("VODPASS_CATE_ID", {"cate_id": 0}, "VODPASS_CATE_IDS"),
        ("VODPASS_CATE_ID", {"template_group_id": "h"}, "VODPASS_CATE_ID"),
        ("VODPASS_TEMPLATE_GROUP_ID", {"template_group_id": "h"}, "VODPASS_TEMPLATE_GROUP_IDS"),
        ("VODPASS_WORKFLOW_ID", {"cate_id": 0}, "VODPASS_WORKFLOW_ID"),
    ],
)
def test_a_choice_that_vod_does_not_have_is_blamed_on_its_setting(
    function: Any, variable: str, choice: dict[str, Any], blamed: str
) -> None:
    settings = replace(SETTINGS, cate_ids=(0,), template_group_ids=("h",))
    vod = StandInVod()
    vod.faults["CreateUploadVideo"] = [WrongChoice(variable)]
    with pytest.raises(WrongChoice) as caught:
        function.upload(invocation(vod, FILM, settings=settings, who=caller(**choice)))
    assert caught.value.variable == blamed
    assert caught.value.detail.split()[0] == blamed
    assert "VOD" in caught.value.detail.partition(" ")[2]


REFUSED: list[tuple[Any, list[str]]] = [
    ({}, ["/FileName"]),
    ({"FileName": "film.exe"}, ["/FileName"]),
    ({**FILM, "FileSize": 0}, ["/FileSize"]),
    ({**FILM, "FileSize": 100}, ["/FileSize"]),
    ({**FILM, "Title": "a" * 129}, ["/Title"]),
    ({**FILM, "Title": "字" * 43}, ["/Title"]),
    ({**FILM, "Description": "a" * 1025}, ["/Description"]),
    ({**FILM, "Tags": ["a"] * 17}, ["/Tags"]),
    ({**FILM, "Tags": ["a" * 33]}, ["/Tags"]),
    ({**FILM, "CoverURL": "http://127.0.0.1/c.png"}, ["/CoverURL"]),
    ({**FILM, "CateId": 5, "UserData": "{}"}, ["/CateId", "/UserData"]),
    ({**FILM, "ImageType": "default"}, ["/ImageType"]),
    ({"MediaType": "audio", **FILM}, ["/MediaType"]),
    ({"MediaType": ["video"], **FILM}, ["/MediaType"]),
    ({"MediaType": "Video", **FILM}, ["/MediaType"]),
    ({"MediaType": None, **FILM}, ["/MediaType"]),
    ({"MediaType": "image"}, ["/ImageType"]),
    ({**IMAGE, "ImageType": "Cover"}, ["/ImageType"]),
    ({**IMAGE, "ImageExt": "tiff"}, ["/ImageExt"]),
    ({**IMAGE, "FileName": "a.tiff"}, ["/FileName"]),
    ({**IMAGE, "FileSize": 100}, ["/FileSize"]),
    (
        {**IMAGE, "Title": "a" * 129, "Tags": [], "Description": ""},
        ["/Title", "/Description", "/Tags"],
    ),
    ({**IMAGE, "CoverURL": "https://cdn.example.com/c.png"}, ["/CoverURL"]),
    ({"MediaType": "attached"}, ["/BusinessType"]),
    ({**SUBTITLE, "BusinessType": "film"}, ["/BusinessType"]),
    ({**SUBTITLE, "MediaExt": "exe"}, ["/MediaExt"]),
    ({**SUBTITLE, "MediaExt": "png"}, ["/MediaExt"]),
    ({**SUBTITLE, "MediaExt": "png", "FileName": "a.srt"}, ["/MediaExt"]),
    ({"MediaType": "attached", "BusinessType": "subtitle"}, ["/MediaExt"]),
    ({"MediaType": "attached", "BusinessType": "subtitle", "FileName": "a"}, ["/MediaExt"]),
    ({"MediaType": "attached", "BusinessType": "watermark", "FileName": "a.srt"}, ["/FileName"]),
]


@pytest.mark.parametrize(("body", "named"), REFUSED)
def test_a_wrong_field_is_named_and_vod_is_not_asked(
    function: Any, body: Any, named: list[str]
) -> None:
    vod = StandInVod()
    with pytest.raises(InvalidRequest) as caught:
        function.upload(invocation(vod, body))
    assert fields_of(caught.value) == named
    first = caught.value.errors[0]
    assert caught.value.detail == f"{first.pointer[1:]} {first.reason}."
    assert not vod.asked


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"MediaType": "film"}, "must be one of video, image, attached"),
        (
            {"MediaType": "audio"},
            "must be one of video, image, attached: VOD handles audio as video, so send video",
        ),
        ({**FILM, "FileSize": 100}, "must be an integer from 1 to 99 bytes"),
        ({**IMAGE, "FileSize": 100}, "must be an integer from 1 to 99 bytes"),
        (
            {**IMAGE, "FileName": "a.tiff"},
            "must end in one of png, jpg, jpeg, gif, heic, webp for an image",
        ),
        ({**SUBTITLE, "MediaExt": "png"}, "must be one of srt, ass, stl, ttml, vtt for a subtitle"),
        (
            {"MediaType": "attached", "BusinessType": "watermark", "FileName": "a.srt"},
            "must end in one of png, gif, apng, mov for a watermark",
        ),
        ({**FILM, "UserData": "{}"}, "is set by the deployment and may not be sent"),
        ({**FILM, "Size": 5}, "is not a field of this call"),
    ],
)
def test_a_refusal_says_what_is_allowed(function: Any, body: Any, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        function.upload(invocation(StandInVod(), body))
    assert caught.value.errors[0].reason == reason


def test_a_title_counts_what_the_deployment_says(function: Any) -> None:
    title = "字" * 128
    settings = replace(SETTINGS, title_unit="characters")
    for body in ({**FILM, "Title": title}, {**IMAGE, "Title": title}, {**SUBTITLE, "Title": title}):
        vod = StandInVod()
        function.upload(invocation(vod, body, settings=settings))
        assert vod.asked[0][1]["title"] == title
        with pytest.raises(InvalidRequest):
            function.upload(invocation(vod, body))
    for body in ({"FileName": "字" * 128 + ".mp4"}, {**IMAGE, "FileName": "字" * 128 + ".png"}):
        vod = StandInVod()
        function.upload(invocation(vod, body, settings=settings))
        function.upload(invocation(vod, body))
        assert [given["title"] for _, given in vod.asked] == [title, "字" * 42]


def test_a_token_needs_the_scope(function: Any) -> None:
    vod = StandInVod()
    who = caller(scopes=frozenset({"vod:refresh", "vod:play"}))
    with pytest.raises(Forbidden, match="vod:upload"):
        function.upload(invocation(vod, FILM, who=who))
    assert not vod.asked


def test_a_query_has_no_field(function: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        function.upload(invocation(StandInVod(), FILM, query={"FileName": "a.mp4"}))
    assert fields_of(caught.value) == ["/FileName"]


@pytest.mark.parametrize(
    ("limits", "body", "refused"),
    [
        ({"upload_media": frozenset({"image"})}, FILM, "the MediaType video"),
        ({"upload_media": frozenset({"image"})}, IMAGE, ""),
        ({"upload_media": frozenset[str]()}, IMAGE, "the MediaType image"),
        ({"max_bytes": 50}, {**FILM, "FileSize": 50}, ""),
        ({"max_bytes": 50}, {**FILM, "FileSize": 51}, "at most 50 bytes"),
        ({"max_bytes": 50}, {**SUBTITLE, "FileSize": 51}, "at most 50 bytes"),
    ],
)
def test_a_token_may_limit_what_is_uploaded(
    function: Any, limits: dict[str, Any], body: dict[str, Any], refused: str
) -> None:
    vod = StandInVod()
    call = invocation(vod, body, who=caller(**limits))
    if not refused:
        assert function.upload(call)["ExpiresIn"] == 3000
        return
    with pytest.raises(Forbidden, match=refused):
        function.upload(call)
    assert not vod.asked


def test_a_token_that_limits_the_size_makes_it_required(function: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        function.upload(invocation(StandInVod(), FILM, who=caller(max_bytes=50)))
    assert caught.value.detail == "FileSize is required, because your token limits it."
    assert fields_of(caught.value) == ["/FileSize"]
    assert caught.value.errors[0].reason == "is required, because your token limits it"


def test_an_image(function: Any) -> None:
    vod = StandInVod()
    call = invocation(vod, IMAGE)
    answer = function.upload(call)
    assert answer["ImageId"] == IDS[0]
    assert answer["ImageURL"] == "https://images.example.com/a.png"
    assert call.log_line == {"MediaType": "image", "ImageId": IDS[0]}
    assert vod.sent("CreateUploadImage") == {"image_type": "default"}

    settings = replace(SETTINGS, cate_id=7, accelerate=True, app_id="app-1")
    vod = StandInVod()
    body = {**IMAGE, "FileName": "a/Beach.JPG", "Description": "d", "Tags": "a"}
    function.upload(invocation(vod, body, settings=settings))
    given = vod.sent("CreateUploadImage")
    assert json.loads(given.pop("user_data")).keys() == {"AccelerateConfig"}
    assert given == {
        "image_type": "default",
        "image_ext": "jpg",
        "original_file_name": "a/Beach.JPG",
        "title": "Beach",
        "description": "d",
        "tags": "a",
        "cate_id": 7,
        "app_id": "app-1",
    }


def test_the_extension_of_an_image_may_differ_from_its_name(function: Any) -> None:
    vod = StandInVod()
    body = {**IMAGE, "FileName": "a.tiff", "ImageExt": "PNG", "Title": "T"}
    function.upload(invocation(vod, body))
    given = vod.sent("CreateUploadImage")
    assert (given["image_ext"], given["title"]) == ("png", "T")
    assert given["original_file_name"] == "a.tiff"


def test_attached_media(function: Any) -> None:
    vod = StandInVod()
    call = invocation(vod, SUBTITLE)
    assert function.upload(call)["MediaId"] == IDS[0]
    assert call.log_line == {"MediaType": "attached", "MediaId": IDS[0]}
    assert vod.sent("CreateUploadAttachedMedia") == {
        "business_type": "subtitle",
        "media_ext": "srt",
    }

    settings = replace(SETTINGS, cate_ids=(0,), upload_callback=True, callback_url="https://u")
    vod = StandInVod()
    body = {"MediaType": "attached", "BusinessType": "material", "FileName": "x.MP4", "FileSize": 5}
    body |= {"Tags": ["a"], "Description": "d"}
    function.upload(invocation(vod, body, settings=settings, who=caller(cate_id=0)))
    given = vod.sent("CreateUploadAttachedMedia")
    assert json.loads(given.pop("user_data")) == {
        "MessageCallback": {"CallbackURL": "https://u", "CallbackType": "http"}
    }
    assert given == {
        "business_type": "material",
        "media_ext": "mp4",
        "file_name": "x.MP4",
        "file_size": "5",
        "title": "x",
        "description": "d",
        "tags": "a",
        "cate_ids": "0",
    }


@pytest.mark.parametrize("body", [IMAGE, SUBTITLE])
def test_only_videos_have_an_idempotency_key(function: Any, body: dict[str, Any]) -> None:
    vod = StandInVod()
    with pytest.raises(InvalidRequest, match="Idempotency-Key serves for videos only"):
        function.upload(invocation(vod, body, idempotency_key="key-1"))
    assert not vod.asked


@pytest.mark.parametrize("body", [IMAGE, SUBTITLE])
def test_a_refusal_of_vod_that_nobody_knows_is_502(function: Any, body: dict[str, Any]) -> None:
    vod = StandInVod()
    vod.faults = {
        name: [Rejected("Odd")] for name in ("CreateUploadImage", "CreateUploadAttachedMedia")
    }
    with pytest.raises(UpstreamError, match="unexpected reason"):
        function.upload(invocation(vod, body))


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 65, "a.b", "é", "key\n"])
def test_an_idempotency_key_has_64_plain_characters(function: Any, key: str) -> None:
    vod = StandInVod()
    with pytest.raises(InvalidRequest, match="Idempotency-Key must be 1 to 64"):
        function.upload(invocation(vod, FILM, idempotency_key=key))
    assert not vod.asked
    function.upload(invocation(vod, FILM, idempotency_key="aZ09_-" + "x" * 58))


def test_the_handler_answers_the_runtime(function: Any) -> None:
    context = type("Context", (), {"request_id": "1-abc"})
    answer = function.handler(b"{}", context)
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["RequestId"] == "1-abc"


def test_the_newest_owner_key_signs(function: Any) -> None:
    vod = StandInVod()
    function.upload(invocation(vod, FILM))
    assert vod.sent("CreateUploadVideo")["reference_id"][2:4] == KEYS[0].key_id
