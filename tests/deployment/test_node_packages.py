"""The Node tools: pinned, installed from the lock alone, and without a script of their own."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PROJECT / "package.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PROJECT / "package-lock.json").read_text())
    return loaded


def test_nothing_is_published_or_shipped(package: dict[str, Any]) -> None:
    assert package["private"] is True
    assert "dependencies" not in package


def test_every_tool_is_pinned_to_one_version(package: dict[str, Any], lock: dict[str, Any]) -> None:
    for name, version in package["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"]


def test_the_lock_names_a_checksum_for_each_package_and_no_host(lock: dict[str, Any]) -> None:
    for path, entry in lock["packages"].items():
        if path:
            assert entry["integrity"].startswith("sha512-"), path
            assert "resolved" not in entry, path


def test_no_package_may_run_a_script_when_installed() -> None:
    assert "ignore-scripts=true" in (PROJECT / ".npmrc").read_text().splitlines()
    assert not re.search(r"https?://|registry=|_auth", (PROJECT / ".npmrc").read_text())


def test_the_tool_that_renders_is_the_one_that_is_locked(lock: dict[str, Any]) -> None:
    installed = json.loads(
        (PROJECT / "node_modules" / "@serverless-devs" / "s" / "package.json").read_text()
    )
    assert installed["version"] == lock["packages"]["node_modules/@serverless-devs/s"]["version"]
