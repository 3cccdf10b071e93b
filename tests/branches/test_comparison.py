"""When `make coverage` passes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.branches.comparison import Covered, covered, judge, ranges, share

OTHER, DECIDES = "shared/errors.py", "shared/auth/mac.py"


def module(name: str, branches: int, ran: int) -> Covered:
    return Covered(name, branches, ran, () if branches == ran else ("7 to 9",))


@pytest.mark.parametrize(
    ("others", "decides", "faults"),
    [
        (90, 10, 1),  # 91 %
        (97, 10, 0),
        (100, 9, 1),  # one branch that decides
        (96, 9, 2),
    ],
)
def test_each_branch_that_decides_and_most_of_the_others_must_be_covered(
    others: int, decides: int, faults: int
) -> None:
    found = judge([module(OTHER, 100, others), module(DECIDES, 10, decides)], {DECIDES}, 97)
    assert len(found) == faults


def test_a_module_that_decides_must_be_loaded() -> None:
    assert judge([module(OTHER, 2, 2)], {DECIDES}, 97) == [f"no test loads {DECIDES}"]


def test_a_line_that_decides_must_run_even_without_a_branch() -> None:
    assert judge([Covered(DECIDES, 0, 0, ("line 3",))], {DECIDES}, 97)


def test_code_without_branches_is_covered() -> None:
    assert share([module(OTHER, 0, 0)]) == 100


@pytest.mark.parametrize(
    ("missing", "executed", "text"),
    [
        ([], [1, 2], []),
        ([3], [1, 4], ["3"]),
        ([3, 5, 9], [1, 10], ["3-9"]),  # the lines between are empty
        ([3, 9], [1, 6, 10], ["3", "9"]),
    ],
)
def test_missing_lines_are_told_as_runs(
    missing: list[int], executed: list[int], text: list[str]
) -> None:
    assert ranges(missing, executed) == text


def test_a_branch_from_a_missing_line_is_not_told_twice() -> None:
    file: dict[str, Any] = {
        "missing_lines": [3],
        "executed_lines": [1, 2, 5],
        "missing_branches": [[3, 4], [2, 3], [5, -1]],
        "summary": {"num_branches": 6, "covered_branches": 3},
    }
    assert covered(OTHER, file) == Covered(OTHER, 6, 3, ("line 3", "2 to 3", "5 to the end"))
