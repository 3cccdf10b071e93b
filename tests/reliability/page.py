"""Renders the matrix for `docs/reliability.md`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.checkout_keys import load_keys
from tests.reliability.cells import Call, Cell, Plan, Result, plan, run
from tests.reliability.faults import FAULTS, Fault
from tests.reliability.scenarios import SCENARIOS, world

BEGIN = "<!-- The matrix begins. `make reliability WRITE=1` writes it. -->"
END = "<!-- The matrix ends. -->"

Row = Mapping[tuple[str, str], Result]
"""(name of the call, name of the fault) -> what came of it."""


def table(plan: Plan, results: Row) -> str:
    """The table of one scenario."""
    heads = [call.name for call in plan.calls]
    lines = [
        f"### {plan.scenario.name}",
        "",
        plan.scenario.sentence,
        "",
        _line(["fault", *heads]),
        _line(["---"] * (len(heads) + 1)),
    ]
    lines += [
        _line([fault.name, *(_cell(call, fault, results) for call in plan.calls)])
        for fault in FAULTS
    ]
    notes = _notes(plan.calls)
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def _cell(call: Call, fault: Fault, results: Row) -> str:
    if call.operation in fault.not_for:
        return "cannot happen"
    result = results[(call.name, fault.name)]
    return result.text


def _notes(calls: Sequence[Call]) -> list[str]:
    """Why some faults cannot happen."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for fault in FAULTS:
        for operation in dict.fromkeys(call.operation for call in calls):
            if operation in fault.not_for:
                reasons.setdefault((operation, fault.not_for[operation]), []).append(fault.name)
    return [
        f"- {operation}: {reason} ({', '.join(names)})."
        for (operation, reason), names in reasons.items()
    ]


def _line(parts: Sequence[str]) -> str:
    return f"| {' | '.join(parts)} |"


def main() -> None:
    """Runs every cell and writes the matrix into the page."""
    page = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
    tables = []
    with tempfile.TemporaryDirectory() as folder, world(load_keys(Path(folder))) as made:
        for scenario in SCENARIOS:
            planned = plan(made, scenario)
            cells = [Cell(planned, call, fault) for call in planned.calls for fault in FAULTS]
            results = {
                (cell.call.name, cell.fault.name): run(made, cell)
                for cell in cells
                if not cell.inapplicable
            }
            tables.append(table(planned, results))
    text = page.read_text("utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    matrix = "\n".join([BEGIN, "", *tables, END])
    page.write_text(f"{before}{matrix}{after}", "utf-8")


if __name__ == "__main__":
    main()
