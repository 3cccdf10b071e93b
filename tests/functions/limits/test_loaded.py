"""A deployment without limits loads nothing of them, whatever it answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.house import OWNER_KEY, settings
from tests.support.tokens import Issuer

PROJECT = Path(__file__).resolve().parents[3]
CALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import index
given = json.loads(sys.stdin.read())
print("answer", json.dumps(index.handler(json.dumps(given).encode(), None)))
print("loaded", json.dumps(sorted(sys.modules)))
"""
BODIES: dict[str, dict[str, Any]] = {
    "upload": {"FileName": "a.mp4"},
    "refresh": {"VideoId": "0" * 32},
    "play": {"VideoIds": ["0" * 32]},
    "sts": {"Purpose": "vod-upload"},
}


def loaded(
    function: str, limits: str, body: dict[str, Any] | None = None
) -> tuple[dict[str, Any], set[str]]:
    """The answer to a valid request whose cloud is not there, and all loaded modules."""
    issuer = Issuer()
    event = json.loads((PROJECT / "tests/events/upload_video.json").read_text())
    event["body"] = json.dumps(body or BODIES[function])
    scope = "vod:upload vod:refresh vod:play vod:sts"
    token = issuer.token(scope=scope, vod={"sts": ["vod-upload"]})
    event["headers"]["Authorization"] = f"Bearer {token}"
    environment = settings(
        issuer,
        VODPASS_OWNER_KEYS=OWNER_KEY,
        VODPASS_REGION="cn-shanghai",
        VODPASS_LOCAL="1",
        VODPASS_VOD_ENDPOINT="127.0.0.1:1",
        VODPASS_STS_ENDPOINT="127.0.0.1:1",
        VODPASS_STS_UPLOAD_ROLE="acs:ram::1234567890123456:role/vodpass-client-upload",
        VODPASS_LIMITS=limits,
    )
    role = {f"ALIBABA_CLOUD_{name}": "x" for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET")}
    done = subprocess.run(
        [sys.executable, "-c", CALL, f"functions/{function}"],
        cwd=PROJECT,
        env={
            **environment,
            **role,
            "ALIBABA_CLOUD_SECURITY_TOKEN": "x",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
        },
        input=json.dumps(event),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line[0] != "{")
    return json.loads(lines["answer"]), set(json.loads(lines["loaded"]))


def of_limits(modules: set[str]) -> set[str]:
    return {name for name in modules if re.search("limits|arrivals|^redis$", name)}


@pytest.mark.parametrize("function", sorted(BODIES))
def test_without_limits_nothing_of_them_is_loaded(function: str) -> None:
    answer, modules = loaded(function, "")
    assert answer["statusCode"] in (200, 503), answer
    assert any(name.startswith("alibabacloud_") for name in modules)
    assert of_limits(modules) == set()


def test_with_limits_only_their_own_modules_are_added() -> None:
    answer, modules = loaded("upload", '{"uploads_per_minute":5}')
    assert answer["statusCode"] == 503
    assert of_limits(modules) == {
        "shared.config.limits",
        "shared.limits",
        "shared.limits.limiter",
        "shared.limits.memory",
        "shared.limits.resp",
        "shared.limits.script",
        "shared.limits.store",
    }


def test_a_request_over_the_limit_does_not_load_the_sdk() -> None:
    answer, modules = loaded("play", '{"plays_per_minute":1}', {"VideoIds": ["0" * 32, "1" * 32]})
    assert answer["statusCode"] == 429
    assert not any(name.startswith("alibabacloud_") for name in modules)


START = "import sys; sys.path.insert(0, sys.argv[1]); import index; print(*sys.modules)"


@pytest.mark.parametrize("function", ["events", "watch"])
def test_events_and_watch_load_nothing_of_them_at_their_start(function: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START, f"functions/{function}"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    modules = set(done.stdout.splitlines()[-1].split())
    assert "shared.events.webhook" in modules
    assert of_limits(modules) == set()
