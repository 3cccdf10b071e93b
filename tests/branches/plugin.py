"""A plugin of pytest: measures the tests' own processes and every instance of a function.

`BRANCHES_FOLDER` is the folder for what is measured. Each process writes files of its own there.
"""

from __future__ import annotations

import os
from pathlib import Path

import coverage
import pytest

from local.gateway import instance as gateway_instance

FOLDER = Path(os.environ["BRANCHES_FOLDER"])
PROJECT = Path(__file__).resolve().parents[2]
INSTANCE = Path(__file__).with_name("instance.py")

# An instance sees no packages but its own, and keeps nothing of the developer's environment. So
# what it needs to measure itself is written into the program that it runs.
_PROGRAM = """\
import sys
sys.path.append({packages!r})
import measured_instance
measured_instance.run({bootstrap!r}, {data!r})
"""

measuring = coverage.Coverage(
    data_file=str(FOLDER / "data"),
    data_suffix=True,
    branch=True,
    config_file=False,
    include=[str(PROJECT / "shared" / "*"), str(PROJECT / "functions" / "*")],
)
# A process may run nothing of the functions.
measuring.set_option("run:disable_warnings", ["no-data-collected"])
measuring.start()


def pytest_configure(config: pytest.Config) -> None:
    """Lets the local gateway start instances that measure themselves."""
    packages = FOLDER / "packages"
    packages.mkdir(exist_ok=True)
    for link, to in (
        (packages / "coverage", Path(coverage.__file__).parent),
        (packages / "measured_instance.py", INSTANCE),
    ):
        if not link.is_symlink():
            link.symlink_to(to)
    program = FOLDER / f"bootstrap-{os.getpid()}.py"
    program.write_text(
        _PROGRAM.format(
            packages=str(packages),
            bootstrap=str(gateway_instance._BOOTSTRAP),
            data=str(FOLDER / "data"),
        )
    )
    gateway_instance._BOOTSTRAP = program


def pytest_unconfigure(config: pytest.Config) -> None:
    """Writes what this process has measured."""
    measuring.stop()
    measuring.save()
