"""The pytest plugin as another project uses it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

TWO_TESTS = """\
    def test_something_is_left_behind(fake_aliyun):
        fake_aliyun.clock.advance(100)
        fake_aliyun.ram.add_user("alice")
        assert fake_aliyun.region == "{region}"

    def test_it_is_seen_without_a_reset(fake_aliyun):
        assert "alice" in fake_aliyun.ram.users

    def test_nothing_is_left_after_a_reset(fresh_aliyun, fake_aliyun):
        assert fresh_aliyun is fake_aliyun
        assert "alice" not in fresh_aliyun.ram.users
        assert fresh_aliyun.clock.offset == 0
"""
NO_USE = """\
    import sys

    def test_no_server_is_loaded():
        assert "fakealiyun.pytest_plugin" in sys.modules
        assert "fakealiyun.fake_cloud" not in sys.modules
        assert "aiohttp" not in sys.modules
"""


def run(
    folder: Path, *arguments: str, conftest: str = "", tests: str = "", own: bool = True
) -> str:
    """Run pytest on these files. Returns its output; every test must pass.

    Unless `own`, pytest finds the plugin by its entry point, together with all other plugins.
    """
    (folder / "conftest.py").write_text(dedent(conftest), encoding="utf-8")
    (folder / "test_it.py").write_text(dedent(tests), encoding="utf-8")
    variables = {"PATH": os.environ["PATH"]}
    if own:
        variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        arguments = ("-p", "fakealiyun.pytest_plugin", *arguments)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_one_cloud_for_the_session_and_a_reset_for_a_test(tmp_path: Path) -> None:
    assert "3 passed" in run(tmp_path, tests=TWO_TESTS.format(region="cn-shanghai"))


def test_a_project_sets_the_options(tmp_path: Path) -> None:
    conftest = """\
        import pytest

        @pytest.fixture(scope="session")
        def fake_aliyun_options():
            return {"region": "cn-beijing", "account_id": "42"}
    """
    assert "3 passed" in run(
        tmp_path, conftest=conftest, tests=TWO_TESTS.format(region="cn-beijing")
    )


def test_a_run_that_does_not_use_it_loads_no_server(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, tests=NO_USE)


@pytest.mark.parametrize("how", ["entry point", "-p", "pytest_plugins", "both"])
def test_it_may_be_named_again(tmp_path: Path, how: str) -> None:
    """pytest refuses one plugin under two names. The entry point has the name of the module."""
    arguments = ["-p", "fakealiyun.pytest_plugin"] if how in ("-p", "both") else []
    conftest = 'pytest_plugins = ["fakealiyun.pytest_plugin"]\n'
    named = conftest if how in ("pytest_plugins", "both") else ""
    tests = TWO_TESTS.format(region="cn-shanghai")
    assert "3 passed" in run(tmp_path, *arguments, conftest=named, tests=tests, own=False)
