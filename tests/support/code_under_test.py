"""The code of the project's functions that a test session serves.

It is built as `make run` does or, with `--bundle`, as for a deployment. All worker processes of a
session share one build.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from compileall import compile_file
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.build import fill, locked
from local.checkout_keys import LocalKeys
from local.gateway.server import base_interpreter
from local.stack import PROJECT, Stack
from ops.bundle.build import build
from ops.bundle.packages import fetch
from ops.bundle.target import RUNTIMES, Target, find_interpreter


@dataclass(frozen=True)
class CodeUnderTest:
    """Code folders, which tests must not change, and the interpreter that runs them.

    `python` is the version of a bundle. Without a bundle it is None.
    """

    folder: Path
    interpreter: Path
    python: str | None = None

    def stack(
        self,
        *,
        keys: LocalKeys,
        port: int = 0,
        cloud_port: int = 0,
        project: Path = PROJECT,
        environment: Mapping[str, str] | None = None,
        events: bool = False,
        allow_deploy: bool = False,
    ) -> Stack:
        """A Stack that serves this code, not started. `project` is the folder of its s.yaml."""
        # Function Compute has two versions. Any other Python runs as the first of them.
        runtime = {"VODPASS_PYTHON": self.python} if self.python in RUNTIMES else {}
        return Stack(
            build=self.folder,
            interpreter=self.interpreter,
            keys=keys,
            port=port,
            cloud_port=cloud_port,
            project=project,
            environment={**runtime, **(environment or {})},
            events=events,
            allow_deploy=allow_deploy,
        )


def filled(together: Path) -> CodeUnderTest:
    """The functions with their packages for the Python that runs the tests.

    With byte code, as in a bundle: the tests start hundreds of instances.
    """
    return CodeUnderTest(once(together / "filled", _fill), base_interpreter())


def _fill(made: Path) -> None:
    fill(PROJECT, made, PROJECT / ".local")
    for source in made.rglob("*.py"):  # not below `python`, which is a link to compiled packages
        compile_file(source, quiet=1)


def bundled(together: Path, python: str) -> CodeUnderTest:
    """The functions in the project's bundle. Skips the test if there is no such interpreter."""
    interpreter = require(python)
    source = packages(together, python)
    folder = once(
        together / f"bundle-{python}", lambda made: build(PROJECT, python, made, packages=source)
    )
    return CodeUnderTest(folder, interpreter, python)


def packages(together: Path, python: str) -> Path:
    """The locked packages for a Python version. Tests must not change them."""
    lock = PROJECT / "requirements.txt"
    return once(together / f"packages-{python}", lambda made: fetch(lock, Target(python), made))


def require(python: str) -> Path:
    """An interpreter of that version. Skips the test if there is none."""
    found = find_interpreter(python)
    if found is None:
        pytest.skip(f"there is no Python {python} on this machine")
    return found


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """The folder. The first process that needs it builds it."""
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not folder.exists():
            making = folder.with_name(f"{folder.name}.making")
            make(making)
            making.rename(folder)
    return folder
