"""Runs the target's own interpreter: to compile byte code, and to load the function once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops.code_folder import BuildError

_SCRIPTS = Path(__file__).parent / "in_target"
_SECONDS = 300
# As in an instance: no site-packages, and no byte code written. The fixed seed keeps the order of
# sets, and so the byte code, the same each time.
_FLAGS = ("-S", "-s", "-B")
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def compile_folder(interpreter: Path, folder: Path) -> None:
    """Compile every source in `folder`, and check the byte code against it. Raises BuildError."""
    for step in ("compile", "check"):
        _run(interpreter, "byte_code.py", (step, str(folder)), {}, "byte code")


def try_function(interpreter: Path, folder: Path, plan: Mapping[str, Any]) -> None:
    """Load the function in `folder` in a new process. Raises BuildError with its last lines."""
    environment = {"PYTHONPATH": str(folder / "python")}
    arguments = (str(folder), json.dumps(plan))
    _run(interpreter, "trial.py", arguments, environment, f"{folder.name} does not load")


def _run(
    interpreter: Path,
    script: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    failure: str,
) -> None:
    done = subprocess.run(
        [interpreter, *_FLAGS, _SCRIPTS / script, *arguments],
        env={**_ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-3:])
        raise BuildError(f"{failure}: {last}")
