"""Bundles of the real project, built once a session for every interpreter that is found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.build import locked
from ops.bundle.build import build
from ops.bundle.packages import fetch
from ops.bundle.target import RUNTIMES, Target, find_interpreter
from tests.bundle import sample

PROJECT = Path(__file__).resolve().parents[2]
_FOUND = [python for python in RUNTIMES if find_interpreter(python) is not None]
_HOST = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = list(RUNTIMES) if _FOUND else [_HOST]
"""The runtimes; where neither has an interpreter, the Python that runs the tests stands in."""
ANY = _FOUND[0] if _FOUND else _HOST
"""For what is alike for all of them."""


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder


def _once(folder: Path, make: Callable[[Path], object]) -> Path:
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not folder.exists():
            making = folder.with_name(f"{folder.name}.making")
            make(making)
            making.rename(folder)
    return folder


@pytest.fixture(scope="session")
def packages(together: Path) -> Callable[[str], Path]:
    """The locked packages for a Python version. Not to be changed."""

    def fetched(python: str) -> Path:
        def make(folder: Path) -> None:
            fetch(PROJECT / "requirements.txt", Target(python), folder)

        return _once(together / f"packages-{python}", make)

    return fetched


@pytest.fixture(scope="session")
def bundle(together: Path, packages: Callable[[str], Path]) -> Callable[[str], Path]:
    """The project's bundle for a Python version. Not to be changed."""

    def built(python: str) -> Path:
        require(python)
        source = packages(python)

        def make(folder: Path) -> None:
            build(PROJECT, python, folder, packages=source)

        return _once(together / f"bundle-{python}", make)

    return built


def require(python: str) -> Path:
    """An interpreter of that version; skips the test where there is none."""
    found = find_interpreter(python)
    if found is None:
        pytest.skip(f"there is no Python {python} on this machine")
    return found


@pytest.fixture
def sample_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two functions, whose one package needs no network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return sample.project(tmp_path / "project", sample.INDEX, sample.wheel(tmp_path))
