"""The code folders that `make run` serves: `index.py`, `shared/` and `python/`.

They are filled in seconds, because `python/` is a link to packages that are installed once.
`ops.bundle` builds what is deployed; what both need is in `ops.code_folder`.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ops.code_folder import function_names, install, put_in_place

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def lay_out(project: Path, name: str, folder: Path) -> None:
    """Copy the project's own part of a function into `folder`, which must not exist yet."""
    shutil.copytree(project / "functions" / name, folder, ignore=_NOT_COPIED)
    shutil.copytree(project / "shared", folder / "shared", ignore=_NOT_COPIED)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, so that parallel processes do the work one at a time."""
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


def dependencies(project: Path, cache: Path) -> Path:
    """The folder below `cache` with the functions' packages for the running interpreter.

    Installs them on first use, and again when `requirements.txt` or the interpreter changes.
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
    """Make `build/<function>/` for every function; `python` is a link into `cache`.

    A folder whose content has not changed stays in place, because another process may serve it.
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
