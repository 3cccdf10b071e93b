"""A small project to bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import sample_project as sample


@pytest.fixture
def sample_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two functions, whose one package needs no network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return sample.project(tmp_path / "project", sample.INDEX, sample.wheel(tmp_path))
