"""The deployment to check: each function's environment, from `s preview` or from this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.setting_faults import read_by_s
from shared.config.settings import Settings
from shared.config.uses import USES
from shared.config.variables import PREFIX
from shared.events.event import SETTLING

METHODS: Mapping[str, str] = {
    "upload": "POST",
    "refresh": "POST",
    "play": "GET",
    "sts": "POST",
    "events": "POST",
}
"""The functions with an HTTP trigger, and the method that clients use."""

BEARER = ("upload", "refresh", "play", "sts")
"""The functions whose callers send a token."""

DAY = 86_400
"""Seconds for which EventBridge retries a message."""

LONGEST_KEPT = 604_800
"""Seconds: the longest time for which a queue can keep a message."""

_CALLBACK = ("VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS")
_WATCH = ("VODPASS_WATCH", "VODPASS_CLEANUP")


class UnreadableDeployment(Exception):
    """The text does not describe a deployment; the message says what was expected."""


@dataclass(frozen=True)
class Function:
    """One function: its names here and in the account, its role's name, and its variables."""

    name: str
    deployed_name: str
    role: str
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Deployment:
    """The functions by the name of their resource.

    `document` is what `s preview` prints, or None if the settings come from this process.
    """

    functions: Mapping[str, Function]
    document: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What the names of its roles begin with: VODPASS_NAME, in `s.dev.yaml` with `-dev`."""
        for function in self.functions.values():
            end = f"-{function.name}"
            if function.role.endswith(end):
                return function.role.removesuffix(end)
        return ""

    def queues(self, function: str) -> list[str]:
        """The queues from which EventBridge passes messages to a function."""
        source = ("eventSourceConfig", "eventSourceParameters", "sourceMNSParameters", "QueueName")
        return self._in_triggers(function, *source)

    def dead_letters(self, function: str) -> list[str]:
        """The queues where EventBridge puts messages that a function did not accept."""
        arns = self._in_triggers(function, "runOptions", "deadLetterQueue", "Arn")
        return [arn.rpartition("/")[2] for arn in arns]

    def least_kept(self, queue: str) -> int:
        """Seconds for which a queue must keep a message: while it is delayed, and a day of retries.

        SMQ counts the time from sending. `events` and `watch` delay the messages of rechecks.
        """
        if queue not in (self.queues("watch") if "watch" in self.functions else ()):
            return DAY
        given = self.functions["watch"].environment.get("VODPASS_LATE_RECHECK", "")
        late = int(given) if given.isdecimal() else Settings.late_recheck
        return min(LONGEST_KEPT, max(SETTLING, late) + 1 + DAY)

    def _in_triggers(self, function: str, *path: str) -> list[str]:
        found = []
        for trigger in (self.document or {})["resources"][function]["props"].get("triggers") or []:
            value: Any = trigger.get("triggerConfig")
            for key in path:
                value = (value or {}).get(key)
            if value:
                found.append(str(value))
        return found


def rendered(text: str) -> Deployment:
    """The deployment that `s preview --silent -o json` prints. Raises UnreadableDeployment."""
    try:
        document = json.loads(text)
        functions = {
            name: _function(name, resource["props"])
            for name, resource in document["resources"].items()
            if name in USES
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # The text holds secrets, and the parser's message may quote it.
        raise UnreadableDeployment("not what `s preview --silent -o json` prints") from None
    if not functions:
        raise UnreadableDeployment(f"no resource is one of {', '.join(USES)}")
    return Deployment(functions, document)


def _function(name: str, props: Mapping[str, Any]) -> Function:
    environment = props.get("environmentVariables") or {}
    if not all(isinstance(part, str) for item in environment.items() for part in item):
        raise TypeError
    role = str(props.get("role") or "").rpartition("/")[2].lower()
    return Function(name, str(props["functionName"]), role, environment)


def of_process(environ: Mapping[str, str]) -> Deployment:
    """The functions with the settings of this process, for example after `set -a; . ./.env`.

    Each gets the variables that it uses. `events` and `watch` are included if one of their own
    settings is there.
    """
    chosen = ["upload", "refresh", "play", "sts"]
    if any(environ.get(name) for name in _CALLBACK):
        chosen.append("events")
    if any(environ.get(name) for name in _WATCH):
        chosen.append("watch")
    of_s_yaml = read_by_s()
    known = {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name not in of_s_yaml
    }
    every = frozenset().union(*USES.values())
    begin = environ.get("VODPASS_NAME") or "vodpass"
    functions = {}
    for name in chosen:
        others = every - USES[name]
        own = {key: value for key, value in known.items() if key not in others}
        functions[name] = Function(name, f"{begin}-{name}", f"{begin}-{name}".lower(), own)
    return Deployment(functions)
