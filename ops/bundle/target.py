"""The runtime that a bundle is for, and an interpreter of its version on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RUNTIMES = ("3.10", "3.12")
"""The versions of Function Compute's Python runtimes that this project supports."""

PLATFORM = "manylinux2014_x86_64"
"""It needs glibc 2.17. Debian 10 (python3.10) has 2.28, and Debian 11 (python3.12) has 2.31."""


@dataclass(frozen=True)
class Target:
    """A Python version (`3.10`) on Linux x86-64."""

    python: str

    @property
    def cache_tag(self) -> str:
        """The tag in the file names of byte code and native modules of this version."""
        return f"cpython-{self.python.replace('.', '')}"

    @property
    def pip_options(self) -> list[str]:
        """The options that let any pip install for this target."""
        return [
            *("--platform", PLATFORM),
            *("--python-version", self.python),
            *("--implementation", "cp"),
            "--no-compile",
        ]


def find_interpreter(python: str) -> Path | None:
    """An interpreter of that minor version on this machine; None if there is none.

    Tries the one that runs this, those in PATH, and those of pyenv and uv.
    """
    for candidate in _candidates(python):
        # Unlike a Path, it says no of a folder that this user may not look into.
        if os.path.isfile(candidate) and _version_of(candidate) == python:
            return candidate
    return None


def _candidates(python: str) -> Iterator[Path]:
    yield Path(getattr(sys, "_base_executable", None) or sys.executable)
    name = f"python{python}"
    for searched in os.get_exec_path():
        yield Path(searched) / name
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python")
    for root, pattern in ((pyenv / "versions", f"{python}.*"), (uv, f"cpython-{python}.*")):
        for installed in sorted(root.glob(pattern) if os.path.isdir(root) else (), reverse=True):
            yield installed / "bin" / name


def _version_of(interpreter: Path) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"
    try:
        # pyenv has a shim for every installed version. It fails if that version is not selected.
        done = subprocess.run(
            [interpreter, "-I", "-S", "-c", code],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version, _, kind = done.stdout.strip().partition(" ")
    return version if done.returncode == 0 and kind == "cpython" else None
