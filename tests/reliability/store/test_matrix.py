"""Each fault of each question to the store of the limits.

`make test` runs a sample. `make reliability` runs every cell and compares the page.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.limits_store import LimitsStore
from tests.reliability.scenarios import World
from tests.reliability.store.cells import COUNT_ON, REFUSE, StoreCell, plan, run
from tests.reliability.store.faults import STORE_FAULTS
from tests.reliability.store.page import cells, head, results, table
from tests.reliability.store.scenarios import (
    STORE_SCENARIOS,
    StoreScenario,
    StoreWorld,
    with_store,
)
from tests.reliability.test_matrix import EVERY, cell_of, documented


@pytest.fixture(scope="session")
def made(
    running: World, limits_store: LimitsStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreWorld]:
    with with_store(running, limits_store, tmp_path_factory.mktemp("tls")) as made:
        yield made
    running.added = {}


@pytest.fixture(autouse=True)
def without_a_store_afterwards(running: World) -> Iterator[None]:
    yield
    running.added = {}


@pytest.mark.parametrize("scenario", STORE_SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_store_that_fails_loses_nothing_and_says_nothing(
    made: StoreWorld, scenario: StoreScenario, request: pytest.FixtureRequest
) -> None:
    planned = plan(made, scenario)
    possible = cells(planned)
    every = request.config.getoption("every_cell")
    offset = STORE_SCENARIOS.index(scenario) * 5 % EVERY
    found = results(made, possible if every else possible[offset::EVERY])
    page = documented(f"store-{scenario.name}")
    if every:
        assert table(planned, found) == page
    for (question, away, fault), result in found.items():
        assert cell_of(page, head(planned, question, away), fault) == result.text


@pytest.mark.parametrize(("away", "outcome"), [(COUNT_ON, "200"), (REFUSE, "503")])
def test_a_silent_store_holds_nobody_up_by_the_default_budget(
    made: StoreWorld, monkeypatch: pytest.MonkeyPatch, away: str, outcome: str
) -> None:
    monkeypatch.setattr("tests.reliability.store.cells.SCANT", 50)
    planned = plan(made, next(one for one in STORE_SCENARIOS if one.name == "sts"))
    [fault] = [one for one in STORE_FAULTS if one.name == "no answer within the budget"]
    result = run(made, StoreCell(planned, planned.questions[0], fault, away))
    # How far it came within 50 ms is the machine's affair.
    assert result.outcome.startswith(outcome)
    assert result.said == "time"


def test_the_page_has_no_empty_cell_of_the_store() -> None:
    for scenario in STORE_SCENARIOS:
        page = documented(f"store-{scenario.name}")
        rows = [line for line in page.splitlines() if line.startswith("| ")]
        assert [row for row in rows if "|  |" in row] == []
        assert len(rows) == len(STORE_FAULTS) + 2
