"""Code folders as a function gets them at `/code`: `index.py`, `shared/` and `python/`.

Needs the standard library and pip only, because a deployment starts with it on the operator's own
Python.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


class BuildError(Exception):
    """A code folder cannot be built; the message says why."""


def function_names(project: Path) -> list[str]:
    """The functions of a project: the folders of `functions/` that hold an `index.py`."""
    return sorted(path.parent.name for path in (project / "functions").glob("*/index.py"))


def lay_out(project: Path, name: str, folder: Path) -> None:
    """Copy the project's own part of a function into `folder`, which must not exist yet."""
    shutil.copytree(project / "functions" / name, folder, ignore=_NOT_COPIED)
    shutil.copytree(project / "shared", folder / "shared", ignore=_NOT_COPIED)


def install(requirements: Path, target: Path, options: Sequence[str] = ()) -> None:
    """Install the locked packages into `target` by pip, each checked against its hash.

    Raises BuildError with pip's own last lines.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--require-hashes", "--only-binary=:all:", "--target", str(target)]
    command += [*options, "-r", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BuildError("pip install failed:\n" + "\n".join(done.stderr.splitlines()[-15:]))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, so that processes side by side do the work one at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def same(left: Path, right: Path) -> bool:
    """Whether two folders hold the same files, links and bytes."""
    names = _leaves(left)
    return names == _leaves(right) and all(_same(left / name, right / name) for name in names)


def _leaves(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


def _same(left: Path, right: Path) -> bool:
    if left.is_symlink() or right.is_symlink():
        return left.is_symlink() and right.is_symlink() and left.readlink() == right.readlink()
    return filecmp.cmp(left, right, shallow=False)


def put_in_place(made: Path, place: Path) -> None:
    """Move the folder `made` to `place`; what was there goes away, and is whole until then."""
    old = Path(tempfile.mkdtemp(dir=place.parent, prefix=".old-"))
    if os.path.lexists(place):
        place.rename(old / "folder")
    made.rename(place)
    shutil.rmtree(old)


def dependencies(project: Path, cache: Path) -> Path:
    """The folder below `cache` with the functions' packages for the running interpreter.

    Installed on first use, and anew whenever `requirements.txt` or the interpreter changes.
    """
    requirements = project / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    folder = cache / f"python-{sys.implementation.cache_tag}-{digest}"
    with locked(cache / f"{folder.name}.lock"):
        if not folder.exists():
            made = Path(tempfile.mkdtemp(dir=cache, prefix=".installing-"))
            try:
                install(requirements, made)
                made.chmod(0o755)
                made.rename(folder)
            finally:
                shutil.rmtree(made, ignore_errors=True)
    return folder


def fill(project: Path, build: Path, cache: Path) -> None:
    """Make `build/<function>/` for every function, quickly: `python` is a link into `cache`.

    A folder that is as it should be stays in place, so that what another process is serving from
    it is not disturbed.
    """
    packages = dependencies(project, cache).resolve()
    with locked(build / ".lock"):
        for name in function_names(project):
            made = Path(tempfile.mkdtemp(dir=build, prefix=f".{name}-")) / name
            lay_out(project, name, made)
            (made / "python").symlink_to(packages, target_is_directory=True)
            if not same(made, build / name):
                put_in_place(made, build / name)
            shutil.rmtree(made.parent)
