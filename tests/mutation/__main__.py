"""Runs mutmut on the modules that decide who may do what, and compares what survives.

    python -m tests.mutation          run, then compare
    python -m tests.mutation --report compare the last run

A mutant that no test notices must stand in `argued.json`, with the reason why it does no harm.
Exit status 1: there is another, or an argument that no mutant needs any more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MUTANTS = PROJECT / "mutants"
ARGUED = Path(__file__).with_name("argued.json")

KILLED = frozenset({1, 3})  # a test failed, or pytest itself
TIMED_OUT = frozenset({24, 36, 152, 255, -24})  # the mutant never ends
NO_TESTS = frozenset({5, 33})


@dataclass(frozen=True)
class Change:
    """What a mutant does: the file, the line as it is, and the line as it becomes."""

    file: str
    before: str
    after: str


def main() -> int:
    """Runs and compares. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--report", action="store_true", help="compare the last run")
    if not parser.parse_args().report:
        run = [sys.executable, "-m", "mutmut", "run", "--max-children", "2"]
        subprocess.run(run, cwd=PROJECT, check=True)
    counts: dict[str, Counter[str]] = {}
    survivors = set()
    for file, name, outcome in outcomes():
        counts.setdefault(file, Counter())[outcome] += 1
        if outcome != "killed":
            survivors.add(change(file, name))
    for file, count in counts.items():
        total = sum(count.values())
        say(f"{file}: {count['killed']} of {total} killed")
    argued = arguments()
    for one in sorted(survivors - argued, key=str):
        say(f"\nnot noticed: {one.file}\n  - {one.before}\n  + {one.after}")
    for one in sorted(argued - survivors, key=str):
        say(f"\nargued for, but gone: {one.file}\n  - {one.before}\n  + {one.after}")
    return int(survivors != argued)


def say(text: str) -> None:
    """Writes a line."""
    sys.stdout.write(f"{text}\n")


def outcomes() -> Iterator[tuple[str, str, str]]:
    """File, name and outcome of each mutant of the last run."""
    for meta in sorted(MUTANTS.rglob("*.py.meta")):
        file = str(meta.relative_to(MUTANTS).with_suffix(""))
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            if code is None:
                raise SystemExit(f"{name} was not tried: run again")
            yield file, name, "killed" if code in KILLED | TIMED_OUT else "survived"


def change(file: str, name: str) -> Change:
    """What a mutant does, by its name."""
    show = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(show, cwd=PROJECT, check=True, capture_output=True, text=True)
    lines = [line for line in shown.stdout.splitlines() if not line.startswith(("---", "+++"))]
    before = [line[1:].strip() for line in lines if line.startswith("-")]
    after = [line[1:].strip() for line in lines if line.startswith("+")]
    return Change(file, " ".join(before), " ".join(after))


def arguments() -> set[Change]:
    """The changes that are argued for."""
    document = json.loads(ARGUED.read_text("utf-8"))
    return {Change(one["file"], one["before"], after) for one in document for after in one["after"]}


if __name__ == "__main__":
    sys.exit(main())
