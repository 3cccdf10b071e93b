"""The deployment that the doctor checks."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.checkout_keys import load_keys
from tests.support.code_under_test import CodeUnderTest
from tests.support.doctor_target import DoctorTarget
from tests.support.serverless import Run, preview


@pytest.fixture(scope="session")
def s_preview(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `s preview` on a copy of the project's files."""
    return preview(tmp_path_factory)


@contextlib.contextmanager
def deployed(
    code: CodeUnderTest, folder: Path, s_preview: Run, **environment: str
) -> Iterator[DoctorTarget]:
    """A deployment with these settings, whose keys are in `folder`."""
    with code.stack(keys=load_keys(folder / "keys"), environment=environment) as stack:
        settings: dict[str, str] = {}
        for props in stack.gateway.deployment.props.values():
            settings.update(props["environmentVariables"])
        settings.pop("PYTHONPATH")
        done = s_preview(settings)
        assert done.returncode == 0, done.stderr
        yield DoctorTarget(stack, json.loads(done.stdout), folder)


def healthy(target: DoctorTarget, capsys: pytest.CaptureFixture[str]) -> Iterator[DoctorTarget]:
    """The deployment without a fault, on a new cloud, with VOD's callbacks set."""
    stack = target.stack
    stack.cloud.reset()
    stack.cloud.call_back(stack.callback_url, stack.keys.callback_key)
    target.capture = capsys
    yield target
    target.capture = None


@pytest.fixture(scope="session")
def running_target(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory, s_preview: Run
) -> Iterator[DoctorTarget]:
    """The deployment. Use `target`, which resets its cloud."""
    with deployed(code_under_test, tmp_path_factory.mktemp("doctor"), s_preview) as target:
        yield target


@pytest.fixture
def target(
    running_target: DoctorTarget, capsys: pytest.CaptureFixture[str]
) -> Iterator[DoctorTarget]:
    """A faultless deployment on a new cloud, with VOD's callbacks set."""
    yield from healthy(running_target, capsys)
