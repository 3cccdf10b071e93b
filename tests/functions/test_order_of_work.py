"""A function checks size, method, token and body in this order, and only then calls VOD."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.house import APP_ORIGIN, ORIGIN, House
from tests.support.reply import send

ROUTES = [("POST", "/upload"), ("POST", "/refresh"), ("GET", "/play"), ("POST", "/play")]
BAD_BODY = b'{"FileName": '


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_caller_without_a_valid_token_is_refused_before_the_body_is_read(
    house: House, method: str, path: str
) -> None:
    plain = house.send(method, path + "?x=1", {"Content-Type": "text/plain"}, BAD_BODY)
    assert plain.refusal == (401, "InvalidToken")
    assert plain.headers["WWW-Authenticate"] == "Bearer"
    wrong = house.send(method, path, {"Authorization": "Bearer a.b.c"}, b"x" * 100_000)
    assert wrong.refusal == (401, "InvalidToken")
    assert wrong.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert house.calls() == {}


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("scope", ["", "vod:other", "vod:uploads VOD:upload", ["vod:sts"]])
def test_a_token_without_the_scope_is_forbidden(
    house: House, method: str, path: str, scope: Any
) -> None:
    token = house.issuer.token(scope=scope)
    reply = house.send(method, path, {"Authorization": f"Bearer {token}"}, BAD_BODY)
    assert reply.refusal == (403, "Forbidden")
    assert path[1:] in reply.json()["detail"]
    assert house.calls() == {}


METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
ALLOWED = {"/upload": "POST", "/refresh": "POST", "/play": "GET, POST"}
WRONG = [
    (wrong, right, path)
    for path, right in ALLOWED.items()
    for wrong in METHODS
    if wrong not in right.split(", ")
]


@pytest.mark.parametrize(("method", "right", "path"), WRONG)
def test_a_wrong_method_is_refused(house: House, method: str, right: str, path: str) -> None:
    reply = house.send(method, path, {}, BAD_BODY)
    assert reply.refusal == (405, "MethodNotAllowed")
    assert reply.headers["Allow"] == f"{right}, OPTIONS"
    assert house.calls() == {}


@pytest.mark.parametrize(("path", "right"), ALLOWED.items())
def test_head_is_refused(house: House, right: str, path: str) -> None:
    reply = send(house.port, "HEAD", path)
    assert (reply.status, reply.body) == (405, b"")
    assert reply.headers["Allow"] == f"{right}, OPTIONS"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_function_answers_on_any_path_below_its_own(house: House, method: str, path: str) -> None:
    assert house.send(method, f"{path}/and/more?x=1").refusal == (401, "InvalidToken")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; x=y",
        "application/json, text/plain",
        "multipart/form-data; boundary=application/json",
    ],
)
def test_a_body_with_another_content_type_is_refused(
    house: House, alice: str, content_type: str | None
) -> None:
    headers = {"Authorization": f"Bearer {alice}"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    reply = house.send("POST", "/upload", headers, b'{"FileName": "a.mp4"}')
    assert reply.refusal == (415, "UnsupportedMediaType")
    assert house.calls() == {}


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", 'application/json; charset="UTF-8"'],
)
def test_a_json_content_type_is_accepted(house: House, alice: str, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert house.post("/upload", alice, {"FileName": "a.mp4"}, headers).status == 200


def test_an_encoded_body_is_refused(house: House, alice: str) -> None:
    headers = {"Content-Encoding": "gzip"}
    reply = house.post("/upload", alice, {"FileName": "a.mp4"}, headers)
    assert reply.refusal == (415, "UnsupportedMediaType")


def padded(size: int) -> bytes:
    body = json.dumps({"FileName": "a.mp4"}).encode()
    return body[:-1] + b" " * (size - len(body)) + b"}"


def test_the_largest_body_is_accepted(house: House, alice: str) -> None:
    assert house.post("/upload", alice, padded(16 * 1024)).status == 200
    assert house.calls() == {"CreateUploadVideo": 1}


@pytest.mark.parametrize("size", [16 * 1024 + 1, 130 * 1024, 2_000_000])
def test_a_larger_body_is_refused(house: House, alice: str, size: int) -> None:
    assert house.post("/upload", alice, padded(size)).refusal == (413, "PayloadTooLarge")
    assert house.calls() == {}


def test_an_event_over_128_kb_is_refused_before_method_and_token(house: House) -> None:
    assert house.post("/play", None, padded(140 * 1024)).refusal == (413, "PayloadTooLarge")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b'"FileName"',
        b"5",
        b'{"FileName": "a.mp4"',
        b'{"FileName": "a.mp4"} {}',
        b'{"FileName": "a.mp4", "FileName": "b.mp4"}',
        b'{"FileName": "a.mp4", "Tags": [{"a": 1, "a": 2}]}',
        b'{"FileName": "a.mp4", "FileSize": NaN}',
        b'{"FileName": "a.mp4", "FileSize": Infinity}',
        b'{"FileName": "a.mp4", "FileSize": -Infinity}',
        b"{'FileName': 'a.mp4'}",
        b'{"FileName": "a.mp4",}',
        b'\xef\xbb\xbf{"FileName": "a.mp4"}',
        b'{"FileName": "\xff.mp4"}',
        '{"FileName": "a.mp4"}'.encode("utf-16"),
        b'{"FileName": "a.mp4", "Tags": ' + b"[" * 8 + b"]" * 8 + b"}",
        b'{"FileName": "a.mp4", "Tags": ' + b"[" * 8000 + b"]" * 8000 + b"}",
        b"[" * 16000,
        b'{"a":' * 3000,
        b'{"FileName": "a.mp4", "FileSize": ' + b"9" * 8000 + b"}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_not_an_object_is_refused(house: House, alice: str, body: bytes) -> None:
    assert house.post("/upload", alice, body).refusal == (400, "InvalidRequest")
    assert house.calls() == {}


def test_a_body_may_be_nested_eight_deep(house: House, alice: str) -> None:
    def nested(lists: int) -> bytes:
        return b'{"FileName": "a.mp4", "Tags": ' + b"[" * lists + b"]" * lists + b"}"

    # Seven lists in an object are read, and are not valid tags. Eight are refused unread.
    assert house.post("/upload", alice, nested(7)).pointers() == ["/Tags"]
    assert house.post("/upload", alice, nested(8)).pointers() == []


@pytest.mark.parametrize("text", ["\\ud800", "\\udfff.mp4", "a\\ud83d.mp4", "\\u0000.mp4"])
def test_text_that_is_not_valid_unicode_is_refused(house: House, alice: str, text: str) -> None:
    body = f'{{"FileName": "{text}"}}'.encode()
    assert house.post("/upload", alice, body).pointers() == ["/FileName"]
    assert house.calls() == {}


class TestCors:
    """CORS by an exact list of origins. The token decides; CORS only helps browsers."""

    @pytest.mark.parametrize("origin", [ORIGIN, APP_ORIGIN])
    @pytest.mark.parametrize(("method", "path"), ROUTES)
    def test_preflight_allows_a_listed_origin(
        self, house: House, method: str, path: str, origin: str
    ) -> None:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        }
        reply = house.send("OPTIONS", path, asked)
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["Access-Control-Allow-Origin"] == origin
        assert reply.headers["Access-Control-Allow-Methods"] == ALLOWED[path]
        assert reply.headers["Vary"] == "Origin"
        allowed = reply.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
        assert set(allowed) == {"authorization", "content-type", "idempotency-key"}
        assert "Access-Control-Allow-Credentials" not in reply.headers

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example.com",
            "https://app.example.com.evil.com",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://APP.example.com",
            "https://app.example.com/",
            f"{ORIGIN}, {APP_ORIGIN}",
            "null",
            "*",
            "",
        ],
    )
    @pytest.mark.parametrize("method", ["OPTIONS", "GET"])
    def test_any_other_origin_gets_no_permission(
        self, house: House, alice: str, origin: str, method: str
    ) -> None:
        headers = {"Origin": origin, "Authorization": f"Bearer {alice}"}
        reply = house.send(method, f"/play?VideoId={'0' * 32}", headers)
        assert reply.status == (204 if method == "OPTIONS" else 404)
        assert not [name for name in reply.headers if name.startswith("Access-Control")]
        assert reply.headers["Vary"] == "Origin"

    def test_two_origins_get_no_permission(self, house: House) -> None:
        reply = house.send("OPTIONS", "/play", [("Origin", ORIGIN), ("Origin", ORIGIN)])
        assert "Access-Control-Allow-Origin" not in reply.headers

    def test_an_allowed_origin_can_read_every_answer(self, house: House, alice: str) -> None:
        for token, status in ((None, 401), (alice, 200)):
            reply = house.post("/upload", token, {"FileName": "a.mp4"}, {"Origin": ORIGIN})
            assert reply.status == status
            assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert "Retry-After" in reply.headers["Access-Control-Expose-Headers"]
            assert "Access-Control-Allow-Methods" not in reply.headers

    def test_the_origin_null_is_allowed_if_the_deployment_lists_it(self, house: House) -> None:
        chosen = house.at("chosen")
        reply = chosen.send("OPTIONS", "/play", {"Origin": "null"})
        assert reply.headers["Access-Control-Allow-Origin"] == "null"
        other = chosen.send("OPTIONS", "/play", {"Origin": ORIGIN})
        assert "Access-Control-Allow-Origin" not in other.headers

    def test_a_preflight_needs_no_token_and_causes_no_call(self, house: House) -> None:
        reply = house.send("OPTIONS", "/upload", {"Origin": ORIGIN})
        assert reply.status == 204
        assert house.calls() == {}
