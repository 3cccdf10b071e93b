"""Every tool explains itself with `--help`, and lists its commands after a mistake."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "tool",
    [
        "bundle",
        "callbacks",
        "deploy",
        "doctor",
        "keys",
        "rehearse",
        "s_yaml",
        "setup",
        "smoke",
        "template",
    ],
)
def test_help_explains_the_tool(tool: str) -> None:
    done = run(f"ops.{tool}", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(rf"usage: python3? -m ops\.{tool} ", done.stdout)
    # No reference to code: an operator does not read it.
    assert "see the package" not in done.stdout
    assert "__doc__" not in done.stdout
    assert not re.search(r"\w+/\w+\.py", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "commands"),
    [
        (("ops.keys",), ("jwt", "owner", "webhook")),
        (("ops.keys", "jwks"), ("jwt", "owner", "webhook")),
        (("ops.keys", "jwt", "nwe"), ("new", "rotate", "retire", "public", "list")),
        (("ops.callbacks",), ("show", "set", "rotate")),
    ],
)
def test_a_mistake_lists_the_commands(arguments: tuple[str, ...], commands: tuple[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    for command in commands:
        assert re.search(rf"^ +{command} +\S", done.stderr, re.MULTILINE), command
