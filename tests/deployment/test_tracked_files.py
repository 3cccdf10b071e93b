"""Nothing that a tool generates or installs is in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
GENERATED = re.compile(
    r"(^|/)(build|dist|node_modules|__pycache__|[^/]+\.egg-info|\.venv|\.clients|\.audit|\.local)/"
)


def test_no_generated_file_is_tracked() -> None:
    done = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("this is no checkout of git")
    names = done.stdout.splitlines()
    assert len(names) > 500
    assert [name for name in names if GENERATED.search(name)] == []
