"""`make test-live` against a deployment on this machine, and its refusals."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakealiyun.vod.callbacks.configuration import ALL, MessageCallback
from local.checkout_keys import load_keys
from local.stack import Stack
from tests.live.settings import CONSENT, PLAN, NotReady, read
from tests.support.code_under_test import CodeUnderTest

PROJECT = Path(__file__).resolve().parents[2]
LOGIN = Path(__file__).with_name("rehearsal_login.py")
TESTS = 10


@pytest.fixture(scope="module")
def deployment(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """All functions of s.yaml; VOD's callbacks go to the queue."""
    keys = load_keys(tmp_path_factory.mktemp("live"))
    with code_under_test.stack(keys=keys, events=True) as stack:
        yield stack


@pytest.fixture
def stack(deployment: Stack) -> Stack:
    """The deployment on an empty cloud."""
    cloud = deployment.cloud
    cloud.reset()
    cloud.vod.callbacks.configure(
        MessageCallback(
            cloud.app_id,
            "MNS",
            ALL,
            mns_endpoint=cloud.queues.endpoint,
            mns_queue_name="vodpass-events",
        )
    )
    return deployment


def environment(stack: Stack, **changes: str) -> dict[str, str]:
    """The variables of a run in a rehearsal."""
    admin = stack.cloud.admin
    return {
        "LIVE_CONSENT": CONSENT,
        "LIVE_URL": stack.url,
        "LIVE_CLOUD": stack.cloud.endpoint,
        "LIVE_EVENTS_URL": f"{stack.url}/_local/events",
        "LIVE_TOKEN_COMMAND": f"{sys.executable} {LOGIN} {stack.url}",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": admin.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": admin.access_key_secret,
        **changes,
    }


def run(stack: Stack | None, *arguments: str, **changes: str) -> tuple[int, str]:
    """Exit code and output of a run, as the Makefile starts it."""
    given = {} if stack is None else environment(stack, **changes)
    done = subprocess.run(
        [
            "make",
            # Nothing is installed again in the middle of a test.
            *("--old-file=.venv/installed", "--old-file=node_modules/installed"),
            *("test-live", f"PY={sys.executable}", f"ARGS={' '.join(arguments)}"),
        ],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **given},
        capture_output=True,
        text=True,
        check=False,
    )
    shown = done.stdout + done.stderr
    secrets = ["eyJ", "CAIS", "Signature="]
    if stack is not None:
        secrets.append(stack.cloud.admin.access_key_secret)
    assert not [word for word in secrets if word in shown]
    return done.returncode, shown


def counts(shown: str) -> dict[str, int]:
    """What pytest's last line counts."""
    return {
        word: int(number)
        for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", shown)
    }


def test_the_spine_passes_and_leaves_nothing(stack: Stack) -> None:
    code, shown = run(stack)
    assert code == 0, shown
    assert counts(shown) == {"passed": TESTS}
    cloud = stack.cloud
    calls = cloud.calls.snapshot()
    assert calls["vod"]["CreateUploadVideo"] >= 5
    assert calls["vod"]["DeleteVideo"] >= 5
    assert cloud.vod.library.all() == []
    assert list(cloud.storage.objects(cloud.vod.bucket)) == []
    assert cloud.storage.uploads(cloud.vod.bucket) == []


def test_a_fault_of_the_deployment_is_found_and_nothing_is_left(stack: Stack) -> None:
    """VOD refuses every renewal, also that of a repeated request. The videos are deleted."""
    stack.cloud.faults.set(
        "vod", "RefreshUploadVideo", "error", count=1000, status=403, code="Forbidden.RAM"
    )
    code, shown = run(stack, "-k", "TestUpload")
    assert code != 0
    assert counts(shown) == {"failed": 3}
    assert "Misconfigured, not 200" in shown
    assert stack.cloud.vod.library.all() == []


def test_what_cannot_be_deleted_is_named(stack: Stack) -> None:
    stack.cloud.faults.set(
        "vod", "DeleteVideo", "error", count=1000, status=403, code="Forbidden.RAM"
    )
    code, shown = run(stack, "-k", "same_key")
    (left,) = stack.cloud.vod.library.all()
    assert code != 0
    assert f"MAY BE LEFT, delete by hand: VideoId {left.video_id}" in shown


def test_without_consent_it_sends_nothing_and_says_what_it_costs(stack: Stack) -> None:
    code, shown = run(stack, LIVE_CONSENT="yes")
    assert code == 2
    assert PLAN in shown
    assert "passed" not in shown
    with pytest.raises(NotReady) as reason:
        read({})
    assert str(reason.value) == PLAN
    assert stack.cloud.calls.snapshot() == {}
    assert stack.cloud.vod.library.all() == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"LIVE_URL": ""}, "LIVE_URL"),
        ({"LIVE_URL": "http://vod.example.com"}, "LIVE_URL"),
        ({"LIVE_AT": "watch=https://vod.example.com"}, "LIVE_AT"),
        ({"LIVE_TOKEN_COMMAND": ""}, "LIVE_TOKEN_COMMAND"),
        ({"LIVE_CLOUD": "vod.example.com:80"}, "LIVE_CLOUD"),
        ({"VODPASS_REGION": "mars-1"}, "VODPASS_REGION"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    ],
)
def test_a_missing_or_wrong_variable_is_named(changes: dict[str, str], named: str) -> None:
    given = {
        "LIVE_CONSENT": CONSENT,
        "LIVE_URL": "https://vod.example.com",
        "LIVE_TOKEN_COMMAND": "login",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIsome",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "a-secret-value",
    }
    assert read(given).places["upload"].host == "vod.example.com"
    with pytest.raises(NotReady, match=named) as reason:
        read({**given, **changes})
    assert "a-secret-value" not in str(reason.value)
    assert "mars-1" not in str(reason.value)
