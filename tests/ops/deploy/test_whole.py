"""A deployment of the real bundle, with everything that the command does afterwards."""

from __future__ import annotations

from tests.ops.deploy.conftest import FUNCTIONS, Deployer
from tests.support.code_under_test import CodeUnderTest


def test_one_command_deploys_examines_tries_and_sets_the_callback(
    deployer: Deployer, bundle: CodeUnderTest
) -> None:
    deployer.setup()
    done = deployer.run(bundle=bundle.folder)
    assert done.exit_code == 0, done.printed
    assert done.err == ""
    steps = [line.split()[0] for line in done.out.splitlines() if line[:1].islower()]
    assert steps == ["check", "bundle", *["deploy"] * 6, "doctor", "smoke", "callback"]
    assert done.step("doctor") == "nothing found"
    assert done.step("smoke") == "uploaded, refreshed, played and deleted a video"
    assert sorted(deployer.fc.names()) == sorted(f"vodpass-{name}" for name in FUNCTIONS)
    assert f"play     {deployer.stack.url}/vodpass-play\n" in done.out
    assert "To go back: python -m ops.deploy --rollback" in done.out
    callback = deployer.stack.cloud.vod.callbacks
    assert "vodpass-events" in repr(callback.__dict__)
    # `s` ran without the actions that the command has done itself, in a home of its own.
    [call] = deployer.calls
    assert call["arguments"] == ["deploy", "-y", "-t", "s.yaml", "--skip-actions"]
    assert call["mode"] == "0o700"
