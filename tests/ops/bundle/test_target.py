"""The search for an interpreter of the runtime's version."""

from __future__ import annotations

import sys

import pytest

from ops.bundle.target import RUNTIMES, find_interpreter


@pytest.mark.parametrize("python", RUNTIMES)
def test_a_folder_that_cannot_be_looked_into_holds_no_interpreter(
    monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    # Root may look into every folder. But a name that is too long fails in the same place.
    closed = f"/{'x' * 300}"
    for name in ("PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(name, closed)
    monkeypatch.setattr(sys, "_base_executable", f"{closed}/python", raising=False)
    assert find_interpreter(python) is None
