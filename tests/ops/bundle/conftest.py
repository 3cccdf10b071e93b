"""The interpreters that bundles are tried with, and a small project to bundle."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ops.bundle.target import RUNTIMES, find_interpreter
from tests.ops.bundle import sample

PROJECT = Path(__file__).resolve().parents[3]
_FOUND = [python for python in RUNTIMES if find_interpreter(python) is not None]
_HOST = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = list(RUNTIMES) if _FOUND else [_HOST]
"""The runtimes; where neither has an interpreter, the Python that runs the tests stands in."""
ANY = _FOUND[0] if _FOUND else _HOST
"""For what is alike for all of them."""


@pytest.fixture
def sample_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two functions, whose one package needs no network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return sample.project(tmp_path / "project", sample.INDEX, sample.wheel(tmp_path))
