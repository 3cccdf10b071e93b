"""When `make mutants` passes."""

from __future__ import annotations

import pytest

from tests.mutation.comparison import Change, Comparison, compare
from tests.mutation.last_run import arguments, selected
from tests.mutation.trial import Reach, quickest

CRITICAL = "shared/auth/mac.py"
OTHER = "shared/errors.py"
HARMLESS = Change(CRITICAL, "a", "b")


def run(
    noticed: int, total: int, *, critical: Change | None = None, argued: frozenset[Change]
) -> Comparison:
    outcomes = [(OTHER, f"other-{n}", n < noticed) for n in range(total)]
    outcomes.append((CRITICAL, "mac-1", critical is None))
    return compare(outcomes, {} if critical is None else {"mac-1": critical}, argued)


@pytest.mark.parametrize(
    ("noticed", "critical", "argued", "passed"),
    [
        (10, None, [], True),
        (9, None, [], True),  # 90 %
        (8, None, [], False),
        (10, HARMLESS, [HARMLESS], True),
        (10, HARMLESS, [], False),
        (10, None, [HARMLESS], False),  # an argument that nothing needs
        (10, HARMLESS, [Change(OTHER, "a", "b")], False),
    ],
)
def test_every_critical_mutant_and_nine_in_ten_of_the_others_are_noticed(
    noticed: int, critical: Change | None, argued: list[Change], passed: bool
) -> None:
    result = run(noticed, 10, critical=critical, argued=frozenset(argued))
    assert result.passed is passed
    assert result.figures == {OTHER: (noticed, 10), CRITICAL: (int(critical is None), 1)}


def test_a_survivor_of_another_module_needs_no_argument() -> None:
    survivor = Change(OTHER, "a", "b")
    result = compare([(OTHER, "one", True)] * 9 + [(OTHER, "x", False)], {"x": survivor}, set())
    assert result.passed
    assert not result.missing


def test_a_part_is_a_file_a_folder_or_a_pattern() -> None:
    assert selected(["shared/errors.py"]) == ["shared/errors.py"]
    assert "shared/web/body.py" in selected(["shared/web"])
    assert set(selected(["functions/*/index.py"])) == set(selected(["functions/"]))
    assert set(selected([])) > set(selected(["shared", "functions/play"]))
    with pytest.raises(SystemExit):
        selected(["shared/nothing.py"])


def test_each_argument_is_for_a_file_that_exists() -> None:
    assert {one.file for one in arguments()} <= set(selected([]))


def test_a_mutant_meets_its_quickest_tests_first_and_no_slow_one() -> None:
    reached = {"slow": Reach(9, []), "b": Reach(1, []), "a": Reach(0.5, [])}
    assert quickest(reached, 2) == ["a", "b"]
    assert quickest(reached, 20) == ["a", "b", "slow"]
    assert quickest({"slow": Reach(9, [])}, 2) == ["slow"]
    assert quickest({}, 2) == []
