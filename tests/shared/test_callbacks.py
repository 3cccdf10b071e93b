"""Which media a callback is about, with all the irregularities of VOD's callbacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.events import callback
from shared.events.callback import UnreadableCallback

A, B, C = "a" * 32, "b" * 32, "c" * 32
OF_VIDEO = (
    "FileUploadComplete UploadByURLComplete StreamTranscodeComplete TranscodeComplete "
    "SnapshotComplete VideoAnalysisComplete DynamicImageComplete AddLiveRecordVideoComplete "
    "LiveRecordVideoComposeStart CreateAuditComplete AIMediaAuditComplete AIMediaDNAComplete "
    "AIVideoTagComplete ProduceMediaComplete WorkflowTaskComplete"
).split()
OF_ANY = ("MediaBaseChangeComplete", "DeleteMediaComplete", "UpdateMediaStorageClassComplete")


def about(event_type: str, **members: Any) -> tuple[bool, str | None, str | None]:
    read = callback.read(json.dumps({"EventType": event_type, **members}))
    assert read.event_type == event_type
    return read.known, read.media_type, read.media_id


ROWS: list[tuple[str, dict[str, Any], tuple[bool, str | None, str | None]]] = [
    *((name, {"VideoId": A, "MediaId": B}, (True, "video", A)) for name in OF_VIDEO),
    *((name, {"MediaId": B}, (True, "video", B)) for name in OF_VIDEO),
    ("ImageUploadComplete", {"ImageId": A, "MediaId": B, "VideoId": C}, (True, "image", A)),
    ("ImageUploadComplete", {"MediaId": B}, (True, "image", None)),
    ("AttachedMediaUploadComplete", {"AttachedMediaId": A, "MediaId": B}, (True, "attached", A)),
    ("AttachedMediaUploadComplete", {"MediaId": B, "VideoId": C}, (True, "attached", B)),
    *((name, {"MediaId": A, "VideoId": B, "ImageId": C}, (True, "video", A)) for name in OF_ANY),
    *((name, {"VideoId": B, "ImageId": C}, (True, "video", B)) for name in OF_ANY),
    *((name, {"ImageId": C, "MediaType": "image"}, (True, "image", C)) for name in OF_ANY),
    ("DeleteMediaComplete", {"MediaId": A, "MediaType": " Attached "}, (True, "attached", A)),
    ("DeleteMediaComplete", {"MediaId": A, "MediaType": "VIDEO"}, (True, "video", A)),
    *((name, {"MediaId": A, "MediaType": "audio"}, (False, None, None)) for name in OF_ANY),
    ("DeleteMediaComplete", {"MediaId": A, "MediaType": 5}, (False, None, None)),
    ("RestoreMediaComplete", {"MediaId": A}, (True, None, None)),
    ("SubmitMediaRefreshComplete", {"MediaId": A}, (True, None, None)),
    ("SomethingNew", {"VideoId": A, "MediaId": B}, (False, None, None)),
    ("FileUploadComplete", {"VideoId": f" {A} "}, (True, "video", A)),
    ("FileUploadComplete", {"VideoId": "../x", "MediaId": B}, (True, "video", B)),
    ("FileUploadComplete", {"VideoId": 5}, (True, "video", None)),
    ("FileUploadComplete", {"VideoId": A.upper()}, (True, "video", None)),
    ("FileUploadComplete", {}, (True, "video", None)),
]


@pytest.mark.parametrize(("event_type", "members", "expected"), ROWS)
def test_the_type_decides_which_member_names_the_media(
    event_type: str, members: dict[str, Any], expected: Any
) -> None:
    assert about(event_type, **members) == expected


def test_names_and_types_may_have_blanks_around_them() -> None:
    """As in VOD's documented samples."""
    read = callback.read(json.dumps({"EventType ": " FileUploadComplete ", " VideoId": A, "b ": 1}))
    assert (read.event_type, read.media_id) == ("FileUploadComplete", A)
    assert read.body == {"EventType": " FileUploadComplete ", "VideoId": A, "b": 1}
    assert A not in repr(read.body) or "body" not in repr(read)


@pytest.mark.parametrize("length", [1, 64])
def test_a_type_has_up_to_64_letters_and_digits(length: int) -> None:
    assert callback.read(json.dumps({"EventType": "A" * length})).known is False
    assert callback.read(b'{"EventType": "A9"}').event_type == "A9"


NO_TYPES: list[Any] = [None, 5, "", "A" * 65, "A.B", "A\nB", []]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '"a"', "null", "{}", "[" * 100_000, "\ud800", '{"a": NaN'),
        *(json.dumps({"EventType": odd}) for odd in NO_TYPES),
        '{"EventType": "A", "a": ' + '{"a":' * 16 + "1" + "}" * 16 + "}",
        # What Python reads, but no other program that the callback is passed on to.
        *(f'{{"EventType": "A", "a": [{odd}]}}' for odd in ("NaN", "-Infinity", "1e999", "-1e999")),
    ],
)
def test_what_is_no_callback_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(UnreadableCallback) as raised:
        callback.read(text)
    assert str(raised.value) in (
        "not JSON",
        "not an object, or nested too deep",
        "no EventType",
    )


def test_numbers_are_passed_on_as_they_are() -> None:
    text = '{"EventType": "A", "a": [1, -2.5, 1e300, 0.1]}'
    assert json.dumps(callback.read(text).body) == text.replace("1e300", "1e+300")


def test_a_callback_may_be_nested_as_deep_as_sixteen() -> None:
    text = '{"EventType": "A", "a": ' + '{"a":' * 14 + "1" + "}" * 14 + "}"
    assert callback.read(text).event_type == "A"


def test_a_message_of_the_app_names_one_video() -> None:
    assert callback.video_id_in(json.dumps({"VideoId": A})) == A
    texts = ["[]", "{}", "5", json.dumps({"VideoId": 5}), json.dumps({"MediaId": A}), "{"]
    for text in texts:
        with pytest.raises(ValueError):  # noqa: PT011  json says why
            callback.video_id_in(text)
    with pytest.raises(ValueError, match=r"^nested too deep$"):
        callback.video_id_in("[" * 100_000)
