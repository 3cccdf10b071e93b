"""Each fault of each upstream call: what the caller gets, and that nothing is lost or said.

`make test` runs a sample. `make reliability` runs every cell and compares the page.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reliability.cells import Cell, Plan, plan, run
from tests.reliability.faults import FAULTS
from tests.reliability.page import BEGIN, END, table
from tests.reliability.scenarios import SCENARIOS, Scenario, World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
EVERY = 13
"""A sample is each thirteenth cell: no multiple of the number of faults, so each fault occurs."""

_TITLE = re.compile(r"^#+ ", re.MULTILINE)


def cells(planned: Plan) -> list[Cell]:
    """The cells of a scenario that can happen."""
    made = [Cell(planned, call, fault) for call in planned.calls for fault in FAULTS]
    return [cell for cell in made if not cell.inapplicable]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_call_that_fails_loses_nothing_and_says_nothing(
    running: World, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    planned = plan(running, scenario)
    possible = cells(planned)
    every = request.config.getoption("every_cell")
    offset = SCENARIOS.index(scenario) * 5 % EVERY
    chosen = possible if every else possible[offset::EVERY]
    results = {(cell.call.name, cell.fault.name): run(running, cell) for cell in chosen}
    page = documented(scenario.name)
    if every:
        assert table(planned, results) == page
    else:
        assert results.keys() <= {
            (call.name, fault.name) for call in planned.calls for fault in FAULTS
        }
        for (call, fault), result in results.items():
            assert cell_of(page, call, fault) == result.text


def documented(name: str) -> str:
    """The table of a scenario in the page."""
    text = PAGE.read_text("utf-8")
    matrix = text[text.index(BEGIN) : text.index(END)]
    _, _, rest = matrix.partition(f"### {name}\n")
    assert rest, f"{PAGE.name} lacks {name}: make reliability WRITE=1"
    return f"### {name}\n\n{_TITLE.split(rest)[0].strip()}\n"


def cell_of(page: str, call: str, fault: str) -> str:
    """One cell of a table of the page."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]
    column = rows[0].index(call)
    return next(row[column] for row in rows if row[0] == fault)


def test_the_page_has_no_empty_cell() -> None:
    for scenario in SCENARIOS:
        rows = [line for line in documented(scenario.name).splitlines() if line.startswith("| ")]
        assert [row for row in rows if "|  |" in row] == []
        assert len(rows) == len(FAULTS) + 2
