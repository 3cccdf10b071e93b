"""Measures how much of the deployed code the tests run, and compares it with what must be.

    python -m tests.branches [FOLDER…]

Runs the tests that reach the deployed code (or those of the folders), with every instance of a
function measured too. Exit status 1: a test failed, fewer than 97 % of all branches are covered, or
a branch is not that belongs to a module which decides who may do what.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import coverage

from tests.branches.comparison import DECIDING, FLOOR, Covered, covered, judge, share

PROJECT = Path(__file__).resolve().parents[2]
TESTS = (
    "tests/shared tests/instances tests/functions tests/attacks tests/properties "
    "tests/reliability tests/docs/openapi tests/local"
).split()
LEFT_OUT = (
    "tests/local/gateway/test_environment.py::"
    "test_only_the_code_folder_and_the_standard_library_can_be_imported"
)
"""A test that cannot hold here: what measures an instance is imported into it."""


def main() -> int:
    """Runs the tests and compares. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.branches", description=__doc__)
    parser.add_argument("folder", nargs="*", default=TESTS, help="tests to run")
    folders = parser.parse_args().folder
    with tempfile.TemporaryDirectory(prefix="coverage-") as place:
        run = [sys.executable, "-m", "pytest", "-n", "2", "-q", "-p", "tests.branches.plugin"]
        run.append(f"--deselect={LEFT_OUT}")
        environment = {**os.environ, "BRANCHES_FOLDER": place}
        failed = subprocess.run([*run, *folders], cwd=PROJECT, env=environment, check=False)
        modules = measured(Path(place))
    faults = judge(modules, DECIDING, FLOOR)
    for module in sorted(modules, key=lambda module: module.module):
        missing = f"  missing {', '.join(module.missing)}" if module.missing else ""
        say(f"{module.covered:4} of {module.branches:4}  {module.module}{missing}")
    say(f"\nbranches covered: {share(modules):.2f} %")
    for fault in faults:
        say(fault)
    return int(bool(failed.returncode or faults))


def say(text: str) -> None:
    """Writes a line."""
    sys.stdout.write(f"{text}\n")


def measured(folder: Path) -> list[Covered]:
    """What all processes together have run, from their files in `folder`."""
    config = folder / "coveragerc"
    # An instance runs copies, `FOLDER/<function>/index.py` and `FOLDER/<function>/shared/`.
    config.write_text(
        f"""[run]
branch = true
data_file = {folder / "data"}
[paths]
shared =
    {PROJECT / "shared"}
    */shared
functions =
    {PROJECT / "functions"}
    */filled
"""
    )
    together = coverage.Coverage(config_file=str(config))
    together.combine([str(folder)])
    report = folder / "report.json"
    together.json_report([str(path) for path in deployed_files()], outfile=str(report))
    files = json.loads(report.read_text("utf-8"))["files"]
    return [covered(name, files[name]) for name in sorted(files)]


def deployed_files() -> list[Path]:
    """Every module that is deployed."""
    return sorted(
        path
        for folder in ("shared", "functions")
        for path in (PROJECT / folder).rglob("*.py")
        if path.read_text("utf-8").strip()
    )


if __name__ == "__main__":
    raise SystemExit(main())
