"""Faults that tests ask for: throttling, errors, broken connections and broken answers.

A rule names a service, an action (or `*`), a kind and the number of calls that it affects. A
service applies a fault after it has accepted the request (signature, permission) and before the
request has an effect. Only `reset_after` applies after the effect.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CALLBACK = "callback"
"""VOD's callbacks, treated as a service whose actions are the event types."""
SERVICES = ("vod", "sts", "ram", "oss", "fc", "mns", "sls", CALLBACK)
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
        # The rate is exceeded. `retry_after`: milliseconds, sent as `x-acs-retry-after`.
        "throttle": {"retry_after": _integer(1, 600_000), **_ERROR},
        "error": dict(_ERROR),
        "reset_before": {},  # reset the connection; the request has no effect
        "reset_after": {},  # reset the connection after the effect, without an answer
        "slow": {"seconds": _seconds},  # answer late (default 1 s)
        "drip": {"seconds": _seconds},  # send the body slowly, over this time (default 1 s)
        "truncated": {},  # send fewer bytes than Content-Length, then close the connection
        "non_json": {"status": _integer(200, 599)},  # answer with HTML (default status 502)
        "wrong_type": {"field": _text},  # change the type of one field, or of all fields
        "empty": {"status": _integer(200, 599)},  # answer without a body (default status 200)
        "drop": {},  # callback: never send it, as if every attempt had failed
        "duplicate": {},  # callback: send it twice
    }
)
"""For each kind: its parameters, all optional, and the check of each."""
CALLBACK_KINDS = ("drop", "duplicate")
"""The kinds for callbacks. Callbacks have no other kinds."""


@dataclass(frozen=True)
class Fault:
    """A fault of one call."""

    kind: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        """The number `name`, or `default` if the rule does not have it."""
        value = self.parameters.get(name, default)
        return float(value)

    def text(self, name: str, default: str) -> str:
        """The text `name`, or `default` if the rule does not have it."""
        return str(self.parameters.get(name, default))


@dataclass
class _Rule:
    service: str
    action: str
    fault: Fault
    left: int


class Faults:
    """The rules that are set. The oldest rule is used first. Thread-safe."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def set(
        self, service: str, action: str, kind: str, count: int = 1, **parameters: Parameter
    ) -> None:
        """Set a fault for the next `count` calls of `action`, or of any action if it is `*`.

        `service` is "vod", "sts", "oss", "fc", "mns", or "callback" with an event type as the
        action. Raises ValueError for a service, action, kind, count or parameter that is not
        allowed.
        """
        if service not in SERVICES:
            raise ValueError(f"service must be one of {', '.join(SERVICES)}")
        if not (action == "*" or (action.isascii() and action.isalnum() and len(action) <= 64)):
            raise ValueError("action must be the name of an operation, or *")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if (service == CALLBACK) != (kind in CALLBACK_KINDS):
            kinds = " and ".join(CALLBACK_KINDS)
            raise ValueError(f"kind must be {kinds} for callbacks, and only for callbacks")
        if type(count) is not int or not 1 <= count <= MAX_COUNT:
            raise ValueError(f"count must be an integer from 1 to {MAX_COUNT}")
        for name, value in parameters.items():
            check = KINDS[kind].get(name)
            if check is None:
                raise ValueError(f"kind {kind} has no parameter of that name")
            if not check(value):
                raise ValueError(f"parameter {name} is out of range")
        with self._lock:
            self._rules.append(_Rule(service, action, Fault(kind, dict(parameters)), count))

    def take(self, service: str, action: str) -> Fault | None:
        """The fault for this call, or None. The call counts as one of the rule's `count`."""
        with self._lock:
            for rule in self._rules:
                if rule.service == service and rule.action in ("*", action):
                    rule.left -= 1
                    if rule.left == 0:
                        self._rules.remove(rule)
                    return rule.fault
        return None

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._rules.clear()

    def pending(self) -> list[dict[str, Parameter]]:
        """The rules that have calls left, as the control routes show them."""
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
