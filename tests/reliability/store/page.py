"""Renders the tables of the store for `docs/reliability.md`."""

from __future__ import annotations

from collections.abc import Mapping

from tests.reliability.store.cells import COUNT_ON, REFUSE, StoreCell, StorePlan, StoreResult, run
from tests.reliability.store.faults import STORE_FAULTS
from tests.reliability.store.scenarios import StoreWorld

Results = Mapping[tuple[str, str, str], StoreResult]
"""(question, value of VODPASS_LIMITS_AWAY, name of the fault) -> what came of it."""


def ways(plan: StorePlan) -> tuple[str, ...]:
    """The values of VODPASS_LIMITS_AWAY that make a difference to a function."""
    return (COUNT_ON, REFUSE) if plan.scenario.probe else (COUNT_ON,)


def cells(plan: StorePlan) -> list[StoreCell]:
    """The cells of a scenario that can happen."""
    made = [
        StoreCell(plan, question, fault, away)
        for question in plan.questions
        for away in ways(plan)
        for fault in STORE_FAULTS
    ]
    return [cell for cell in made if not cell.inapplicable]


def results(made: StoreWorld, chosen: list[StoreCell]) -> Results:
    """What comes of these cells."""
    return {(cell.question, cell.away, cell.fault.name): run(made, cell) for cell in chosen}


def head(plan: StorePlan, question: str, away: str) -> str:
    """The head of a column."""
    return f"{question}, `{away}`" if plan.scenario.probe else question


def table(plan: StorePlan, found: Results) -> str:
    """The table of one scenario."""
    columns = [(question, away) for question in plan.questions for away in ways(plan)]
    heads = [head(plan, question, away) for question, away in columns]
    lines = [
        f"### store-{plan.scenario.name}",
        "",
        plan.scenario.sentence,
        "",
        _line(["fault", *heads]),
        _line(["---"] * (len(heads) + 1)),
    ]
    reasons: dict[tuple[str, str], list[str]] = {}
    for fault in STORE_FAULTS:
        row = [fault.name]
        for question, away in columns:
            reason = StoreCell(plan, question, fault, away).inapplicable
            row.append("cannot happen" if reason else found[question, away, fault.name].text)
            if reason and fault.name not in reasons.setdefault((question, reason), []):
                reasons[question, reason].append(fault.name)
        lines.append(_line(row))
    notes = [
        f"- {question}: {reason} ({'; '.join(names)})."
        for (question, reason), names in reasons.items()
    ]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def _line(parts: list[str]) -> str:
    return f"| {' | '.join(parts)} |"
