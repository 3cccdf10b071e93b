"""A JWTPlayAuth by claim loads nothing that calls the cloud. A PlayAuth does, when it is needed.

The functions run as in an instance: a process of the target's interpreter with the bundle's code.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.gateway.server import base_interpreter
from tests.support.code_under_test import CodeUnderTest, filled
from tests.support.house import settings
from tests.support.tokens import Issuer

VIDEO_ID = "0123456789abcdef0123456789abcdef"
KEY = "AbcdefghIjklmnop0123"

TALKERS = ("http.client", "ssl", "shared.transport", "alibabacloud_vod20170321", "darabonba", "Tea")
"""Modules that speak to the cloud, or are needed for it."""

CALL = """
import contextlib, io, json, sys
sys.path[0] = "."
logged = io.StringIO()
with contextlib.redirect_stdout(logged):
    import index
    answer = index.handler(sys.argv[1].encode(), None)
loaded = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
print(json.dumps({"answer": answer, "loaded": loaded, "log": logged.getvalue()}))
"""


def event(token: str, method: str, query: dict[str, str], body: Any = None) -> str:
    """What Function Compute gives a function for an HTTP request."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return json.dumps(
        {
            "version": "v1",
            "rawPath": "/play",
            "headers": headers,
            "queryParameters": query,
            "body": "" if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {"http": {"method": method, "path": "/play"}},
        }
    )


def called(interpreter: Path, folder: Path, issuer: Issuer, asked: str) -> dict[str, Any]:
    """The answer, the log, and which of TALKERS were loaded."""
    environment = settings(issuer, VODPASS_PLAY_KEY=KEY, VODPASS_REGION="cn-shanghai")
    done = subprocess.run(
        [interpreter, "-S", "-s", "-B", "-c", CALL, asked, json.dumps(TALKERS)],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "python"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.mark.parametrize("many", [False, True])
def test_by_claim_no_transport_is_loaded(bundle: CodeUnderTest, issuer: Issuer, many: bool) -> None:
    token = issuer.token(vod={"play": "*"})
    if many:
        body = {"VideoIds": [f"{n:032x}" for n in range(20)], "Method": "JWTPlayAuth"}
        asked = event(token, "POST", {}, body)
    else:
        asked = event(token, "GET", {"VideoId": VIDEO_ID, "Method": "JWTPlayAuth"})
    found = called(bundle.interpreter, bundle.folder / "play", issuer, asked)
    assert found["answer"]["statusCode"] == 200, found
    answer = json.loads(found["answer"]["body"])
    assert all("PlayAuth" in item for item in (answer["Items"] if many else [answer]))
    assert found["loaded"] == []


@pytest.mark.parametrize("method", ["PlayAuth", "JWTPlayAuth"])
def test_what_is_read_at_vod_loads_it(bundle: CodeUnderTest, issuer: Issuer, method: str) -> None:
    asked = event(issuer.token(), "GET", {"VideoId": VIDEO_ID, "Method": method})
    found = called(bundle.interpreter, bundle.folder / "play", issuer, asked)
    # It has no role here, so the call fails after the SDK was loaded.
    assert found["answer"]["statusCode"] == 500, found
    assert {"alibabacloud_vod20170321", "darabonba", "Tea"} <= set(found["loaded"])


def test_without_a_bundle_neither_the_sdk_nor_our_transport_is_loaded(
    together: Path, issuer: Issuer
) -> None:
    # PyJWT as it is published imports http.client and ssl itself. The bundle leaves that out.
    token = issuer.token(vod={"play": "*"})
    asked = event(token, "GET", {"VideoId": VIDEO_ID, "Method": "JWTPlayAuth"})
    found = called(base_interpreter(), filled(together).folder / "play", issuer, asked)
    assert found["answer"]["statusCode"] == 200, found
    assert set(found["loaded"]) <= {"http.client", "ssl"}
