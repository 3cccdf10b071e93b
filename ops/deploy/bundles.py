"""Keeps the bundle of a deployment and of the one before it, to go back to.

They lie in `.deployed/<region>-<name>/`, which git ignores. A bundle has code only, no setting.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops import voice
from ops.bundle import manifest
from ops.code_folder import put_in_place

_ROOT = Path(__file__).resolve().parents[2]
FOLDER = ".deployed"
NOW, BEFORE = "now", "before"


class Busy(Exception):
    """Another deployment of this project runs on this machine."""


class NothingKept(Exception):
    """No earlier bundle of this deployment is on this machine."""


class Bundles:
    """The bundles of one deployment."""

    def __init__(self, project: Path, region: str, name: str) -> None:
        self._build = project / "build"
        place = re.sub(r"[^A-Za-z0-9_-]", "_", f"{region}-{name}")
        self._folder = project / FOLDER / place

    def keep(self, functions: tuple[str, ...]) -> None:
        """Note that what is in `build` has been deployed. The bundle of before stays one longer."""
        if not (self._folder / NOW).is_dir():
            self._copy(self._build, NOW, functions)
        elif digest(self._build, functions) != digest(self._folder / NOW, functions):
            self._move(NOW, BEFORE)
            self._copy(self._build, NOW, functions)

    def put_back(self, functions: tuple[str, ...]) -> None:
        """Put the bundle of before into `build`. Raises NothingKept."""
        kept = self._folder / BEFORE
        if not all((kept / function / "index.py").is_file() for function in functions):
            raise NothingKept
        for function in functions:
            made = Path(tempfile.mkdtemp(dir=self._build, prefix=".back-")) / function
            shutil.copytree(kept / function, made, symlinks=True)
            put_in_place(made, self._build / function)
            made.parent.rmdir()

    def went_back(self) -> None:
        """Note that the bundle of before has been deployed: the two change places."""
        self._move(NOW, "between")
        self._move(BEFORE, NOW)
        self._move("between", BEFORE)

    def _copy(self, source: Path, name: str, functions: tuple[str, ...]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = Path(tempfile.mkdtemp(dir=self._folder, prefix=".copy-"))
        for function in functions:
            shutil.copytree(source / function, made / function, symlinks=True)
        put_in_place(made, self._folder / name)

    def _move(self, name: str, to: str) -> None:
        if (self._folder / name).is_dir():
            shutil.rmtree(self._folder / to, ignore_errors=True)
            (self._folder / name).rename(self._folder / to)


def digest(build: Path, functions: tuple[str, ...]) -> str:
    """12 characters that tell one bundle from another."""
    found = hashlib.sha256()
    for function in sorted(functions):
        found.update(function.encode() + b"\0" + manifest.archive(build / function))
    return found.hexdigest()[:12]


def build(
    project: Path, python: str, required: bool, environ: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Build the project's bundle in `build`. Returns the exit code and the reasons.

    `required`: fail if this machine has no Python of that version to compile byte code.
    """
    options = ["--require-byte-code"] if required else []
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ops.bundle", voice.OPTION, voice.spoken()),
            *("--python", python, "--out", str(project / "build"), *options),
        ],
        cwd=project,
        env={
            **{name: value for name, value in environ.items() if name != "DEBUG"},
            "PYTHONPATH": str(_ROOT),
            "PYTHONIOENCODING": "utf-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


@contextlib.contextmanager
def alone(project: Path) -> Iterator[None]:
    """Hold the project's lock for deployments. Raises Busy."""
    folder = project / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy from None
        yield
