"""Whether the tests notice enough: each mutant of the critical modules, most of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

CRITICAL = frozenset(
    {
        "shared/auth/callback_signature.py",
        "shared/auth/caller.py",
        "shared/auth/mac.py",
        "shared/auth/ownership.py",
        "shared/events/recheck.py",
        "shared/uploads/declaration.py",
        "shared/uploads/window.py",
        "shared/watch/cleanup.py",
        "shared/web/public_address.py",
    }
)
"""The modules that decide who may do what. Each of their mutants is noticed or argued for."""

FLOOR = 0.9
"""The part of the other modules' mutants that tests must notice, over all of these together."""


@dataclass(frozen=True)
class Change:
    """What a mutant does: the file, the line as it is, and the line as it becomes."""

    file: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """What a run has shown. `figures`: file -> mutants that a test noticed, and all mutants.

    `missing`: changes in critical modules that no test notices and nothing argues for. `gone`:
    arguments that no mutant needs.
    """

    figures: Mapping[str, tuple[int, int]]
    missing: Set[Change]
    gone: Set[Change]

    @property
    def others(self) -> tuple[int, int]:
        """Noticed and all mutants of the modules that are not critical."""
        counted = [figure for file, figure in self.figures.items() if file not in CRITICAL]
        return sum(killed for killed, _ in counted), sum(total for _, total in counted)

    @property
    def above_floor(self) -> bool:
        """Whether tests notice enough mutants of the modules that are not critical."""
        killed, total = self.others
        return killed >= FLOOR * total

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.above_floor and not self.missing and not self.gone


def compare(
    outcomes: Iterable[tuple[str, str, bool]],
    survivors: Mapping[str, Change],
    argued: Set[Change],
) -> Comparison:
    """Compares what survived with what is argued for.

    `outcomes`: file and name of each mutant, and whether a test noticed it. `survivors`: name ->
    change of each mutant of a critical module that no test noticed.
    """
    figures: dict[str, tuple[int, int]] = {}
    for file, _, noticed in outcomes:
        killed, total = figures.get(file, (0, 0))
        figures[file] = killed + noticed, total + 1
    critical = {one for one in survivors.values() if one.file in CRITICAL}
    return Comparison(figures, critical - argued, argued - critical)
