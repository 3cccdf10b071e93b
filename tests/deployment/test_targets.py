"""`make test` leaves out what takes long: another target runs it. And how workers share tests."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import pytest

from tests.conftest import LEFT_OUT
from tests.support.folder_by_folder import folder_of, next_unit

PROJECT = Path(__file__).resolve().parents[2]
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8").replace("\\\n", " ")


def paths(target: str) -> list[str]:
    """The paths of tests in the recipe of a target, or in the list that it uses."""
    [recipe] = re.findall(rf"^{target}: .*\n((?:\t.*\n)+)", MAKEFILE, re.M)
    [listed] = re.findall(r"^BUNDLE_TESTS := (.*)", MAKEFILE, re.M)
    words = recipe.replace("$(BUNDLE_TESTS)", listed).replace(")", " ").split()
    return [word for word in words if word.startswith("tests/")]


def test_another_target_runs_what_make_test_leaves_out(request: pytest.FixtureRequest) -> None:
    """Of the tests that were collected in this run."""
    targets = {"bundle": "test-bundle", "browser": "test-browser", "long": "test-long"}
    ci = (PROJECT / ".ci" / "run").read_text("utf-8")
    for mark, path in request.config.stash[LEFT_OUT]:
        target = targets[mark]
        assert f"run {target}" in ci
        given = paths(target) or ["tests"]
        assert any(path == one or path.startswith(f"{one}/") for one in given), path


def test_workers_stay_in_their_folders_and_run_every_file_once() -> None:
    counts = {"a": 1, "b": 12, "c": 3, "d": 7}
    waiting = [f"{folder}/test_{n}.py" for folder, count in counts.items() for n in range(count)]
    order = random.Random(1)  # noqa: S311 - no secret
    ran: list[list[str]] = [[], []]
    while waiting:
        worker = order.randrange(2)
        others = {folder_of(ran[1 - worker][-1])} if ran[1 - worker] else set()
        file = next_unit(waiting, ran[worker][-1] if ran[worker] else None, others)
        waiting.remove(file)
        ran[worker].append(file)
    assert sorted(ran[0] + ran[1]) == sorted(
        f"{folder}/test_{n}.py" for folder, count in counts.items() for n in range(count)
    )
    # Only the folder that they share at the end is in both.
    shared = {folder_of(file) for file in ran[0]} & {folder_of(file) for file in ran[1]}
    assert shared <= {"b"}
    moves = sum(
        folder_of(one) != folder_of(other)
        for files in ran
        for one, other in itertools.pairwise(files)
    )
    assert moves <= len(counts)
