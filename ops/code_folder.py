"""A function's code folder, which Function Compute mounts at `/code`: what every builder shares.

`ops.bundle` builds what is deployed, `local.build` what `make run` serves. This module imports the
standard library only. A deployment starts with it on the operator's own Python, and `local` may
import this one module of `ops`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


class BuildError(Exception):
    """A code folder cannot be built; the message says why."""


def function_names(project: Path) -> list[str]:
    """The functions of a project: the folders of `functions/` that hold an `index.py`."""
    return sorted(path.parent.name for path in (project / "functions").glob("*/index.py"))


def install(requirements: Path, target: Path, options: Sequence[str] = ()) -> None:
    """Install the locked packages into `target` with pip, which checks each against its hash.

    Raises BuildError with pip's own last lines.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--require-hashes", "--only-binary=:all:", "--target", str(target)]
    command += [*options, "-r", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError("pip install failed:\n" + "\n".join(done.stderr.splitlines()[-15:]))


def put_in_place(made: Path, place: Path) -> None:
    """Move the folder `made` to `place` by renaming, so that `place` never holds half a folder.

    An old folder at `place` stays whole until then, and is deleted afterwards.
    """
    old = Path(tempfile.mkdtemp(dir=place.parent, prefix=".old-"))
    if os.path.lexists(place):
        place.rename(old / "folder")
    made.rename(place)
    shutil.rmtree(old)
