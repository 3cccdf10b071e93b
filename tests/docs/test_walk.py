"""The walk of the README, run as it stands against `python -m local`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
READY = re.compile(r"vodpass ready: functions http://127\.0\.0\.1:(\d+)  cloud http://[^:]+:(\d+)")


@pytest.fixture
def ports() -> Iterator[tuple[str, str]]:
    """The ports of a running `make run`, but for the set-up: functions and cloud."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=PROJECT,
        env={**os.environ, "PORT": "0", "CLOUD_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        found = next((match for match in map(READY.match, output) if match), None)
        try:
            assert found is not None, "it never said that it is ready"
            yield found[1], found[2]
        finally:
            process.send_signal(signal.SIGINT)
            output.read()
            code = process.wait(timeout=30)
    assert code == 0


def walk() -> str:
    """The first block of bash in the README."""
    text = (PROJECT / "README.md").read_text("utf-8")
    block = re.search(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    return block[1]


def test_works_as_pasted(ports: tuple[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail"],
        input=walk(),
        cwd=PROJECT,
        env={**os.environ, "PORT": ports[0], "CLOUD_PORT": ports[1]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    begun, expired, put, alice, bob = done.stdout.splitlines()
    assert re.fullmatch(r"VideoId [0-9a-f]{32}", begun)
    assert expired == "PUT 403 SecurityTokenExpired"
    assert put == "PUT 200"
    played = json.loads(alice)
    assert played["PlayAuth"]
    assert played["VideoMeta"]["VideoId"] == begun.split()[1]
    assert played["VideoMeta"]["Status"] == "Normal"
    refused = json.loads(bob)
    assert (refused["status"], refused["Code"]) == (404, "VideoNotFound")
