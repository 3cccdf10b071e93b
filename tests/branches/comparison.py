"""Whether the tests run enough of the deployed code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from tests.mutation.comparison import CRITICAL

DECIDING = CRITICAL | {"shared/events/callback.py"}
"""The modules that decide who may do what: every branch of them is covered."""
FLOOR = 97.0
"""Of 100 branches of all modules, so many must be covered."""


@dataclass(frozen=True)
class Covered:
    """What the tests run of one module. `missing` are lines and branches, as text."""

    module: str
    branches: int
    covered: int
    missing: tuple[str, ...]


def share(modules: list[Covered]) -> float:
    """The branches covered, of 100. 100 for code without branches."""
    branches = sum(module.branches for module in modules)
    return 100 * sum(module.covered for module in modules) / branches if branches else 100.0


def judge(modules: list[Covered], deciding: Set[str], floor: float) -> list[str]:
    """What is not as it must be, one sentence each."""
    faults = []
    if share(modules) < floor:
        faults.append(f"fewer than {floor:g} % of the branches are covered")
    found = {module.module: module for module in modules}
    for name in sorted(deciding):
        if name not in found:
            faults.append(f"no test loads {name}")
        elif found[name].missing:
            faults.append(f"{name} decides who may do what: every branch of it must be covered")
    return faults


def ranges(missing: Sequence[int], executed: Sequence[int]) -> list[str]:
    """The missing lines, those without an executed line between them as one: `3-9`."""
    found: list[list[int]] = []
    wanted = set(missing)
    last_is_missing = False
    for line in sorted({*missing, *executed}):
        if line not in wanted:
            last_is_missing = False
            continue
        if last_is_missing:
            found[-1].append(line)
        else:
            found.append([line])
        last_is_missing = True
    return [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in found]


def covered(name: str, file: Mapping[str, Any]) -> Covered:
    """What was run of one module, from a report of coverage.py."""
    missing = set(file["missing_lines"])
    lines = [f"line {text}" for text in ranges(file["missing_lines"], file["executed_lines"])]
    # A branch from a line that no test runs says nothing more than the line.
    branches = [
        f"{start} to {'the end' if end < 0 else end}"
        for start, end in file["missing_branches"]
        if start not in missing
    ]
    summary = file["summary"]
    return Covered(name, summary["num_branches"], summary["covered_branches"], (*lines, *branches))
