"""`make trace`, and the steps of `docs/architecture.md` against what it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_architecture import PARTS_IN_ORDER

PROJECT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"^ *(?:\w+\.)?(\w+)(?: (->|raises) (\w+))?  (\S+):(\d+)$", re.MULTILINE)
# What a single traced request does not run: the start of the instance, limits, the other method.
NOT_TRACED = {
    "upload": {"load", "Instance", "Endpoint", "by_bearer_token", "Call", "count_upload"}
    | {"call_with_retry"},
    "play": {"count_plays", "shared/playback/jwt.py"},
}


def traced(*arguments: str) -> str:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "local.trace", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("request_", ["upload", "play"])
def test_the_steps_of_the_page_are_those_of_a_request_in_its_order(request_: str) -> None:
    found = [(step[1], step[4]) for step in STEP.finditer(traced(request_))]
    listed = [part for part in PARTS_IN_ORDER[request_] if not NOT_TRACED[request_] & {*part}]
    assert len(listed) > 8
    ahead = iter(found)
    assert [step for step in listed if step not in ahead] == []


def test_every_line_leads_to_the_function_that_it_names() -> None:
    steps = list(STEP.finditer(traced("refresh", "--all")))
    assert len(steps) > 50
    for name, _, _, path, line in (step.groups() for step in steps):
        there = (PROJECT / path).read_text("utf-8").splitlines()[int(line) - 1 :]
        assert re.match(rf"(?: *@.*\n)* *def {name}\b", "\n".join(there)), (name, path, line)


def test_a_refusal_is_followed_to_the_function_that_raises_it() -> None:
    told = traced("play", "--as", "bob")
    *ways, last = [step[1] for step in STEP.finditer(told) if step[2] == "raises"]
    assert ways == ["_act", "play", "_play_auth", "_own_video_unless_named"]
    assert last == "require_playable"
    assert "| Raises VideoNotFound unless the video is the caller's" in told
    assert told.splitlines()[-1] == "answer: 404 VideoNotFound"


def test_no_secret_is_shown() -> None:
    told = traced("upload", "--all")
    assert '"decision":"issued"' in told
    assert "eyJ" not in told  # how a token, an UploadAuth and an UploadAddress begin
    assert "local-admin-secret" not in told
