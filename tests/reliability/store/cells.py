"""Runs each fault against each question to the store, and says what came of it."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from shared.limits import store as module
from tests.reliability.cells import UNHURRIED
from tests.reliability.faults import LEAK
from tests.reliability.functions import Outcome, Served
from tests.reliability.store.faults import StoreFault
from tests.reliability.store.scenarios import AMPLE, MOST, SCANT, StoreScenario, StoreWorld
from tests.reliability.store.wire import Asked, StoreWire, pass_on

COUNT_ON, REFUSE = "count", "refuse"
"""The values of VODPASS_LIMITS_AWAY."""
_BESIDE = frozenset({"AUTH", "SELECT", "SET"})
"""Commands that are sent with a question."""
_PUBLIC = "203.0.113.1"
_GOOD = ("200", "done")


@dataclass(frozen=True)
class StorePlan:
    """A scenario without a fault: its questions, the state that it leads to, its calls to VOD."""

    scenario: StoreScenario
    questions: tuple[str, ...]
    state: Any
    calls: tuple[str, ...]


@dataclass(frozen=True)
class StoreCell:
    """A fault of a question, with one value of VODPASS_LIMITS_AWAY."""

    plan: StorePlan
    question: str
    fault: StoreFault
    away: str

    @property
    def id(self) -> str:
        """For messages."""
        return f"{self.plan.scenario.name} / {self.question} / {self.fault.name} / {self.away}"

    @property
    def first(self) -> bool:
        """Whether it is the first question of an instance."""
        return self.question == self.plan.questions[0]

    @property
    def inapplicable(self) -> str:
        """Why this cannot happen; empty if it can."""
        return self.fault.inapplicable(self.question, first=self.first)


@dataclass(frozen=True)
class StoreResult:
    """What a cell came to."""

    outcome: str
    asked: int
    """How often the question reached the store."""
    said: str
    """``limits_away`` in the log; empty if there is none."""

    @property
    def text(self) -> str:
        """For the page."""
        return f"{self.outcome}; {self.asked}{f'; `{self.said}`' if self.said else ''}"


def plan(made: StoreWorld, scenario: StoreScenario) -> StorePlan:
    """Runs a scenario without a fault."""
    made.reset(away=REFUSE, budget=AMPLE, tls=False)
    prepared = scenario.prepare(made.world)
    made.mend(tls=False)
    outcome = prepared.function.call(prepared.event, seconds=UNHURRIED)
    assert outcome.text in _GOOD, (scenario.name, outcome, outcome.written)
    questions = tuple(dict.fromkeys(one for one in made.wire.seen if one not in _BESIDE))
    return StorePlan(scenario, questions, prepared.state(), _calls(made))


def run(made: StoreWorld, cell: StoreCell) -> StoreResult:
    """Runs a cell. Raises AssertionError if something was lost, issued twice, or said."""
    fault, scenario = cell.fault, cell.plan.scenario
    budget = SCANT if fault.impatient else AMPLE
    made.reset(away=cell.away, budget=budget, tls=bool(fault.tls))
    with mock.patch.object(module, "CERTIFICATES", made.ca):
        prepared = scenario.prepare(made.world)
        outcomes = []
        if fault.before == "rested" and cell.first and scenario.probe:
            event = scenario.probe(made.world, "carol", 0)
            outcomes.append(prepared.function.call(event, seconds=UNHURRIED))
        made.mend(tls=bool(fault.tls))
        with _armed(made, cell):
            outcome = prepared.function.call(prepared.event, seconds=UNHURRIED, ahead=fault.clock)
            calls, seen = _calls(made), [*made.wire.seen]
            probes = _until_refused(made, cell, prepared.function)
        assert made.wire.overdue == 0, "the function did not give up"
        _require_right_calls(cell, outcome, calls, seen)
        made.mend(tls=bool(fault.tls))
        # A new instance, as a caller meets one who repeats the request. The store answers again,
        # however long a busy machine takes over it.
        repeating = prepared.function.anew(VODPASS_LIMITS_BUDGET=str(AMPLE))
        again = repeating.call(prepared.event, seconds=UNHURRIED)
    outcomes += probes
    assert again.text in _GOOD, (cell.id, again)
    state = prepared.state()
    if scenario.name == "upload":
        assert outcome.status == 503 or outcome.body["VideoId"] == again.body["VideoId"]
        assert len(state) == len(cell.plan.state) + [one.status for one in outcomes].count(200)
    else:
        assert state == cell.plan.state, (cell.id, state)
    outcomes += [outcome, again]
    instances = made.world.instances
    secrets = made.world.secrets().union(*(instance.secrets for instance in instances))
    written = "".join(one.written for one in outcomes)
    assert [one for one in {*secrets, made.store.password} if one in written] == []
    assert LEAK not in written
    found = re.findall(r'"limits_away": ?"(\w+)"', outcome.written)
    return StoreResult(outcome.text, seen.count(cell.question), "".join(found))


def _calls(made: StoreWorld) -> tuple[str, ...]:
    return tuple(made.world.wires["cloud"].seen)


def _require_right_calls(
    cell: StoreCell, outcome: Outcome, calls: tuple[str, ...], seen: list[str]
) -> None:
    """Whoever is refused costs VOD nothing, and whoever is not, no more than without a fault."""
    assert calls == (() if outcome.status == 503 else cell.plan.calls), (cell.id, calls)
    if cell.fault.tls:
        assert "AUTH" not in seen, "the password was sent to a stranger"


def _until_refused(made: StoreWorld, cell: StoreCell, function: Served) -> list[Outcome]:
    """Another user asks until this instance refuses: nobody is without limits during a fault."""
    scenario, outcomes = cell.plan.scenario, list[Outcome]()
    if scenario.probe is None:
        return outcomes
    # The store may have counted up to the limit before it went away, and the instance does after.
    for number in range(2 * MOST + 1):
        made.world.mend()
        event = scenario.probe(made.world, "bob", number)
        outcomes.append(function.call(event, seconds=UNHURRIED, ahead=cell.fault.clock))
        if outcomes[-1].status in (429, 503):
            assert _calls(made) == (), (cell.id, _calls(made))
            assert cell.away == REFUSE or outcomes[-1].body["Limit"]
            return outcomes
    raise AssertionError(f"{cell.id}: {2 * MOST + 1} requests, and none is refused")


@contextlib.contextmanager
def _armed(made: StoreWorld, cell: StoreCell) -> Iterator[None]:
    """The fault is there from this question on."""
    wire, fault = made.wire, cell.fault

    def damage(asked: Asked) -> None:
        hit = asked.command == fault.hits if fault.hits else asked.operation == cell.question
        (fault.damage if fault.damage and hit else pass_on)(asked)

    wire.handle = damage
    if fault.tls:
        wire.tls = made.contexts.get(fault.tls)
    look_up = socket.getaddrinfo
    if fault.before:
        look_up = _away(wire, cell)
    with mock.patch.object(socket, "getaddrinfo", look_up):
        yield


def _away(wire: StoreWire, cell: StoreCell) -> Any:
    """Before this question, the connection ends, and no other can be made if that is the fault.

    Gives what looks names up.
    """
    before, genuine, gone = cell.fault.before, socket.getaddrinfo, False

    def end() -> None:
        nonlocal gone
        gone = True
        if before == "refused":
            wire.shut()

    def handle(asked: Asked) -> None:
        if gone or asked.operation in (*_BESIDE, cell.question):
            pass_on(asked)
            return
        # The last question before: the next one needs a new connection.
        answer = asked.forward()
        end()
        asked.connection.sendall(answer)
        asked.connection.close()

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if port == wire.port and gone and before == "no name":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if port == wire.port and gone and before == "public":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (_PUBLIC, port))]
        return genuine(host, port, *args, **options)

    wire.handle = handle
    if cell.first:
        wire.drop()
        end()
    return look_up
