"""Faults that the fake cloud was told to show: the bad days a client has to survive.

A rule names a service, an action (or `*`), a kind and how many calls it strikes. Services take a
fault after a request has been accepted (signature, permission) and before, or for `reset_after`
after, its effect.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CALLBACK = "callback"
"""VOD's notifications, as a service of which every event type is an action."""
SERVICES = ("vod", "sts", "oss", "fc", "mns", CALLBACK)
MAX_COUNT = 1_000_000

Parameter = str | int | float


def _integer(least: int, most: int) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        return isinstance(value, int) and type(value) is int and least <= value <= most

    return check


def _seconds(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= 120


def _text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 256 and value.isprintable()


_ERROR = {"status": _integer(400, 599), "code": _text, "message": _text}
KINDS: Mapping[str, Mapping[str, Callable[[object], bool]]] = MappingProxyType(
    {
        # Refused for the rate. `retry_after`: milliseconds, sent as `x-acs-retry-after`.
        "throttle": {"retry_after": _integer(1, 600_000), **_ERROR},
        "error": dict(_ERROR),
        "reset_before": {},  # the connection is reset, nothing happened
        "reset_after": {},  # the effect took place, then the connection is reset unanswered
        "slow": {"seconds": _seconds},  # the answer comes, late (default 1 s)
        "drip": {"seconds": _seconds},  # the body trickles, spread over so many seconds (default 1)
        "truncated": {},  # fewer bytes than Content-Length announced, then the end
        "non_json": {"status": _integer(200, 599)},  # a page of HTML (default status 502)
        "wrong_type": {"field": _text},  # one field of the answer, or all, has another type
        "empty": {"status": _integer(200, 599)},  # no body at all (default status 200)
        "drop": {},  # callback: never sent, as if every attempt had failed
        "duplicate": {},  # callback: sent twice
    }
)
"""Every kind with the parameters it takes (all optional) and the check of each."""
CALLBACK_KINDS = ("drop", "duplicate")
"""What goes wrong with callbacks, and with nothing else."""


@dataclass(frozen=True)
class Fault:
    """What shall go wrong with one call."""

    kind: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        """The numeric parameter `name`, or `default` when the rule did not give it."""
        value = self.parameters.get(name, default)
        return float(value)

    def text(self, name: str, default: str) -> str:
        """The textual parameter `name`, or `default` when the rule did not give it."""
        return str(self.parameters.get(name, default))


@dataclass
class _Rule:
    service: str
    action: str
    fault: Fault
    left: int


class Faults:
    """The rules in force, first set first used. Thread-safe."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def set(
        self, service: str, action: str, kind: str, count: int = 1, **parameters: Parameter
    ) -> None:
        """Strike the next `count` calls of `action` (or `*`) of `service` ("vod", "sts", "oss",
        "fc", "mns"), or the next `count` callbacks of an event type ("callback").

        Raises ValueError for a service, kind, count or parameter that does not exist.
        """
        if service not in SERVICES:
            raise ValueError(f"service must be one of {', '.join(SERVICES)}")
        if not (action == "*" or (action.isascii() and action.isalnum() and len(action) <= 64)):
            raise ValueError("action must be the name of an operation, or *")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if (service == CALLBACK) != (kind in CALLBACK_KINDS):
            raise ValueError(f"{' and '.join(CALLBACK_KINDS)} are for callbacks, and they for it")
        if type(count) is not int or not 1 <= count <= MAX_COUNT:
            raise ValueError(f"count must be an integer from 1 to {MAX_COUNT}")
        for name, value in parameters.items():
            check = KINDS[kind].get(name)
            if check is None:
                raise ValueError(f"kind {kind} takes no parameter of that name")
            if not check(value):
                raise ValueError(f"parameter {name} is out of its range")
        with self._lock:
            self._rules.append(_Rule(service, action, Fault(kind, dict(parameters)), count))

    def take(self, service: str, action: str) -> Fault | None:
        """The fault that strikes this call, used up by it; None when the call shall go well."""
        with self._lock:
            for rule in self._rules:
                if rule.service == service and rule.action in ("*", action):
                    rule.left -= 1
                    if rule.left == 0:
                        self._rules.remove(rule)
                    return rule.fault
        return None

    def clear(self) -> None:
        """Forget every rule."""
        with self._lock:
            self._rules.clear()

    def pending(self) -> list[dict[str, Parameter]]:
        """The rules still in force, for the control page."""
        with self._lock:
            return [
                {
                    "service": rule.service,
                    "action": rule.action,
                    "kind": rule.fault.kind,
                    "count": rule.left,
                    **rule.fault.parameters,
                }
                for rule in self._rules
            ]
