"""The contenders as code folders, for one Python version."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import FLOOR, OURS, PLAIN, PLAIN_VALID
from benchmarks.process import BenchmarkError
from benchmarks.scene import FUNCTIONS, PROJECT
from ops.bundle.build import build
from ops.bundle.manifest import archive
from ops.bundle.packages import fetch
from ops.bundle.target import RUNTIMES, Target, find_interpreter

_APART = ("sts", "events", "watch")
_CONTENDERS = Path(__file__).parent / "contenders"
_ZIP_TIME = 315532800  # 1980-01-01: what `s` gives every file in its zip


@dataclass(frozen=True)
class LineUp:
    """Where each contender's code for each function is, and what runs it."""

    python: str
    interpreter: Path
    folder: Path

    def code(self, contender: str, function: str) -> Path:
        """The folder that an instance gets as `/code`."""
        return self.folder / contender / function

    def zip_size(self, contender: str, function: str) -> int:
        """Bytes of the zip that a deployment uploads."""
        code = self.code(contender, function)
        linked = code / "python"
        packages = len(archive(linked.resolve())) if linked.is_symlink() else 0
        return packages + len(archive(code))


def pick(python: str | None) -> tuple[str, Path]:
    """The version to measure, and its interpreter: a runtime's if there is one on this machine.

    Raises BenchmarkError.
    """
    for version in (python,) if python else RUNTIMES:
        interpreter = find_interpreter(version)
        if interpreter is not None:
            return version, interpreter
    raise BenchmarkError(f"no Python {python or ' or '.join(RUNTIMES)} was found on this machine")


def line_up(
    python: str | None, folder: Path, *, packages: Path | None = None, byte_code: bool = True
) -> LineUp:
    """Build every contender in `folder`, of the locked packages if they are there already.

    Without `byte_code` the plain ones have none, which is quicker to build, and slow.
    Raises BuildError or BenchmarkError.
    """
    version, interpreter = pick(python)
    if packages is None:
        packages = folder / "packages"
        fetch(PROJECT / "requirements.txt", Target(version), packages)
    build(PROJECT, version, folder / OURS, packages=packages)
    _floor(folder / FLOOR)
    # As published, with the byte code that pip makes and `s` packs with it.
    stale = folder / "stale"
    shutil.copytree(packages, stale)
    if byte_code:
        _compile(interpreter, stale)
    valid = folder / "valid"
    shutil.copytree(stale, valid)  # times too, by which byte code is valid
    _plain(folder / PLAIN, stale)
    _plain(folder / PLAIN_VALID, valid)
    for source in stale.rglob("*.py"):
        # Byte code has the time of its source, so a zip that changes times makes it void.
        os.utime(source, (_ZIP_TIME, _ZIP_TIME))
    return LineUp(version, interpreter, folder)


def _floor(folder: Path) -> None:
    for function in FUNCTIONS:
        (folder / function).mkdir(parents=True)
        shutil.copyfile(_CONTENDERS / "floor.py", folder / function / "index.py")


def _plain(folder: Path, packages: Path) -> None:
    for function in FUNCTIONS:
        (folder / function).mkdir(parents=True)
        source = f"plain_{function if function in _APART else 'vod'}.py"
        shutil.copyfile(_CONTENDERS / source, folder / function / "index.py")
        (folder / function / "python").symlink_to(packages, target_is_directory=True)


def _compile(interpreter: Path, packages: Path) -> None:
    command = [str(interpreter), "-m", "compileall", "-q", "-j", "0", str(packages)]
    # Some packages carry templates that are no Python; pip passes over them too.
    subprocess.run(command, capture_output=True, check=False)
