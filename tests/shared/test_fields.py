"""Fields of a request: a field that VOD would refuse is refused here, by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alibaba.vod import records
from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.uploads import fields as media
from shared.web import fields
from shared.web.body import json_object
from shared.web.public_url import is_public
from shared.web.request import Request

JSON = {"content-type": "application/json"}


def body(text: bytes, headers: dict[str, str] = JSON) -> dict[str, Any]:
    return json_object(Request("POST", headers, {}, text))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"  \n",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"a": 1} x',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        b"[" * 16000,
        b'{"a":' * 3000 + b"1" + b"}" * 1000,
        json.dumps({"a": [[[[[[[[1]]]]]]]]}).encode(),
    ],
)
def test_a_body_that_is_not_a_valid_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidRequest):
        body(text)


def test_a_body_may_be_nested_eight_deep() -> None:
    assert body(json.dumps({"a": [[[[[[[1]]]]]]]}).encode())


def test_a_body_over_16_kib_is_refused() -> None:
    text = b'{"a": "' + b"x" * (16 * 1024) + b'"}'

    with pytest.raises(PayloadTooLarge):
        body(text)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json, application/json"},
        {"content-type": "application/x-www-form-urlencoded"},
        {**JSON, "content-encoding": "gzip"},
    ],
)
def test_another_media_type_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(UnsupportedMediaType):
        body(b'{"a": 1}', headers)


@pytest.mark.parametrize("end", ["utf-8", "UTF-8", "utf8", "UTF8", '"utf-8"', '"utf8"'])
@pytest.mark.parametrize("before", ["; charset=", ";charset=", " ; Charset = "])
def test_utf_8_in_any_spelling_is_json(before: str, end: str) -> None:
    assert body(b'{"a": 1}', {"content-type": f"application/json{before}{end}"}) == {"a": 1}


def test_every_fault_is_listed_with_its_field() -> None:
    given = {"VideoId": "X", "UserData": "{}", "a/b~\n": 1}

    with pytest.raises(InvalidRequest) as caught:
        fields.check(
            given, {"VideoId": fields.video_id, "Title": media.title}, frozenset({"Title"})
        )

    listed = {error.pointer: error.reason for error in caught.value.errors}
    assert set(listed) == {"/VideoId", "/UserData", "/a~1b~0\\x0a", "/Title"}
    assert "deployment" in listed["/UserData"]


@given(st.dictionaries(st.text(max_size=80), st.integers() | st.text() | st.none(), max_size=4))
def test_a_refusal_can_be_shown_for_any_field_name(given_fields: dict[str, Any]) -> None:
    if not given_fields:
        return
    with pytest.raises(InvalidRequest) as caught:
        fields.check(given_fields, {})

    assert caught.value.detail.isprintable()
    json.dumps(caught.value.members, ensure_ascii=False).encode("ascii")


@pytest.mark.parametrize("value", ["a.mp4", "A.MP4", "/sd/x/é.MoV", "C:\\dir\\b.webm", "曲.mp3"])
def test_file_names_that_vod_accepts_are_accepted(value: str) -> None:
    assert media.file_name(value) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        " ",
        "a",
        "mp4",
        "a.exe",
        "a.mp4.exe",
        "a.mp4\x00",
        "a\n.mp4",
        "\ud800.mp4",
        "x" * 512 + ".mp4",
        "a.mp4/",
        "a.mp4 /b",
    ],
)
def test_file_names_that_vod_refuses_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        media.file_name(value)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("holiday.mp4", "holiday"),
        ("/storage/emulated/0/My film.final.mov", "My film.final"),
        ("C:\\fakepath\\clip.mp4", "clip"),
        ("sunset 🌅 beach.mp4", "sunset beach"),
        ("🌅.mp4", "untitled"),
        ("字" * 60 + ".mp4", "字" * 42),
    ],
)
def test_a_default_title_is_made_from_the_file_name(name: str, title: str) -> None:
    assert media.title_of(media.file_name(name)) == title


@given(st.text(min_size=1))
def test_titles_that_vod_accepts_are_accepted(value: str) -> None:
    try:
        title = media.title(value)
    except ValueError:
        return
    assert 1 <= len(title.encode("utf-8")) <= 128
    assert title.isprintable() or "\u00ad" in title or not title.isascii()


@pytest.mark.parametrize("value", ["a" * 129, "字" * 43, "a🌅", "a\u2764\ufe0f", "a\tb", 5, None])
def test_titles_that_vod_refuses_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        media.title(value)


@pytest.mark.parametrize("mark", list("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
def test_text_with_direction_marks_is_refused(mark: str) -> None:
    for check, value in (
        (media.file_name, f"a{mark}gpj.mp4"),
        (media.plain_file_name, f"a{mark}gpj.png"),
        (media.title, f"a{mark}b"),
    ):
        with pytest.raises(ValueError, match="direction of writing"):
            check(value)


def test_a_title_limit_may_count_characters() -> None:
    assert media.title("字" * 128, unit="characters") == "字" * 128
    with pytest.raises(ValueError, match="128 characters"):
        media.title("a" * 129, unit="characters")
    assert media.title_of("字" * 200 + ".mp4", unit="characters") == "字" * 128


@pytest.mark.parametrize("value", ["one\ntwo", "one\r\ntwo\r\n\r\nthree"])
def test_a_description_may_have_several_lines(value: str) -> None:
    assert media.description(value) == value
    for check in (media.title, media.file_name):
        with pytest.raises(ValueError, match="control characters"):
            check(value)


@pytest.mark.parametrize("value", ["a\tb", "a\x00", "\n", "\u2028a"])
def test_a_description_has_no_other_control_characters(value: str) -> None:
    with pytest.raises(ValueError, match="must not"):
        media.description(value)


@pytest.mark.parametrize(
    ("value", "tags"), [("a,b", "a,b"), (["a", "b "], "a,b"), (["字" * 32], "字" * 32)]
)
def test_tags_may_be_text_or_an_array(value: Any, tags: str) -> None:
    assert media.tags(value) == tags


@pytest.mark.parametrize(
    "value",
    ["", "a,,b", ["a"] * 17, [], ["a,b"], ["x" * 33], ["🌅"], [5], {"a": 1}, 5, "a," * 16 + "b"],
)
def test_tags_that_vod_refuses_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        media.tags(value)


@pytest.mark.parametrize(
    "value",
    [
        "https://a.example/x.jpg?y=1",
        "http://cdn.example.com:8080/c.png",
        "https://cdn.example.com",
        "https://cdn.example.com.?a=//127.0.0.1/",
        "https://CDN.Example.com/a@b",
        "https://my_bucket.oss-cn-shanghai.aliyuncs.com/c.png#top",
        "https://xn--fiq228c.xn--fiqs8s/c.png",
        "https://127.example.com/c.png",
        "https://local.example.com/",
    ],
)
def test_valid_cover_urls_are_accepted(value: str) -> None:
    assert media.cover_url(value) == value
    assert is_public(value)


LITERAL = [
    *("127.0.0.1", "127.1", "127.0.0.1.", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1"),
    *("0", "8.8.8.8", "100.100.100.200", "169.254.169.254", "1.2.3.0xff", "a.1", "example.0x7f"),
    *("[::1]", "[::1]:8080", "[2001:db8::1]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "::1"),
]
LOCAL = [
    *("localhost", "LOCALHOST", "localhost.", "app.localhost", "metadata", "printer.local"),
    *("metadata.google.internal", "nas.lan", "router.home.arpa", "intranet.corp", "a.b.private"),
    *(
        "x.test",
        "x.invalid",
        "x.onion",
        "host.docker.internal",
        "vod.default.svc",
        "localhost.localdomain",
    ),
    *("1.0.0.127.in-addr.arpa", "x.intranet", "x.home", "x.mail", "x.domain", "x.alt"),
]
ODD = [
    *("", ".", "a", "a.", ".example.com", "a..example.com", "-a.example.com", "a-.example.com"),
    *("example.c", "example.com:", "example.com:0", "example.com:65536", "example.com:x"),
    *("user@example.com", "example.com@127.0.0.1", "127.0.0.1\\@example.com", "%31%32%37.0.0.1"),
    *("example.com\\.127.0.0.1", "ex ample.com", "exa\tmple.com", "a" * 64 + ".example.com"),
    *(
        "a." * 127 + "com",
        "bücher.example",
        "１２７.0.0.1",
        "example。com",
        "example.com,127.0.0.1",
    ),
]


@pytest.mark.parametrize("host", [*LITERAL, *LOCAL, *ODD])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_cover_url_names_a_public_host(scheme: str, host: str) -> None:
    for value in (f"{scheme}://{host}", f"{scheme}://{host}/c.png"):
        assert not is_public(value)
        with pytest.raises(ValueError, match="must"):
            media.cover_url(value)


@pytest.mark.parametrize("host", [*LITERAL, *LOCAL])
def test_a_cover_of_vod_without_a_public_host_is_not_passed_on(host: str) -> None:
    info = {"VideoId": "f" * 32, "Status": "Normal", "CreationTime": "2026-11-24T12:00:00Z"}
    assert records.video({**info, "CoverURL": f"http://{host}/c.png"}, 0.0).cover_url == ""
    signed = "http://example.aliyundoc.com/c.png?Expires=1&Signature=封面"
    assert records.video({**info, "CoverURL": signed}, 0.0).cover_url == signed


NO_DURATIONS: list[Any] = [
    *(None, True, "", "soon", [], {}, -1, "-1"),
    *("nan", "Infinity", "-inf", 1e400, 10**400, "1e400", 1e9),
]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (12.5, 12.5),
        ("12.5", 12.5),
        (7, 7.0),
        *[(odd, 0.0) for odd in NO_DURATIONS],
    ],
)
def test_a_duration_is_a_number_of_seconds(said: Any, seconds: float) -> None:
    info = {"VideoId": "f" * 32, "Status": "Normal", "CreationTime": "2026-11-24T12:00:00Z"}
    assert records.video({**info, "Duration": said}, 0.0).duration == seconds


@pytest.mark.parametrize(
    "value",
    [
        "ftp://a.example/x",
        "javascript:alert(1)",
        "//a.example/x",
        "https://",
        "https://a.example/a b",
        "https://a.example/封面",
        'https://a.example/"',
        *("https://a.example/\\x", "https://a.example?\\x", "https://a.example#\\x"),
        "https://a.example/" + "a" * 1024,
        5,
    ],
)
def test_invalid_cover_urls_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        media.cover_url(value)


@pytest.mark.parametrize(
    "value", [0, -1, 0.0, 1.5, "5", True, None, 10**20, 1e20, float("inf"), [1]]
)
def test_a_size_must_be_a_positive_integer_within_the_limit(value: Any) -> None:
    with pytest.raises(ValueError, match="from 1 to 100 bytes"):
        fields.integer(value, 1, 100, "bytes")


@pytest.mark.parametrize(("value", "number"), [(5, 5), (5.0, 5), (1e2, 100), (1.0, 1)])
def test_a_number_without_a_fraction_is_an_integer(value: Any, number: int) -> None:
    found = fields.integer(value, 1, 100)
    assert (found, type(found)) == (number, int)


@pytest.mark.parametrize(
    "value", ["0100", "1e2", " 100", "٣٠٠", "3٠٠", "99", "3001", "", "100,200", None]
)
def test_a_timeout_in_a_query_must_be_plain_decimal(value: Any) -> None:
    with pytest.raises(ValueError, match="from 100 to 3000"):
        fields.decimal(value, 100, 3000)
