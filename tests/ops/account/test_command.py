"""The command line: it renders `s.yaml` by itself, and says what it cannot do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from local.stack import PROJECT
from ops.account.command import main
from tests.ops.account.conftest import SETTINGS, Account


def settings(account: Account, **changes: str) -> dict[str, str]:
    return {**SETTINGS, **account.environment, **changes}


def test_it_renders_the_file_itself(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    environ = settings(account, VODPASS_NAME="shop", VODPASS_EVENT_QUEUE="shop-events")
    code = main(["apply", "--yes", "--endpoint", account.cloud.endpoint], environ)
    shown = capsys.readouterr()
    assert code == 0, shown.out + shown.err
    assert "shop-sts" in account.cloud.ram.roles
    assert "shop-events" in {one.name for one in account.cloud.queues.all()}
    dev = main(["plan", "--env", "dev", "--endpoint", account.cloud.endpoint], environ)
    assert dev == 0
    out = capsys.readouterr().out
    assert "create    role/shop-dev-upload" in out
    assert "queue/" not in out


def test_every_fault_of_the_settings_is_named(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = settings(
        account, VODPASS_OWNER_KEYS="short", VODPASS_NAME="My_Shop", VODPASS_WATCH="nothing"
    )
    code = main(["apply", "--yes", "--endpoint", account.cloud.endpoint], environ)
    shown = capsys.readouterr()
    assert code == 2
    for name in ("VODPASS_OWNER_KEYS", "VODPASS_NAME", "VODPASS_WATCH"):
        assert name in shown.err
    assert "short" not in shown.err
    assert account.state()["roles"] == {}


def test_settings_in_another_file(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    file = account.folder / "other.env"
    named = {**SETTINGS, "VODPASS_NAME": "blog"}
    file.write_text("".join(f"{name}='{value}'\n" for name, value in named.items()))
    given = ["plan", "--endpoint", account.cloud.endpoint, "--env-file"]
    assert main([*given, str(file)], account.environment) == 0
    assert "create    role/blog-upload" in capsys.readouterr().out
    assert main([*given, str(account.folder / "absent")], account.environment) == 2


@pytest.mark.parametrize("env", ["../x", "absent", "PROD"])
def test_an_env_without_a_file(account: Account, env: str) -> None:
    assert (
        main(["plan", "--env", env, "--endpoint", account.cloud.endpoint], settings(account)) == 2
    )


def test_without_a_key(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--endpoint", account.cloud.endpoint], dict(SETTINGS)) == 2
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}", "no json", '{"resources": {"upload": {"props": {}}}}'])
def test_a_document_that_is_none(account: Account, text: str) -> None:
    path = account.folder / "other.json"
    path.write_text(text)
    given = ["plan", "--settings", str(path), "--endpoint", account.cloud.endpoint]
    assert main(given, account.environment) == 2


def test_only_a_fake_on_this_machine_is_an_endpoint() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.account", "plan", "--endpoint", "ram.example.com:80"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot read these arguments" in done.stderr
