"""Fields at their limits: the longest text that is taken, and what a refusal says of one more."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from shared.config.settings import Settings
from shared.errors import InvalidRequest
from shared.uploads import fields as media
from shared.web import fields

SETTINGS = Settings(max_file_size=99)

LONGEST: list[tuple[Callable[[Any], Any], Any, Any]] = [
    # check, the longest value, and the same with one more
    (media.file_name, "a" * 508 + ".mp4", "a" * 509 + ".mp4"),
    (media.plain_file_name, "é" * 256, "é" * 256 + "a"),
    (media.title, "é" * 64, "é" * 64 + "a"),
    (partial(media.title, unit="characters"), "é" * 128, "é" * 129),
    (media.description, "é" * 512, "é" * 512 + "a"),
    (media.tags, ",".join("a" * 16), ",".join("a" * 17)),
    (media.tags, ["é" * 32], ["é" * 33]),
    (media.cover_url, "https://a.example/" + "x" * 1006, "https://a.example/" + "x" * 1007),
    (fields.video_id, "0123456789abcdef" * 2, "0123456789abcdef" * 2 + "0"),
]


@pytest.mark.parametrize(("check", "longest", "longer"), LONGEST)
def test_one_more_is_refused(check: Callable[[Any], Any], longest: Any, longer: Any) -> None:
    assert check(longest) == (",".join(longest) if isinstance(longest, list) else longest)
    with pytest.raises(ValueError, match="must"):
        check(longer)


REASONS: list[tuple[Callable[[Any], Any], Any, str]] = [
    (media.title, "a" * 129, "must be at most 128 bytes of UTF-8"),
    (partial(media.title, unit="characters"), "a" * 129, "must be at most 128 characters"),
    (media.title, 5, "must be a string"),
    (media.title, " ", "must not be empty"),
    (media.title, "a\tb", "must not hold control characters"),
    (media.title, "\ud800", "must be valid Unicode text"),
    (media.title, "a🌅", "must not hold emoji"),
    (media.title, "\u202ea", "must not hold characters that change the direction of writing"),
    (media.description, "a" * 1025, "must be at most 1024 bytes of UTF-8"),
    (media.tags, "", "must not be empty"),
    (media.tags, [], "must be 1 to 16 tags, in an array or separated by commas"),
    (media.tags, ["a,b"], "must not hold a comma within a tag"),
    (media.tags, ["a" * 33], "must be at most 32 characters"),
    (
        media.cover_url,
        "ftp://a.example",
        "must be an absolute http or https URL, percent-encoded, of a public host name",
    ),
    (fields.video_id, "A" * 32, "must be 32 lower-case hexadecimal digits"),
    (partial(fields.choice, choices=("a", "b")), "c", "must be one of a, b"),
    (partial(fields.integer, low=1, high=5), 6, "must be an integer from 1 to 5"),
    (
        partial(fields.integer, low=1, high=5, unit="bytes"),
        0,
        "must be an integer from 1 to 5 bytes",
    ),
    (partial(fields.decimal, low=1, high=5, unit="s"), "6", "must be an integer from 1 to 5 s"),
]


@pytest.mark.parametrize(("check", "value", "reason"), REASONS)
def test_a_reason_says_what_is_allowed(
    check: Callable[[Any], Any], value: Any, reason: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        check(value)
    assert str(caught.value) == reason


@pytest.mark.parametrize(("value", "number"), [("1", 1), ("9999999999", 9999999999), ("10", 10)])
def test_a_query_holds_plain_decimal_numbers(value: str, number: int) -> None:
    assert fields.decimal(value, 1, 10**10) == number
    for wrong in (f"0{value}", f"{value}.0", f"+{value}", f"{value} ", number, "0", "1" * 11):
        with pytest.raises(ValueError, match="must be an integer"):
            fields.decimal(wrong, 0, 10**12)


def test_a_file_name_without_an_extension_of_vods_lists_them() -> None:
    for wrong in (
        "a.exe",
        "mp4",
        ".mp4",
        "a.mp4.",
        "a.ｍｐ４",
        "dir.mp4/a",
        "a.\u212a3u8",
        "a. mp4",
    ):
        if wrong == ".mp4":
            assert media.file_name(wrong) == "untitled.mp4"
            continue
        with pytest.raises(ValueError, match="must end in one of the extensions 3gp, aac, ac3,"):
            media.file_name(wrong)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.MP4", "mp4"),
        ("dir/a.b.Mov", "mov"),
        ("C:\\dir.x\\a.ts", "ts"),
        ("a", ""),
        (".mp4", ""),
        ("a.", ""),
        ("dir.mp4/a", ""),
        ("a.\u212a", ""),  # whose lower case is a plain k
        ("", ""),
    ],
)
def test_the_extension_of_a_name(name: str, found: str) -> None:
    assert media.extension(name) == found


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("🌅.png", ".png"),
        ("🌅", "untitled"),
        ("  a  🌅  b.png ", "a b.png"),
    ],
)
def test_a_plain_file_name_loses_its_emoji(name: str, title: str) -> None:
    assert media.plain_file_name(name) == title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("a.b.mp4", "a.b"),
        ("dir/.mp4", ".mp4"),
        (" .mp4", "untitled"),
        ("a", "a"),
        ("é" * 70 + ".mp4", "é" * 64),
        ("a" + "é" * 70 + ".mp4", "a" + "é" * 63),
        ("a" * 127 + " b.mp4", "a" * 127),
    ],
)
def test_a_title_from_a_file_name(name: str, title: str) -> None:
    assert media.title_of(name, "bytes") == title


def test_a_title_may_be_cut_at_characters() -> None:
    assert media.title_of("é" * 127 + " b.mp4", "characters") == "é" * 127
    assert media.title_of("é" * 129 + ".mp4", "characters") == "é" * 128


@pytest.mark.parametrize(
    ("make", "field", "value", "taken"),
    [
        (media.image_fields, "ImageExt", "PNG", "png"),
        (media.attached_fields, "MediaExt", "Srt", "srt"),
        (media.attached_fields, "MediaExt", "apk", "apk"),
        (media.video_fields, "FileSize", 99, 99),
        (media.image_fields, "FileSize", 99.0, 99),
    ],
)
def test_a_field_in_another_spelling_is_taken(
    make: Callable[[Settings], Any], field: str, value: Any, taken: Any
) -> None:
    assert make(SETTINGS)[field](value) == taken


@pytest.mark.parametrize("make", [media.image_fields, media.attached_fields])
@pytest.mark.parametrize("wrong", [5, None, ["png"], True, "\u212a", "", "exe", "png "])
def test_an_extension_of_another_type_is_refused(
    make: Callable[[Settings], Any], wrong: Any
) -> None:
    name = "ImageExt" if make is media.image_fields else "MediaExt"
    with pytest.raises(ValueError, match="must be one of"):
        make(SETTINGS)[name](wrong)


def test_fields_are_checked_and_named_together() -> None:
    allowed: dict[str, fields.Check] = {"A": int, "B": int, "C": int}
    assert fields.check({"A": "1", "C": "3"}, allowed, frozenset({"A"})) == {"A": 1, "C": 3}
    with pytest.raises(InvalidRequest) as caught:
        fields.check({"C": "x", "AppId": 1, "D": 2}, allowed, frozenset({"A", "B"}))
    assert [(error.pointer, error.reason) for error in caught.value.errors] == [
        ("/AppId", "is set by the deployment and may not be sent"),
        ("/D", "is not a field of this call"),
        ("/A", "is required"),
        ("/B", "is required"),
        ("/C", "invalid literal for int() with base 10: 'x'"),
    ]
    assert caught.value.detail == "AppId is set by the deployment and may not be sent."


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("a" * 64, "/" + "a" * 64),
        ("a" * 65, "/" + "a" * 64),
        ("a/b~c", "/a~1b~0c"),
        ("é", "/\\xe9"),
        ("字", "/\\u5b57"),
        ("a\nb\x7f", "/a\\x0ab\\x7f"),
        ("/", "/~1"),
    ],
)
def test_a_pointer_is_printable_and_short(name: str, pointer: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        fields.check({name: 1}, {})
    assert caught.value.errors[0].pointer == pointer


@pytest.mark.parametrize("control", ["\x00", "\x1f", "\x7f", "\x80", "\x9f", "\u2028", "\u2029"])
def test_no_text_holds_a_control_character(control: str) -> None:
    for line_breaks in (False, True):
        with pytest.raises(ValueError, match="control characters"):
            fields.text(f"a{control}b", line_breaks=line_breaks)
    for fine in ("a b", "a~b", "a\xa0b", "a\u2027b", "a\u202ab"):
        assert fields.text(fine) == fine


def test_line_breaks_are_allowed_where_a_field_says_so() -> None:
    assert fields.text("a\r\nb", line_breaks=True) == "a\r\nb"
    for wrong in ("a\rb", "a\nb"):
        with pytest.raises(ValueError, match="control characters"):
            fields.text(wrong)
