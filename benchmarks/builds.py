"""Builds the code folder of every contender, for one Python version."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import FLOOR, OURS, PLAIN, PLAIN_VALID, SIGNED_FLOOR
from benchmarks.process import BenchmarkError
from benchmarks.workload import FUNCTIONS, PROJECT
from ops.bundle.build import build
from ops.bundle.manifest import archive
from ops.bundle.packages import fetch
from ops.bundle.target import RUNTIMES, Target, find_interpreter

_WITH_OWN_PLAIN = ("sts", "events", "watch")
_CONTENDERS = Path(__file__).parent / "contenders"
_ZIP_TIME = 315532800  # 1980-01-01: what `s` gives every file in its zip


@dataclass(frozen=True)
class Builds:
    """The code folder of each contender and function, and the interpreter that runs it."""

    python: str
    interpreter: Path
    folder: Path

    def code(self, contender: str, function: str) -> Path:
        """The folder that an instance gets as `/code`."""
        return self.folder / contender / function

    def zip_size(self, contender: str, function: str) -> int:
        """Size in bytes of the zip that a deployment uploads."""
        code = self.code(contender, function)
        linked = code / "python"
        packages = len(archive(linked.resolve())) if linked.is_symlink() else 0
        return packages + len(archive(code))


def pick(python: str | None) -> tuple[str, Path]:
    """The version to measure and its interpreter. Without `python`, the first supported runtime.

    Raises BenchmarkError if this machine has no such interpreter.
    """
    for version in (python,) if python else RUNTIMES:
        interpreter = find_interpreter(version)
        if interpreter is not None:
            return version, interpreter
    raise BenchmarkError(f"no Python {python or ' or '.join(RUNTIMES)} was found on this machine")


def build_contenders(
    python: str | None,
    folder: Path,
    *,
    packages: Path | None = None,
    bundle: Path | None = None,
    byte_code: bool = True,
) -> Builds:
    """Build every contender in `folder`.

    `packages` has the locked packages, and `bundle` the bundle, if they exist already. Without
    `byte_code`, the plain contenders have none: quicker to build, slower to start. Raises
    BuildError or BenchmarkError.
    """
    version, interpreter = pick(python)
    if packages is None:
        packages = folder / "packages"
        fetch(PROJECT / "requirements.txt", Target(version), packages)
    if bundle is None:
        build(PROJECT, version, folder / OURS, packages=packages)
    else:
        (folder / OURS).symlink_to(bundle, target_is_directory=True)
    _floor(folder / FLOOR)
    (folder / SIGNED_FLOOR / "play").mkdir(parents=True)
    shutil.copyfile(_CONTENDERS / "signed_floor.py", folder / SIGNED_FLOOR / "play" / "index.py")
    # The published packages, with the byte code that pip compiles and `s` packs.
    stale = folder / "stale"
    shutil.copytree(packages, stale)
    if byte_code:
        _compile(interpreter, stale)
    valid = folder / "valid"
    if byte_code:
        shutil.copytree(stale, valid)  # keeps file times: byte code is valid by them
    else:
        valid.symlink_to(packages, target_is_directory=True)  # nothing writes byte code into it
    _plain(folder / PLAIN, stale)
    _plain(folder / PLAIN_VALID, valid)
    for source in stale.rglob("*.py"):
        # Byte code records the time of its source. `s` changes all times, so it becomes stale.
        os.utime(source, (_ZIP_TIME, _ZIP_TIME))
    return Builds(version, interpreter, folder)


def _floor(folder: Path) -> None:
    for function in FUNCTIONS:
        (folder / function).mkdir(parents=True)
        shutil.copyfile(_CONTENDERS / "floor.py", folder / function / "index.py")


def _plain(folder: Path, packages: Path) -> None:
    for function in FUNCTIONS:
        (folder / function).mkdir(parents=True)
        source = f"plain_{function if function in _WITH_OWN_PLAIN else 'vod'}.py"
        shutil.copyfile(_CONTENDERS / source, folder / function / "index.py")
        (folder / function / "python").symlink_to(packages, target_is_directory=True)


def _compile(interpreter: Path, packages: Path) -> None:
    command = [str(interpreter), "-m", "compileall", "-q", "-j", "0", str(packages)]
    # Some packages contain templates that do not compile. pip ignores them too.
    subprocess.run(command, capture_output=True, check=False)
