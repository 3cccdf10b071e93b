"""A pytest plugin that tries mutants: for each, a fork of this process runs the tests it concerns.

The tests are collected once, so a mutant costs only its tests. The quickest tests run first, and
the first failure ends the trial. `python -m tests.mutation` starts it in `mutants/`.
"""

from __future__ import annotations

import fnmatch
import gc
import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.mutation.comparison import CRITICAL

SURVIVED, NOTICED, NO_TESTS = 0, 1, 33
MOST, MOST_CRITICAL = 2.0, 20.0
"""Processor seconds of tests for a mutant, the quickest first: those beyond are left out."""
LONGEST = 60
"""Processor seconds after which a mutant counts as one that never ends."""
IDLE = 20.0
"""Seconds in which a trial does nothing, after which a mutant counts as one that waits for ever."""
REACHED = Path("reached.json")
"""Test -> its processor seconds, and the functions that it reached."""
SLOW_IMPORTS = ("alibabacloud_vod20170321.client", "alibabacloud_sts20150401.client", "oss2")
"""What many tests import: once, not in every fork."""


class Reach(NamedTuple):
    """The processor seconds of a test, and the functions that it reaches."""

    seconds: float
    functions: Sequence[str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants", help="patterns for the names of mutants, separated by commas")
    parser.addoption("--at-once", type=int, help="how many mutants to try at once")


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Tries the mutants. The tests must pass without one."""
    if session.testsfailed:
        raise session.Interrupted(f"{session.testsfailed} errors at collection")
    for module in SLOW_IMPORTS:
        importlib.import_module(module)
    items = {item.nodeid: item for item in session.items}
    gc.collect()
    gc.freeze()  # so that a fork copies less
    reached = _reached(items)
    trials = Trials(session.config.getoption("--at-once"))
    mutants = list(_mutants(session.config.getoption("--mutants").split(",")))
    for number, (meta, name) in enumerate(mutants):
        if number % 100 == 0:
            _say(f"{number} of {len(mutants)} mutants begun")
        function = name.rpartition("__mutmut_")[0]
        concerned = {test: one for test, one in reached.items() if function in one.functions}
        critical = str(meta.with_suffix("")) in CRITICAL
        tests = quickest(concerned, MOST_CRITICAL if critical else MOST)
        trials.begin(meta, name, [items[test] for test in tests])
    trials.end()
    return True


def _mutants(patterns: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Each mutant with a name by one of `patterns`, and the file for its outcome."""
    for meta in sorted(Path().rglob("*.py.meta")):
        for name in json.loads(meta.read_text("utf-8"))["exit_code_by_key"]:
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
                yield meta, name


def quickest(reached: Mapping[str, Reach], most: float) -> list[str]:
    """The quickest of these tests, for `most` processor seconds together; at least one."""
    chosen: list[str] = []
    left = most
    for test, one in sorted(reached.items(), key=lambda pair: pair[1].seconds):
        left -= one.seconds
        if left < 0 and chosen:
            break
        chosen.append(test)
    return chosen


class Trials:
    """The trials under way, `most` at once. Each outcome is written when it is known."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: dict[int, tuple[Path, str]] = {}
        self._outcomes: dict[Path, dict[str, Any]] = {}

    def begin(self, meta: Path, name: str, items: Sequence[pytest.Item]) -> None:
        """Tries a mutant with these tests."""
        if not items:
            self._write(meta, name, NO_TESTS)
            return
        if len(self._running) == self._most:
            self._take()
        pid = os.fork()
        if pid:
            self._running[pid] = meta, name
            return
        code = NOTICED
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST + 1))
            threading.Thread(target=_end_if_idle, daemon=True).start()
            _silence()
            _select(name)
            if all(_passes(item, following) for item, following in _pairs(items)):
                code = SURVIVED
        finally:
            os._exit(code)

    def end(self) -> None:
        """Waits for all trials."""
        while self._running:
            self._take()

    def _take(self) -> None:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        # Ended by a signal: the mutant never ends, or it ends the process.
        self._write(*self._running.pop(pid), code if code >= 0 else NOTICED)

    def _write(self, meta: Path, name: str, code: int) -> None:
        known = self._outcomes.setdefault(meta, json.loads(meta.read_text("utf-8")))
        known["exit_code_by_key"][name] = code
        whole = meta.with_suffix(".new")
        whole.write_text(json.dumps(known, indent=1), "utf-8")
        whole.replace(meta)


def _end_if_idle() -> None:
    """Ends this process once it does nothing any more. A busy machine leaves it at least 1 %."""
    used = time.process_time()
    while True:
        time.sleep(IDLE)
        before, used = used, time.process_time()
        if used - before < IDLE / 100:
            os.kill(os.getpid(), signal.SIGKILL)


def _pairs(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
    return not item.session.testsfailed


def _reached(items: Mapping[str, pytest.Item]) -> dict[str, Reach]:
    """What each test reaches. What is known from an earlier run is kept."""
    known = _known()
    new = [item for test, item in items.items() if test not in known]
    if new:
        _say(f"{len(new)} tests run without a mutant")
        pid = os.fork()
        if not pid:
            _note_reach(new, known)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            raise pytest.UsageError("a test fails without a mutant")
        known = _known()
    return {test: known[test] for test in items}


def _known() -> dict[str, Reach]:
    if not REACHED.exists():
        return {}
    return {test: Reach(*one) for test, one in json.loads(REACHED.read_text("utf-8")).items()}


def _note_reach(items: Sequence[pytest.Item], known: dict[str, Reach]) -> None:
    """Runs tests, and writes what they reach. Ends the process."""
    from mutmut.state import state

    code = 1
    try:
        _silence()
        _select("stats")
        for item, following in _pairs(items):
            state()._stats.clear()
            begin = time.process_time()
            if not _passes(item, following):
                os.write(TERMINAL, f"{item.nodeid} fails\n".encode())
                return
            known[item.nodeid] = Reach(time.process_time() - begin, sorted(state()._stats))
        code = 0
    finally:
        REACHED.write_text(json.dumps(known), "utf-8")
        os._exit(code)


def _select(name: str) -> None:
    from mutmut.mutation.trampoline import set_mutant_under_test

    set_mutant_under_test(name)


TERMINAL = 9
"""The descriptor that a fork keeps for what a person must see."""


def _silence() -> None:
    """Sends to nowhere what tests write."""
    os.dup2(2, TERMINAL)
    with open(os.devnull, "w") as nowhere:
        for descriptor in (1, 2):
            os.dup2(nowhere.fileno(), descriptor)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
