"""The fields of POST /upload for a video: defaults, limits, and fields that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from fakealiyun.vod.media import Media
from fakealiyun.vod.settings import NO_TRANSCODE, TRANSCODE
from tests.support.house import House

EMOJI = "\U0001f3ac"


def media(house: House, video_id: str) -> Media:
    found = house.cloud.vod.library.get(video_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("holiday.mp4", "holiday"),
        ("/storage/emulated/0/DCIM/holiday.mp4", "holiday"),
        ("C:\\Users\\ann\\holiday.MP4", "holiday"),
        ("two.dots.mp4", "two.dots"),
        (f"my {EMOJI} film.mp4", "my film"),
        (f"{EMOJI}.mp4", "untitled"),
        ("a" * 200 + ".mp4", "a" * 128),
        ("片" * 60 + ".mp4", "片" * 42),
        ("x" + "é" * 100 + ".mp4", "x" + "é" * 63),
    ],
)
def test_the_title_defaults_to_the_file_name(
    house: House, alice: str, file_name: str, title: str
) -> None:
    assert media(house, house.begun(alice, FileName=file_name)).title == title


def test_every_given_field_reaches_vod(house: House, alice: str) -> None:
    given = {
        "FileName": "talk.mov",
        "Title": "Ein Vortrag – 一次演讲",
        "Description": "With slides.",
        "Tags": ["one", "two words", "drei"],
        "CoverURL": "https://cdn.example.com/cover.jpg?w=1&h=2",
        "FileSize": 123,
        "MediaType": "video",
    }
    found = media(house, house.begun(alice, **given))
    assert found.title == given["Title"]
    assert found.description == given["Description"]
    assert found.tags == "one,two words,drei"
    assert found.cover_url == given["CoverURL"]
    assert found.file_name == "talk.mov"
    assert found.key.endswith(".mov")


def test_the_deployment_sets_the_parameters_that_cost_money(house: House, alice: str) -> None:
    plain = media(house, house.begun(alice))
    assert (plain.template_group_id, plain.cate_id) == (NO_TRANSCODE, None)
    chosen = media(house, house.at("chosen").begun(alice))
    assert (chosen.template_group_id, chosen.cate_id) == (TRANSCODE, 1000000001)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("FileName", "f" * 508 + ".mp4"),
        ("FileName", "sound.MP3"),
        ("FileSize", 1),
        ("FileSize", 48_800_000_000_000),
        ("Title", "t" * 128),
        ("Title", "片" * 42),
        ("Description", "d" * 1024),
        ("Tags", ["t" * 32] * 16),
        ("Tags", ["片" * 32] * 16),
        ("Tags", ",".join(["t"] * 16)),
        ("CoverURL", "http://example.com/c.png"),
        ("CoverURL", "https://example.com/".ljust(1024, "c")),
        ("CoverURL", "http://example.com/".ljust(1024, "c")),
    ],
)
def test_the_largest_allowed_value_is_accepted(
    house: House, alice: str, field: str, value: Any
) -> None:
    assert house.upload(alice, **{field: value}).status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("FileName", ""),
        ("FileName", " "),
        ("FileName", "film"),
        ("FileName", "film."),
        ("FileName", "film.exe"),
        ("FileName", "film.mp4/"),
        ("FileName", "film.mp4\n"),
        ("FileName", "f\x00.mp4"),
        ("FileName", "f" * 509 + ".mp4"),
        ("FileName", 5),
        ("FileName", None),
        ("FileName", ["film.mp4"]),
        ("FileSize", 0),
        ("FileSize", -1),
        ("FileSize", 1.5),
        ("FileSize", 1e-3),
        ("FileSize", "1"),
        ("FileSize", True),
        ("FileSize", None),
        ("FileSize", 48_800_000_000_001),
        ("FileSize", 10**400),
        ("Title", ""),
        ("Title", "\t"),
        ("Title", "t" * 129),
        ("Title", "片" * 43),
        ("Title", f"film {EMOJI}"),
        ("Title", "two\nlines"),
        ("Title", "a\u2028b"),
        ("Title", "\x7f"),
        ("Title", {}),
        ("Description", "d" * 1025),
        ("Description", "❤️"),
        ("Description", ""),
        ("Description", 1),
        ("Tags", ["t"] * 17),
        ("Tags", ",".join("t" * 17)),
        ("Tags", ["t" * 33]),
        ("Tags", ["片" * 33]),
        ("Tags", ["a,b"]),
        ("Tags", []),
        ("Tags", ""),
        ("Tags", "a,,b"),
        ("Tags", [1]),
        ("Tags", [["a"]]),
        ("Tags", [EMOJI]),
        ("Tags", {"a": "b"}),
        ("CoverURL", "ftp://example.com/c.png"),
        ("CoverURL", "javascript:alert(1)"),
        ("CoverURL", "//example.com/c.png"),
        ("CoverURL", "c.png"),
        ("CoverURL", "https://"),
        ("CoverURL", "https://user:word@example.com/c.png"),
        ("CoverURL", "https://example.com/a b"),
        ("CoverURL", "https://example.com\\c.png"),
        ("CoverURL", "https://[::1/c.png"),
        ("CoverURL", "http://[::1]/c.png"),
        ("CoverURL", "http://100.100.100.200/latest/meta-data"),
        ("CoverURL", "http://2130706433/c.png"),
        ("CoverURL", "http://localhost/c.png"),
        ("CoverURL", "https://printer.local/c.png"),
        ("CoverURL", "https://example.com/" + "c" * 1024),
        ("CoverURL", 1),
    ],
)
def test_a_value_over_the_limit_names_the_field_and_vod_gets_no_call(
    house: House, alice: str, field: str, value: Any
) -> None:
    assert house.upload(alice, **{field: value}).pointers() == [f"/{field}"]
    assert house.calls() == {}


@pytest.mark.parametrize(
    "field",
    [
        "TemplateGroupId",
        "WorkflowId",
        "StorageLocation",
        "AppId",
        "CateId",
        "CateIds",
        "UserData",
        "ReferenceId",
    ],
)
def test_a_field_that_the_deployment_sets_is_refused_by_name(
    house: House, alice: str, field: str
) -> None:
    refused = house.upload(alice, **{field: "1"})
    assert refused.pointers() == [f"/{field}"]
    assert "deployment" in refused.json()["errors"][0]["reason"]
    assert house.calls() == {}


@pytest.mark.parametrize("field", ["filename", "Filename", "FileNames", "VideoId", "", "~", "a/b"])
def test_an_unknown_field_is_refused_by_name(house: House, alice: str, field: str) -> None:
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    assert house.upload(alice, **{field: "x"}).pointers() == [pointer]
    assert house.calls() == {}


def test_one_answer_names_every_wrong_field(house: House, alice: str) -> None:
    wrong = house.post("/upload", alice, {"Title": "", "FileSize": "5", "AppId": "a", "x": 1})
    assert wrong.pointers() == ["/AppId", "/FileName", "/FileSize", "/Title", "/x"]
    assert house.calls() == {}


@pytest.mark.parametrize("value", ["audio", "VIDEO", "", None, 1, ["video"], {"video": 1}])
def test_an_unknown_media_type_is_refused(house: House, alice: str, value: Any) -> None:
    assert house.upload(alice, MediaType=value).pointers() == ["/MediaType"]
    assert house.calls() == {}


def test_the_deployment_limits_the_file_size(house: House, alice: str) -> None:
    chosen = house.at("chosen")
    assert chosen.upload(alice, FileSize=1_000_000).status == 200
    refused = chosen.upload(alice, FileSize=1_000_001)
    assert refused.pointers() == ["/FileSize"]
    assert "1000000 bytes" in refused.json()["detail"]


def test_a_query_is_refused(house: House, alice: str) -> None:
    assert house.post("/upload?Title=x", alice, {"FileName": "a.mp4"}).pointers() == ["/Title"]
    assert house.post("/refresh?a=b", alice, {"VideoId": "0" * 32}).pointers() == ["/a"]
    assert house.calls() == {}


VIDEO_IDS = ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 31 + "\n", 5, None, ["0" * 32], {}]


@pytest.mark.parametrize("video_id", VIDEO_IDS)
def test_an_invalid_video_id_causes_no_call(house: House, alice: str, video_id: Any) -> None:
    assert house.post("/refresh", alice, {"VideoId": video_id}).pointers() == ["/VideoId"]
    assert house.calls() == {}


@pytest.mark.parametrize("query", ["", "?", "?VideoId", "?VideoId=", "?VideoId=0", "?VideoId=%00"])
def test_an_invalid_video_id_in_the_query_causes_no_call(
    house: House, alice: str, query: str
) -> None:
    headers = {"Authorization": f"Bearer {alice}"}
    assert house.send("GET", f"/play{query}", headers).pointers() == ["/VideoId"]
    assert house.calls() == {}


def test_refresh_accepts_only_a_video_id(house: House, alice: str) -> None:
    asked = {"VideoId": "0" * 32, "FileName": "a.mp4", "UserData": "{}"}
    assert house.post("/refresh", alice, asked).pointers() == ["/FileName", "/UserData"]
    assert house.post("/refresh", alice, {}).pointers() == ["/VideoId"]
    assert house.calls() == {}


@pytest.mark.parametrize(
    "timeout", ["99", "3001", "0", "-100", "1e2", "100.0", "0100", "+100", "%20100", "９９９", ""]
)
def test_a_timeout_outside_the_range_of_vod_is_refused(
    house: House, alice: str, timeout: str
) -> None:
    quoted = timeout.encode().decode("latin-1") if timeout.isascii() else "%EF%BC%99" * 3
    refused = house.play(alice, "0" * 32, AuthInfoTimeout=quoted)
    assert refused.pointers() == ["/AuthInfoTimeout"]
    assert house.calls() == {}


def test_the_deployment_limits_the_timeout(house: House, alice: str) -> None:
    refused = house.at("chosen").play(alice, "0" * 32, AuthInfoTimeout=201)
    assert refused.pointers() == ["/AuthInfoTimeout"]
    assert "100 to 200" in refused.json()["detail"]


def test_play_refuses_other_parameters(house: House, alice: str) -> None:
    refused = house.play(alice, "0" * 32, AuthTimeout=100, videoid=1)
    assert refused.pointers() == ["/AuthTimeout", "/videoid"]
    twice = house.play(alice, "0" * 32, VideoId="0" * 32)
    assert twice.pointers() == ["/VideoId"]
    assert house.calls() == {}
