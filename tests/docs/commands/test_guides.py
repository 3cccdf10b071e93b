"""Every command of the guides for deployments, events, operations and security is run.

They run in the order in which an operator needs them, against the fake account, as they are
pasted. A command that cannot run here stands in NOT_RUN of `steps.py`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from fakealiyun.ram.state import UnknownRole
from fakealiyun.testing.callbacks import House
from fakealiyun.testing.receiver import Receiver
from local.checkout_keys import load_keys
from local.stack import Stack
from ops import dot_env
from tests.docs.commands.desk import DOMAIN, Desk, desk
from tests.docs.commands.steps import CALLBACKS, DEPLOY, EXAMINE, Step
from tests.ops.test_callbacks import Deployment
from tests.support.code_under_test import CodeUnderTest


def follow(steps: Sequence[Step], at: Desk) -> None:
    """Run the steps. Each succeeds, and says what the guide says that it says."""
    for step in steps:
        at.typed = {}
        step.before(at)
        said = at.run(step.command, step.stdin)
        told = f"$ {step.command}\n{said.out}{said.err}"
        assert said.code == 0, told
        for text in step.says:
            assert text in said.out + said.err, told


@pytest.fixture(scope="module")
def stack(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The functions of `s.yaml`, and an account that accepts deployments."""
    keys = load_keys(tmp_path_factory.mktemp("keys"))
    with code_under_test.stack(keys=keys, events=True, allow_deploy=True) as stack:
        yield stack


@pytest.fixture
def at(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # A socket's name may have 107 characters.
    monkeypatch.chdir(tmp_path)
    with desk(stack, tmp_path / "desk", monkeypatch) as made:
        yield made


@pytest.mark.timeout(600)  # forty commands
def test_from_nothing_to_a_deployment_and_back(at: Desk) -> None:
    follow(DEPLOY, at)
    ram = at.stack.cloud.ram
    with pytest.raises(UnknownRole):
        ram.role("film-upload")
    assert ram.role("film-prod-upload"), "the other deployment keeps what is its own"


def test_a_deployment_that_runs(at: Desk) -> None:
    follow(EXAMINE, at)


class Callbacks:
    """`events` at the address of a receiver, with the variables that were printed last."""

    def __init__(self, at: Desk, deployment: Deployment, receiver: Receiver) -> None:
        self._deployment = deployment
        at.at = {DOMAIN: receiver.url.rpartition("/events")[0] or receiver.url}
        at.more["VODPASS_REGION"] = "cn-shanghai"

    def deploy(self, at: Desk, printed: str) -> None:
        made = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
        values = {**(dot_env.read(at.env) if at.env.exists() else {}), **made}
        at.env.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        at.more.update(values)
        self._deployment.deploy(values)


def test_callbacks(at: Desk, code_under_test: CodeUnderTest) -> None:
    receiver, app = Receiver(), Receiver()
    house = House(at.stack.cloud, receiver)
    deployment = Deployment(code_under_test, house, app)
    try:
        place = Callbacks(at, deployment, receiver)
        for step, deploys in CALLBACKS:
            step.before(at)
            said = at.run(step.command)
            told = f"$ {step.command}\n{said.out}{said.err}"
            assert said.code == 0, told
            for text in step.says:
                assert text in said.out, told
            if deploys:
                place.deploy(at, said.out)
    finally:
        deployment.close()
        receiver.close()
        app.close()
