"""Runs each fault against each call, and says what came of it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from tests.reliability.faults import LEAK, Fault
from tests.reliability.scenarios import Scenario, World
from tests.reliability.wire import Exchange, Wire, pass_on
from tests.support.waiting import wait_for

UNHURRIED = 60
"""The timeout of a function, seconds, where a fault does not use it up."""

HURRIED = 2
"""The timeout of a function, seconds, where a service keeps it waiting."""
_BEGINS_WITH = 0.1
"""Seconds that must be left for a hurried sweep to begin with a video. Usually these are 5."""


@dataclass(frozen=True)
class Call:
    """One upstream call of a scenario: its wire, and which request of its operation it is."""

    wire: str
    operation: str
    ordinal: int
    position: int
    """How many requests the wire passes on before it."""

    @property
    def name(self) -> str:
        """For the page."""
        return self.operation if self.ordinal == 1 else f"{self.operation}, no. {self.ordinal}"


@dataclass(frozen=True)
class Plan:
    """A scenario without a fault: its calls, and the state that it leads to."""

    scenario: Scenario
    calls: tuple[Call, ...]
    state: Any


@dataclass(frozen=True)
class Cell:
    """A fault of a call."""

    plan: Plan
    call: Call
    fault: Fault

    @property
    def id(self) -> str:
        """For messages."""
        return f"{self.plan.scenario.name} / {self.call.name} / {self.fault.name}"

    @property
    def inapplicable(self) -> str:
        """Why this fault cannot happen to this call; empty if it can."""
        return self.fault.not_for.get(self.call.operation, "")


@dataclass(frozen=True)
class Result:
    """What a cell came to."""

    outcome: str
    calls: int
    """How often the call reached the service while the fault lasted."""

    @property
    def text(self) -> str:
        """For the page."""
        return f"{self.outcome}; {self.calls}"


_DONE = ("200", "done")


def plan(world: World, scenario: Scenario) -> Plan:
    """Runs a scenario without a fault."""
    world.reset()
    prepared = scenario.prepare(world)
    world.mend()
    outcome = prepared.function.call(prepared.event, seconds=UNHURRIED)
    assert outcome.text in _DONE, (scenario.name, outcome, outcome.written)
    calls = [
        Call(name, operation, wire.seen[: position + 1].count(operation), position)
        for name, wire in world.wires.items()
        for position, operation in enumerate(wire.seen)
    ]
    return Plan(scenario, tuple(calls), prepared.state())


def run(world: World, cell: Cell) -> Result:
    """Runs a cell. Raises AssertionError if something was lost, issued twice, or said."""
    scenario, call, fault = cell.plan.scenario, cell.call, cell.fault
    world.reset()
    prepared = scenario.prepare(world)
    world.mend()
    wire = world.wires[call.wire]
    hurry = mock.patch("shared.watch.run.ENOUGH", _BEGINS_WITH) if fault.impatient else None
    with _armed(wire, scenario, call, fault), hurry or contextlib.nullcontext():
        seconds = HURRIED if fault.impatient else UNHURRIED
        outcome = prepared.function.call(prepared.event, seconds=seconds, ahead=fault.clock)
    made = max(0, wire.seen.count(call.operation) - call.ordinal + 1)
    outcomes = [outcome]
    world.mend()
    # The same instance, as most repeats meet it, and then a new one.
    for function in (prepared.function, prepared.function.anew()):
        if outcomes[-1].text not in _DONE:
            outcomes.append(function.call(prepared.event, seconds=UNHURRIED))
    secrets = world.secrets().union(*(instance.secrets for instance in world.instances))
    written = "".join(one.written for one in outcomes)
    assert [secret for secret in secrets if secret in written] == []
    assert LEAK not in written
    assert outcomes[-1].text in _DONE, (cell.id, outcomes)
    if scenario.repeats_safely and not fault.final:
        state = prepared.state()
        assert state == cell.plan.state, (cell.id, state, cell.plan.state)
    return Result(outcome.text, made)


@contextlib.contextmanager
def _armed(wire: Wire, scenario: Scenario, call: Call, fault: Fault) -> Iterator[None]:
    """The fault is there from this call on."""
    if fault.before:
        # A call that is sent at once with the one before is under way when that one is answered.
        at_once = call.ordinal > 1 and call.operation in scenario.at_once
        with _unreachable(wire, call.position, at_once, nameless=fault.before == "no name"):
            yield
        return

    def handle(exchange: Exchange) -> None:
        hit = exchange.operation == call.operation and exchange.ordinal >= call.ordinal
        (fault.damage if fault.damage and hit else pass_on)(exchange)

    wire.handle = handle
    yield


@contextlib.contextmanager
def _unreachable(wire: Wire, position: int, at_once: bool, *, nameless: bool) -> Iterator[None]:
    """Once `position` requests were answered, there is no new connection.

    `at_once`: the next request has its connection by then.
    """
    gone = position == 0
    connected = wire.accepted + position + 1
    genuine = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if nameless and gone and port == wire.port:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return genuine(host, port, *args, **options)

    def handle(exchange: Exchange) -> None:
        nonlocal gone
        answer = exchange.forward()
        if len(wire.seen) >= position:
            if at_once:
                wait_for(lambda: wire.accepted >= connected, "the next request has its connection")
            gone = True
            if not nameless:
                wire.shut()
        exchange.answer(answer)

    wire.handle, wire.connections = handle, "close"
    if gone and not nameless:
        wire.shut()
    with mock.patch.object(socket, "getaddrinfo", look_up):
        yield
