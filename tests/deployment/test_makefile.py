"""The Makefile can be read, and every target that it names has a recipe."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "Makefile").read_text("utf-8").replace("\\\n", " ")
[NAMED] = re.findall(r"^\.PHONY: (.+)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("target", NAMED.split())
def test_a_target_has_a_recipe(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_every_target_of_ci_exists() -> None:
    called = re.findall(r"^\s*run ([\w-]+)", (PROJECT / ".ci" / "run").read_text("utf-8"), re.M)
    assert len(called) > 5
    assert set(called) <= set(NAMED.split())
