"""Input that is nested deep: each reader refuses it in its way, and none raises RecursionError.

How deep Python's JSON reader goes depends on its version and on the stack. So the test tries many
depths.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable

import pytest

from shared.alibaba.client import _require_json_object
from shared.alibaba.vod.records import _decoded
from shared.auth.token import authenticate
from shared.config import parsers
from shared.config.jwk import parse_key_set, parse_published_keys
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.errors import Refusal
from shared.events import callback, recheck
from shared.runtime.queue_trigger import messages, parse
from shared.uploads import declaration
from shared.web.body import parse_object
from shared.web.request import MAX_EVENT, read_event

SECRET = base64.urlsafe_b64encode(b"s" * 32).decode().rstrip("=")
KEYS = {"keys": [{"kty": "oct", "kid": "a", "alg": "HS256", "k": SECRET}]}
SETTINGS = Settings(
    issuer_alias="main",
    owner_keys=(OwnerKey("k1", b"a" * 32),),
    jwt_keys=parse_key_set(json.dumps(KEYS)),
    jwt_issuer="none",
    jwt_audience="none",
)
ID = "0" * 32
DEPTHS = [*range(3, 40, 4), *range(900, 1010, 10), 1500, 3000, 10_000, 100_000]


def _token(header: str, payload: str) -> None:
    parts = [base64.urlsafe_b64encode(part.encode()).decode() for part in (header, payload)]
    assert SETTINGS.jwt_keys is not None
    text = ".".join(part.rstrip("=") for part in (*parts, "c2ln"))
    authenticate(f"Bearer {text}", SETTINGS, SETTINGS.jwt_keys)


READERS: dict[str, Callable[[str], object]] = {
    "a body": lambda deep: parse_object(f'{{"Title": {deep}}}'.encode(), 10**9),
    "a bare body": lambda deep: parse_object(deep.encode(), 10**9),
    "an event": lambda deep: read_event(
        f'{{"requestContext": {{"http": {{"method": {deep}}}}}}}'[:MAX_EVENT]
    ),
    "a callback": lambda deep: callback.read(f'{{"EventType": "A", "x": {deep}}}'),
    "a bare callback": callback.read,
    "a message of the app": callback.video_id_in,
    "a recheck": lambda deep: recheck.unseal(
        SETTINGS, f'{{"VideoId": "{ID}", "Settling": {deep}}}'
    ),
    "the facts of a recheck": lambda deep: recheck.unseal(
        SETTINGS, f'{{"VideoId": "{ID}", "Settling": {{"k": "k1", "m": "x", "Size": {deep}}}}}'
    ),
    "UserData": lambda deep: declaration.unseal(SETTINGS, "v1k1" + "a" * 56, deep),
    "an Extend": lambda deep: declaration.unseal(
        SETTINGS,
        "v1k1" + "a" * 56,
        f'{{"Extend": {{"m": "x", "s": {deep}, "k": "", "d": "", "n": 1, "t": ""}}}}',
    ),
    "an Extend in text": lambda deep: declaration.unseal(
        SETTINGS, "v1k1" + "a" * 56, json.dumps({"Extend": deep})
    ),
    "keys": lambda deep: parse_key_set(f'{{"keys": [{deep}]}}'),
    "published keys": lambda deep: parse_published_keys(f'{{"keys": [{deep}]}}'.encode()),
    "limits": lambda deep: parsers.limits(f'{{"uploads_per_day": {deep}}}'),
    "the header of a token": lambda deep: _token(deep, "{}"),
    "the kid of a token": lambda deep: _token(f'{{"alg": "HS256", "kid": {deep}}}', "{}"),
    "the claims of a token": lambda deep: _token('{"alg": "HS256", "kid": "a"}', deep),
    "an answer": lambda deep: _require_json_object(f'{{"Video": {deep}}}'.encode(), 200),
    "a credential": lambda deep: _decoded(base64.b64encode(deep.encode()).decode()),
    "a batch": lambda deep: list(messages(parse(f"[{deep}]".encode()))),
    "a message": lambda deep: list(
        messages(parse(f'[{{"data": {{"messageBody": {deep}}}}}]'.encode()))
    ),
}


@pytest.mark.parametrize("brackets", ["[]", '{"a":}'])
@pytest.mark.parametrize("reader", READERS)
def test_no_reader_raises_recursion_error(reader: str, brackets: str) -> None:
    for depth in DEPTHS:
        before, after = brackets[:-1], brackets[-1]
        whole = before * depth + "1" + after * depth
        for deep in (whole, whole[: len(before) * depth]):
            with contextlib.suppress(ValueError, Refusal, recheck.ForgedRecheck):
                READERS[reader](deep)
