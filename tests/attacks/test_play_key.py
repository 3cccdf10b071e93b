"""The PlayKey, which opens every video of its application: `play` shows it to nobody.

The fixture `house` searches every log line, header and refusal for it after each test. These tests
also search the answers that hold a credential.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.conftest import secrets_of
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

PROJECT = Path(__file__).resolve().parents[2]
ABSENT = "0123456789abcdef0123456789abcdef"
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("throttle", {}),
    ("error", {"status": 500, "code": "InternalError"}),
    ("error", {"status": 403, "code": "Forbidden.RAM"}),
    ("error", {"status": 400, "code": "InvalidParameter"}),
    ("reset_before", {}),
    ("truncated", {}),
    ("non_json", {}),
    ("wrong_type", {}),
    ("empty", {}),
]


@pytest.fixture
def key(house: House) -> str:
    """The key of the running deployment."""
    key = str(house.gateway.deployment.functions["play"].environment["VODPASS_PLAY_KEY"])
    assert len(key) == 20
    return key


def asked(house: House, token: str, video_id: str) -> list[Reply]:
    """Both methods, for one video and for several."""
    many = {"VideoIds": [video_id, "f" * 32]}
    return [
        house.play(token, video_id),
        house.play(token, video_id, Method="JWTPlayAuth"),
        house.post("/play", token, many),
        house.post("/play", token, {**many, "Method": "JWTPlayAuth"}),
    ]


def test_the_search_knows_it(house: House, alice: str, key: str) -> None:
    """Else the search after each test would find nothing."""
    house.play(alice, ABSENT, Method="JWTPlayAuth")
    assert key in secrets_of(house)


def test_no_answer_holds_it(house: House, alice: str, mallory: str, key: str) -> None:
    begun = house.upload(alice).json()
    waiting = house.begun(alice)
    put(begun, SMALL)
    opens = house.issuer.token("mallory", vod={"play": "*"})
    replies = [
        reply
        for token in (alice, mallory, opens)
        for video_id in (begun["VideoId"], waiting, ABSENT)
        for reply in asked(house, token, video_id)
    ]
    assert {200, 404, 409} == {reply.status for reply in replies}
    # The caller may ask for the log of the request itself.
    headers = {"Authorization": f"Bearer {opens}", "X-Fc-Log-Type": "Tail"}
    replies.append(house.send("GET", f"/play?VideoId={ABSENT}&Method=JWTPlayAuth", headers))
    assert replies[-1].headers["X-Fc-Log-Result"]
    for reply in replies:
        assert key.encode() not in reply.body


@pytest.mark.parametrize(("kind", "parameters"), FAULTS)
def test_no_fault_of_vod_shows_it(
    house: House, alice: str, key: str, kind: str, parameters: dict[str, Any]
) -> None:
    begun = house.upload(alice).json()
    put(begun, SMALL)
    for operation in ("GetVideoInfo", "GetVideoInfos", "GetVideoPlayAuth"):
        house.cloud.faults.set("vod", operation, kind, count=8, **parameters)
        for reply in asked(house, alice, begun["VideoId"]):
            assert key.encode() not in reply.body
        house.cloud.faults.clear()


@pytest.mark.parametrize(
    "query",
    [
        "?Method=jwt",
        "?VideoId=&Method=JWTPlayAuth",
        f"?VideoId={ABSENT}&Method=JWTPlayAuth&AuthInfoTimeout=1",
        f"?VideoId={ABSENT}&Method=JWTPlayAuth&VODPASS_PLAY_KEY=1",
        f"?VideoId={ABSENT}&Method=JWTPlayAuth&Method=PlayAuth",
    ],
)
def test_no_refusal_shows_it(house: House, alice: str, key: str, query: str) -> None:
    reply = house.send("GET", f"/play{query}", {"Authorization": f"Bearer {alice}"})
    assert reply.status == 400
    assert key.encode() not in reply.body


_FAILS = """\
import hmac, json, sys
from types import SimpleNamespace

real = hmac.digest


def digest(key, message, name):
    if key == sys.argv[1].encode():
        raise ValueError(f"cannot sign with {key!r}")
    return real(key, message, name)


hmac.digest = digest
sys.path.insert(0, "functions/play")
import index

event = {
    "version": "v1",
    "rawPath": "/play",
    "headers": {"Authorization": f"Bearer {sys.argv[2]}"},
    "queryParameters": {"VideoId": sys.argv[3], "Method": "JWTPlayAuth"},
    "body": "",
    "isBase64Encoded": False,
    "requestContext": {"http": {"method": "GET", "path": "/play", "sourceIp": "127.0.0.1"}},
}
context = SimpleNamespace(request_id="1-test", function=SimpleNamespace(timeout=10))
answer = index.handler(json.dumps(event).encode(), context)
print(json.dumps(answer))
"""


def test_no_defect_of_ours_shows_it() -> None:
    """The signing fails with an error that quotes the key. Neither answer nor log repeat it."""
    issuer, key = Issuer(), os.urandom(10).hex()
    token = issuer.token("alice", vod={"play": "*"})
    done = subprocess.run(
        [sys.executable, "-c", _FAILS, key, token, ABSENT],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "VODPASS_REGION": "cn-shanghai",
            "VODPASS_JWT_KEYS": issuer.jwks(),
            "VODPASS_JWT_ISSUER": ISSUER,
            "VODPASS_JWT_AUDIENCE": AUDIENCE,
            "VODPASS_ISSUER_ALIAS": "example",
            "VODPASS_OWNER_KEYS": "k1:" + "MTEx" * 11,
            "VODPASS_PLAY_KEY": key,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["statusCode"] == 500
    assert key not in done.stdout + done.stderr
