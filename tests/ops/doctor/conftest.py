"""The deployment that the doctor checks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from local.checkout_keys import load_keys
from tests.support.code_under_test import CodeUnderTest
from tests.support.doctor_target import DoctorTarget
from tests.support.serverless import Run, preview


@pytest.fixture(scope="session")
def s_preview(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `s preview` on a copy of the project's files."""
    return preview(tmp_path_factory)


@pytest.fixture(scope="session")
def running_target(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory, s_preview: Run
) -> Iterator[DoctorTarget]:
    """The deployment. Use `target`, which resets its cloud."""
    folder = tmp_path_factory.mktemp("doctor")
    with code_under_test.stack(keys=load_keys(folder / "keys")) as stack:
        settings: dict[str, str] = {}
        for props in stack.gateway.deployment.props.values():
            settings.update(props["environmentVariables"])
        settings.pop("PYTHONPATH")
        done = s_preview(settings)
        assert done.returncode == 0, done.stderr
        yield DoctorTarget(stack, json.loads(done.stdout), folder)


@pytest.fixture
def target(
    running_target: DoctorTarget, capsys: pytest.CaptureFixture[str]
) -> Iterator[DoctorTarget]:
    """A faultless deployment on a new cloud, with VOD's callbacks set."""
    stack = running_target.stack
    stack.cloud.reset()
    stack.cloud.call_back(stack.callback_url, stack.keys.callback_key)
    running_target.capture = capsys
    yield running_target
    running_target.capture = None
