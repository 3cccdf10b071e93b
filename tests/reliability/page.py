"""Renders the matrix for `docs/reliability.md`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.checkout_keys import load_keys
from local.limits_store import LimitsStore
from tests.reliability.cells import Call, Cell, Plan, Result, plan, run
from tests.reliability.faults import FAULTS, Fault
from tests.reliability.scenarios import SCENARIOS, Scenario, World, world
from tests.reliability.store.cells import plan as plan_store
from tests.reliability.store.page import cells as store_cells
from tests.reliability.store.page import results
from tests.reliability.store.page import table as store_table
from tests.reliability.store.scenarios import STORE_SCENARIOS, with_store
from tests.support.debian import program

BEGIN = "<!-- The matrix begins. `make reliability WRITE=1` writes it. -->"
END = "<!-- The matrix ends. -->"
STORE = """## The store of the limits

Each column is a question to the store, and for a function that serves requests also the value of
`VODPASS_LIMITS_AWAY`. A cell has a third word if the log says `limits_away`.
"""

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
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = stack.enter_context(world(load_keys(folder)))
        tables = [_tried(made, scenario) for scenario in SCENARIOS]
        store = LimitsStore(program(["redis-server"], "redis-server"))
        stack.callback(store.stop)
        store.start()
        counted = stack.enter_context(with_store(made, store, folder))
        tables.append(STORE)
        for asking in STORE_SCENARIOS:
            asked = plan_store(counted, asking)
            tables.append(store_table(asked, results(counted, store_cells(asked))))
    text = page.read_text("utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    matrix = "\n".join([BEGIN, "", *tables, END])
    page.write_text(f"{before}{matrix}{after}", "utf-8")


def _tried(made: World, scenario: Scenario) -> str:
    planned = plan(made, scenario)
    cells = [Cell(planned, call, fault) for call in planned.calls for fault in FAULTS]
    found = {
        (cell.call.name, cell.fault.name): run(made, cell)
        for cell in cells
        if not cell.inapplicable
    }
    return table(planned, found)


if __name__ == "__main__":
    main()
