"""No request makes a function fail, and a refused request never causes a call to VOD."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.house import House

# Every run uses the same examples. If one finds a bug, add a test with a name for it.
steady = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FIELDS = [
    "FileName",
    "FileSize",
    "Title",
    "Description",
    "Tags",
    "CoverURL",
    "MediaType",
    "ImageType",
    "BusinessType",
    "VideoId",
    "UserData",
    "AuthInfoTimeout",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=200)
    | st.sampled_from(["a.mp4", "x.mp3", "video", "image", "default", "http://a.b/c", "0" * 32])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=12), VALUES, max_size=6)
BODIES = (
    OBJECTS.map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps(value, ensure_ascii=True).encode())
    | st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
# Text that HTTP allows. The gateway refuses the rest before a function sees it.
HEADER_VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "Origin", "Accept"]
    ),
    HEADER_VALUES | st.sampled_from(["application/json", "Bearer a.b.c", "null", "identity"]),
)


def expect(house: House, before: dict[str, int], status: int) -> None:
    assert status < 500
    if status != 200:
        assert house.calls() == before


@steady
@given(body=BODIES)
def test_upload_handles_any_body(house: House, alice: str, body: bytes) -> None:
    before = house.calls()
    expect(house, before, house.post("/upload", alice, body).status)


@steady
@given(
    fields=st.fixed_dictionaries({"FileName": st.text(max_size=40).map(lambda t: t + ".mp4")}),
    more=st.dictionaries(st.sampled_from(["Title", "Description", "Tags"]), st.text(max_size=60)),
)
def test_upload_handles_any_text_in_the_fields_of_a_video(
    house: House, alice: str, fields: dict[str, Any], more: dict[str, Any]
) -> None:
    before = house.calls()
    body = json.dumps({**fields, **more}).encode()
    expect(house, before, house.post("/upload", alice, body).status)


@steady
@given(body=BODIES)
def test_refresh_handles_any_body(house: House, alice: str, body: bytes) -> None:
    before = house.calls()
    reply = house.post("/refresh", alice, body)
    if reply.status != 404:  # a valid VideoId, but there is no such video
        expect(house, before, reply.status)


@steady
@given(query=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=120))
def test_play_handles_any_query(house: House, alice: str, query: str) -> None:
    before = house.calls()
    reply = house.send("GET", f"/play?{query}", {"Authorization": f"Bearer {alice}"})
    expect(house, before, reply.status)


@steady
@given(headers=HEADERS, body=BODIES)
def test_any_headers_without_a_token_are_refused(
    house: House, headers: dict[str, str], body: bytes
) -> None:
    given = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    reply = house.send("POST", "/upload", given, body)
    assert reply.status in (401, 413)
    assert house.calls() == {}


@steady
@given(headers=HEADERS)
def test_any_headers_are_handled_with_a_token(
    house: House, alice: str, headers: dict[str, str]
) -> None:
    before = house.calls()
    given = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    given["Authorization"] = f"Bearer {alice}"
    reply = house.send("POST", "/upload", given, b'{"FileName": "a.mp4"}')
    if reply.headers["X-Fc-Error-Type"] is None:
        expect(house, before, reply.status)


@steady
@given(
    claims=st.dictionaries(
        st.sampled_from(["sub", "scope", "scp", "vod", "iat", "nbf", "exp", "aud", "iss", "jti"]),
        VALUES,
        max_size=4,
    )
)
def test_any_signed_claims_are_handled(house: House, claims: dict[str, Any]) -> None:
    """A faulty issuer must not make a function fail."""
    before = house.calls()
    token = house.issuer.sign_raw({**house.issuer.claims(), **claims})
    reply = house.upload(token)
    assert reply.status in (200, 401, 403, 400)
    expect(house, before, reply.status)


MUTATIONS = st.dictionaries(
    st.sampled_from(
        ["headers", "queryParameters", "body", "isBase64Encoded", "rawPath", "version"]
    ),
    VALUES,
    min_size=1,
    max_size=3,
)


@steady
@given(changes=MUTATIONS)
def test_any_event_is_handled(house: House, changes: dict[str, Any]) -> None:
    event = {
        "version": "v1",
        "rawPath": "/refresh",
        "headers": {"Authorization": "Bearer a.b.c"},
        "queryParameters": {},
        "body": "",
        "isBase64Encoded": False,
        "requestContext": {"http": {"method": "POST"}},
        **changes,
    }
    answer = house.invoke("refresh", json.dumps(event).encode())
    assert answer["statusCode"] in (400, 401, 413)
    assert house.calls() == {}
