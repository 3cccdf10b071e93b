"""The deployments that the smoke test runs against."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from fakealiyun.vod.settings import TRANSCODE
from local.checkout_keys import load_keys
from tests.support.code_under_test import CodeUnderTest
from tests.support.smoke_target import SmokeTarget


@pytest.fixture(scope="session")
def running_target(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmokeTarget]:
    """The deployment. Use `target`, which resets its cloud."""
    with code_under_test.stack(keys=load_keys(tmp_path_factory.mktemp("smoke"))) as stack:
        yield SmokeTarget(stack)


@pytest.fixture(scope="session")
def transcoding_target(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmokeTarget]:
    """A deployment whose videos are transcoded before they can be played."""
    environment = {"VODPASS_TEMPLATE_GROUP_ID": TRANSCODE}
    keys = load_keys(tmp_path_factory.mktemp("transcoding"))
    with code_under_test.stack(keys=keys, environment=environment) as stack:
        yield SmokeTarget(stack)


@pytest.fixture
def target(
    running_target: SmokeTarget, capsys: pytest.CaptureFixture[str]
) -> Iterator[SmokeTarget]:
    """The deployment on an empty cloud."""
    running_target.stack.cloud.reset()
    running_target.slept.clear()
    running_target.capture = capsys
    yield running_target
    running_target.capture = None


@pytest.fixture
def transcoding(
    transcoding_target: SmokeTarget, capsys: pytest.CaptureFixture[str]
) -> Iterator[SmokeTarget]:
    """As `target`, with transcoding."""
    transcoding_target.stack.cloud.reset()
    transcoding_target.slept.clear()
    transcoding_target.capture = capsys
    yield transcoding_target
    transcoding_target.capture = None


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a text on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))
