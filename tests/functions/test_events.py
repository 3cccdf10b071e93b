"""The recorded events in `tests/events`, passed to a function directly and as HTTP requests.

Both ways must give the same answer.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

EVENTS = Path(__file__).resolve().parents[1] / "events"
ANSWERS = {
    "upload_video": (200, None),
    "upload_video_with_idempotency_key": (200, None),
    "upload_body_in_base64": (200, None),
    "upload_header_names_in_lower_case": (200, None),
    "upload_field_of_the_deployment": (400, "InvalidRequest"),
    "upload_unknown_extension": (400, "InvalidRequest"),
    "upload_without_a_token": (401, "InvalidToken"),
    "upload_as_a_form": (415, "UnsupportedMediaType"),
    "upload_wrong_method": (405, "MethodNotAllowed"),
    "upload_preflight": (204, None),
    "refresh": (409, "UploadFinished"),
    "refresh_of_an_upload_under_way": (200, None),
    "refresh_of_another_user": (404, "VideoNotFound"),
    "play": (200, None),
    "play_for_five_minutes": (200, None),
    "play_signed": (200, None),
    "play_many": (200, None),
    "play_not_ready": (409, "VideoNotReady"),
    "play_video_id_twice": (400, "InvalidRequest"),
    "play_on_a_path_below": (200, None),
}
NEW = {"RequestId", "UploadAuth", "UploadAddress", "VideoId", "PlayAuth"}
TIMES = {"ExpireUTCTime", "ExpiresIn"}


@pytest.fixture
def values(house: House, alice: str, bob: str) -> dict[str, str]:
    """Values for the placeholders: two tokens, a finished and an unfinished video."""
    finished = house.upload(alice).json()
    put(finished, SMALL)
    return {
        "alice": alice,
        "bob": bob,
        "VideoId": finished["VideoId"],
        "UnfinishedVideoId": house.begun(alice),
    }


def read(name: str, values: dict[str, str]) -> Any:
    text = (EVENTS / f"{name}.json").read_text()
    for placeholder, value in values.items():
        text = text.replace(f"${{{placeholder}}}", value)
    assert "${" not in text
    return json.loads(text)


def sent(house: House, event: dict[str, Any]) -> Reply:
    """The answer to the HTTP request that an event describes."""
    body = event["body"].encode()
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    query = urlencode(event["queryParameters"])
    own = ("host", "content-length")
    headers = {k: v for k, v in event["headers"].items() if k.lower() not in own}
    method = event["requestContext"]["http"]["method"]
    target = event["rawPath"] + (f"?{query}" if query else "")
    return house.send(method, target, headers, body if body else None)


def comparable(body: Any) -> Any:
    if isinstance(body, list):
        return [comparable(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {key: comparable(value) for key, value in body.items() if key not in NEW | TIMES}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_event_and_its_http_request_get_the_same_answer(
    house: House, values: dict[str, str], name: str
) -> None:
    event = read(name, values)
    returned = house.invoke(name.partition("_")[0], json.dumps(event).encode())
    assert set(returned) == {"statusCode", "headers", "isBase64Encoded", "body"}
    assert returned["isBase64Encoded"] is False
    reply = sent(house, event)
    status, code = ANSWERS[name]
    assert (returned["statusCode"], reply.status) == (status, status)
    for header, value in returned["headers"].items():
        assert reply.headers[header] == value
    if status == 204:
        assert (returned["body"], reply.body) == ("", b"")
        return
    body = json.loads(returned["body"])
    assert body.get("Code") == code
    assert set(body) == set(reply.json())
    assert comparable(body) == comparable(reply.json())


def test_every_event_is_used() -> None:
    """The events of images and attached media are used in test_other_media.py."""
    names = {path.stem for path in EVENTS.glob("*.json")}
    assert names == {*ANSWERS, "upload_image", "upload_attached"}


NO_EVENTS = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"5",
    b"\xff\xfe",
    b'{"triggerTime":"2026-11-24T08:00:00Z","triggerName":"t","payload":""}',
    b'{"version":"v1","requestContext":{}}',
    b'{"requestContext":{"http":{"method":["POST"]}}}',
    b'{"requestContext":{"http":{"method":"POST"}},"headers":["a"]}',
    b'{"requestContext":{"http":{"method":"POST"}},"headers":{"a":1}}',
    b'{"requestContext":{"http":{"method":"POST"}},"headers":{},"body":{"a":1}}',
    b'{"requestContext":{"http":{"method":"POST"}},"isBase64Encoded":true,"body":"%"}',
    b'{"requestContext":{"http":{"method":"POST"}},"queryParameters":{"a":["b"]}}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("event", NO_EVENTS, ids=lambda event: repr(event[:60]))
@pytest.mark.parametrize("function", ["upload", "refresh", "play"])
def test_an_event_of_another_kind_does_not_end_the_instance(
    house: House, function: str, event: bytes
) -> None:
    """Anyone who may invoke the function can send this. It must not end the instance."""
    answer = house.invoke(function, event)
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["Code"] == "InvalidRequest"


def test_a_method_in_lower_case_is_refused(house: House, alice: str) -> None:
    event = read("play", {"alice": alice, "VideoId": "0" * 32})
    event["requestContext"]["http"]["method"] = "get"
    assert house.invoke("play", json.dumps(event).encode())["statusCode"] == 405
