"""Tries mutants of the deployed code, which mutmut makes, and compares what no test notices.

    python -m tests.mutation                             run everything, then compare
    python -m tests.mutation shared/web 'shared/auth/t*' run a part: files, folders or patterns
    python -m tests.mutation --report [PART ...]         compare the last run
    python -m tests.mutation --report --show [PART ...]  and show every mutant that survived

In the critical modules, each mutant that no test notices must stand in `argued.json`, with the
reason why it does no harm. Of the mutants of all other modules together, tests must notice 90 %.
Exit status 1: they do not, or an argument is missing, or no mutant needs an argument any more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from tests.mutation.comparison import CRITICAL, FLOOR, Change, Comparison, compare
from tests.mutation.last_run import MUTANTS, PROJECT, arguments, change, outcomes, selected

TESTS = (
    "tests/shared",
    "tests/instances",
    "tests/functions/tokens/test_published_keys.py",
    "tests/functions/sts/test_names_and_policies.py",
)
"""Tests that call the code in their own process."""
LEFT_OUT = (
    "test_store.py::test_its_modules_load_nothing_heavy",
    "test_script.py::test_the_store_and_an_instance_give_the_same_answers",
)
"""Tests of the limits: one starts another process, where mutmut itself is heavy; one is slow."""
OPTIONS = [
    *"-p no:cacheprovider -p no:xdist -q -s --tb=no".split(),
    *(f"--deselect=tests/shared/limits/{test}" for test in LEFT_OUT),
]


def main() -> int:
    """Runs and compares. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help="a file, a folder or a pattern; default: all")
    parser.add_argument("--report", action="store_true", help="compare the last run")
    parser.add_argument("--show", action="store_true", help="show every mutant that survived")
    parser.add_argument("--at-once", default="2", help="mutants to try at once; default: 2")
    given = parser.parse_args()
    files = selected(given.part)
    if not given.report:
        try_mutants(files, given.at_once)
    found = list(outcomes(files))
    survivors = {
        name: change(file, name)
        for file, name, killed in found
        if not killed and (given.show or file in CRITICAL)
    }
    argued = {one for one in arguments() if one.file in files}
    result = compare(found, survivors, argued)
    report(result)
    if given.show:
        for one in survivors.values():
            if one.file not in CRITICAL:
                show("survived", one)
    return int(not result.passed)


def try_mutants(files: Sequence[str], at_once: str) -> None:
    """Makes the mutants of all files, and tries those of `files`."""
    make = [sys.executable, "-m", "tests.mutation.generation", at_once]
    subprocess.run(make, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    names = [file.removesuffix(".py").replace("/", ".") + ".x*" for file in files]
    run = [sys.executable, "-m", "pytest", "--rootdir=.", "--mutants", ",".join(names)]
    run += ["--at-once", at_once, "-p", "tests.mutation.trial", *OPTIONS, *TESTS]
    subprocess.run(run, cwd=MUTANTS, check=True)


def report(result: Comparison) -> None:
    """Writes the figures of each module, then what is wrong."""
    for file, (killed, total) in sorted(result.figures.items()):
        say(f"{file}: {killed} of {total} noticed" + (", critical" if file in CRITICAL else ""))
    killed, total = result.others
    if total:
        say(f"all that are not critical: {killed} of {total} noticed, {killed / total:.1%}")
    for one in sorted(result.missing, key=str):
        show("not noticed", one)
    for one in sorted(result.gone, key=str):
        show("argued for, but gone", one)
    if not result.above_floor:
        say(f"\nthe floor is {FLOOR:.0%}")


def show(what: str, one: Change) -> None:
    """Writes what a mutant does."""
    say(f"\n{what}: {one.file}\n  - {one.before}\n  + {one.after}")


def say(text: str) -> None:
    """Writes a line."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
