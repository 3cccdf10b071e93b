"""The plain bundle: the functions' code and the locked packages, as they are published."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from local.build import BuildError, function_names, install, lay_out, put_in_place

PYTHONS = ("3.10", "3.12")
"""Function Compute's runtimes that this project supports."""

PLATFORM = "manylinux2014_x86_64"
"""glibc 2.17: Debian 10 (python3.10) has 2.28, Debian 11 (python3.12) 2.31."""


def build(project: Path, python: str, out: Path) -> list[Path]:
    """Make `out/<function>/` for every function and return these folders.

    `python` is one of PYTHONS: the runtime's version, whatever runs this. Folders of functions
    that exist already are replaced. Raises BuildError.
    """
    names = function_names(project)
    if not names:
        raise BuildError("there are no functions in functions/")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".bundle-") as temporary:
        packages = Path(temporary) / "python"
        target = ["--platform", PLATFORM, "--python-version", python, "--implementation", "cp"]
        install(project / "requirements.txt", packages, [*target, "--no-compile"])
        # Console scripts carry this machine's interpreter and are of no use to a function.
        shutil.rmtree(packages / "bin", ignore_errors=True)
        for name in names:
            made = Path(temporary) / name
            lay_out(project, name, made)
            shutil.copytree(packages, made / "python")
            put_in_place(made, out / name)
    return [out / name for name in names]
