"""What a request may look like before anybody reads its fields."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.web.body import json_object, parse_object, shallow
from shared.web.request import Request, read_event

HTTP = {"requestContext": {"http": {"method": "POST"}}}


def event(**members: Any) -> bytes:
    return json.dumps({**HTTP, **members}).encode()


def test_an_event_becomes_a_request() -> None:
    raw = base64.b64encode(b"\xff\x00{").decode()
    request = read_event(
        event(
            rawPath="/events/secret",
            headers={"Content-Type": "text/plain", "ORIGIN": "https://app.example.com"},
            queryParameters={"VideoId": "a"},
            body=raw,
            isBase64Encoded=True,
        )
    )
    assert request == Request(
        "POST",
        {"content-type": "text/plain", "origin": "https://app.example.com"},
        {"VideoId": "a"},
        b"\xff\x00{",
        "/events/secret",
    )
    assert request.origin == "https://app.example.com"


@pytest.mark.parametrize("empty", [{}, {"headers": None, "queryParameters": None, "body": None}])
def test_an_event_may_lack_headers_query_path_and_body(empty: dict[str, Any]) -> None:
    assert read_event(event(**empty)) == Request("POST", {}, {}, b"", "/")


def test_a_body_that_is_text_is_read_as_utf_8() -> None:
    assert read_event(event(body="é{}")).body == "é{}".encode()
    # A body is base64 only if the runtime says so.
    assert read_event(event(body="e30=", isBase64Encoded=False)).body == b"e30="
    assert read_event(event(body="e30=", isBase64Encoded="true")).body == b"e30="
    assert read_event(event(body="\ud800")).body == b"\xed\xa0\x80"


def test_a_repeated_header_is_joined_by_a_comma() -> None:
    headers = {"Authorization": "Bearer a", "authorization": "Bearer b", "X": "c"}
    assert read_event(event(headers=headers)).headers == {
        "authorization": "Bearer a,Bearer b",
        "x": "c",
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"requestContext": {}}',
        b"[" * 10000,
        json.dumps({"requestContext": {"http": {"method": 5}}}).encode(),
        event(rawPath=5),
        event(body=5),
        event(body={"a": 1}),
        event(headers=["a"]),
        event(headers={"Authorization": 5}),
        event(headers={"a": "b", "Authorization": ["Bearer a"]}),
        event(queryParameters={"VideoId": ["a"]}),
        event(body="e30", isBase64Encoded=True),
        event(body="e3 0=", isBase64Encoded=True),
    ],
)
def test_an_event_of_another_trigger_or_form_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_event(raw)
    assert caught.value.detail == "Call this function through its HTTP trigger."


def test_an_event_over_128_kib_is_refused_unread() -> None:
    largest = b" " * (128 * 1024)
    with pytest.raises(InvalidRequest):
        read_event(largest)
    with pytest.raises(PayloadTooLarge, match="131072 bytes"):
        read_event(largest + b" ")


def sent(text: bytes, **headers: str) -> dict[str, Any]:
    given = {"content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return json_object(Request("POST", given, {}, text))


@pytest.mark.parametrize("said", ["identity", " Identity ", "IDENTITY"])
def test_a_body_may_say_that_it_is_not_encoded(said: str) -> None:
    assert sent(b'{"a": 1}', content_encoding=said) == {"a": 1}


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({"content_type": ""}, "Send Content-Type: application/json, in UTF-8."),
        ({"content_type": "xxxx"}, "Send Content-Type: application/json, in UTF-8."),
        ({"content_encoding": "gzip"}, "Send the body without a Content-Encoding."),
        ({"content_encoding": "identity, gzip"}, "Send the body without a Content-Encoding."),
        ({"content_encoding": ""}, "Send the body without a Content-Encoding."),
    ],
)
def test_a_refused_media_type_says_what_to_send(headers: dict[str, str], detail: str) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        sent(b"{}", **headers)
    assert caught.value.detail == detail


def test_blanks_around_a_content_type_do_not_matter() -> None:
    assert sent(b"{}", content_type=" application/json ") == {}


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (b" ", "The body is empty: send a JSON object."),
        (b'{"a": 1, "a": 1}', "The body has the same key twice."),
        (b'{"a": [{"b": 1, "b": 2}]}', "The body has the same key twice."),
        (b"{", "The body is not valid JSON in UTF-8."),
        (b'{"a": Infinity}', "The body is not valid JSON in UTF-8."),
        ('{"a": "é"}'.encode("latin-1"), "The body is not valid JSON in UTF-8."),
        (b"[1]", "The body must be a JSON object."),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "The body may be nested at most 8 deep."),
    ],
)
def test_a_refused_body_says_why(text: bytes, detail: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent(text)
    assert caught.value.detail == detail


def test_a_body_has_at_most_16_kib() -> None:
    largest = b'{"a": "' + b"x" * (16 * 1024 - 9) + b'"}'
    assert len(sent(largest)["a"]) == 16 * 1024 - 9
    with pytest.raises(PayloadTooLarge, match="At most 16384 bytes"):
        sent(largest + b" ")
    with pytest.raises(PayloadTooLarge, match="At most 2 bytes"):
        parse_object(b"{ }", 2)
    assert parse_object(b"{}", 2) == {}


@pytest.mark.parametrize(
    ("value", "depth"), [(1, 0), ({}, 1), ([1, "a"], 1), ([{"a": []}, 1], 3), ({"a": [[]]}, 3)]
)
def test_depth_counts_objects_and_arrays_alike(value: Any, depth: int) -> None:
    assert shallow(value, depth)
    assert not depth or not shallow(value, depth - 1)
    assert not depth or not shallow([1, value], depth)
