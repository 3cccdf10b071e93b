"""What a deployment needs in the account, from its rendered `s.yaml` and the files in `ram/`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.account.roles import CLIENTS, FUNCTIONS, WATCH_QUEUE, extras, folder
from ops.doctor.deployment import LONGEST_KEPT, Deployment
from ops.doctor.policies import RAM_FOLDER
from shared.config.settings import DEFAULT_APP

KEPT = 345_600
"""Seconds that a new queue keeps a message, unless it must keep it for longer."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")


class NeedsUnknown(Exception):
    """The document does not say what the deployment needs; the message names the setting."""


@dataclass(frozen=True)
class PolicyNeed:
    """A custom policy with its document."""

    name: str
    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class RoleNeed:
    """A role: who may assume it, its policies, and its policy in VOD's application, or empty."""

    name: str
    trust: Mapping[str, Any] = field(repr=False)
    policies: tuple[PolicyNeed, ...]
    application: str = ""


@dataclass(frozen=True)
class QueueNeed:
    """A queue, and how many seconds it keeps a message: as it is made, and at least."""

    name: str
    kept: int
    least: int


@dataclass(frozen=True)
class LogNeed:
    """A log store in its project."""

    project: str
    store: str


@dataclass(frozen=True)
class Needs:
    """Everything. `others` are roles of other names that the settings have, each with a reason."""

    name: str
    roles: tuple[RoleNeed, ...]
    queues: tuple[QueueNeed, ...]
    log: LogNeed | None
    event_bridge: bool
    app_id: str
    others: Mapping[str, str]


def of(deployment: Deployment, account_id: str) -> Needs:
    """What a rendered deployment needs in this account. Raises NeedsUnknown."""
    name = deployment.name
    if not _NAME.fullmatch(name):
        raise NeedsUnknown(
            "VODPASS_NAME must have 1 to 50 lower-case letters, digits and hyphens: roles and "
            "policies are named after it"
        )
    variables: dict[str, str] = {}
    for function in deployment.functions.values():
        variables.update({key: value for key, value in function.environment.items() if value})
    values = _values(name, account_id, variables)
    ends, others = _ends(deployment, variables, name, account_id)
    return Needs(
        name,
        tuple(_role(end, name, values, variables) for end in ends),
        tuple(_queues(deployment)),
        _log(deployment),
        any(deployment.queues(one) for one in deployment.functions),
        variables.get("VODPASS_APP_ID", DEFAULT_APP),
        others,
    )


def _values(name: str, account_id: str, variables: Mapping[str, str]) -> dict[str, str]:
    found = {"AccountId": account_id, "Name": name}
    found["WatchQueue"] = variables.get("VODPASS_WATCH_QUEUE", WATCH_QUEUE)
    if "VODPASS_OSS_BUCKET" in variables and "VODPASS_OSS_PREFIX" in variables:
        found["Bucket"] = variables["VODPASS_OSS_BUCKET"]
        found["Prefix"] = variables["VODPASS_OSS_PREFIX"].rstrip("/")
    return found


def _ends(
    deployment: Deployment, variables: Mapping[str, str], name: str, account_id: str
) -> tuple[list[str], dict[str, str]]:
    """The roles to have, by the ends of their names, and those of other names with the reason."""
    ends = [one for one in FUNCTIONS if one in deployment.functions]
    others: dict[str, str] = {}
    for one in list(ends):
        if deployment.functions[one].role != f"{name}-{one}":
            role = deployment.functions[one].role
            others[role] = f"s.yaml gives it to {one}, not {name}-{one}"
            ends.remove(one)
    for end, variable in CLIENTS.items():
        arn = variables.get(variable)
        if arn is None:
            continue
        if arn == f"acs:ram::{account_id}:role/{name}-{end}":
            ends.append(end)
        else:
            others[arn.rpartition("/")[2]] = f"{variable} names it, not {name}-{end}"
    return ends, others


def _role(end: str, name: str, values: Mapping[str, str], variables: Mapping[str, str]) -> RoleNeed:
    full = f"{name}-{end}"
    policies = [PolicyNeed(full, _file(end, "policy", values))]
    further = extras(end, variables)
    policies += [PolicyNeed(f"{name}-{one}", _file(end, one, values)) for one in further]
    application = json.loads((RAM_FOLDER / "applications.json").read_text("utf-8"))
    wanted = str(application.get(folder(end), ""))
    if further:
        wanted = "VODAppFullAccess"
    return RoleNeed(full, _file(end, "trust", values), tuple(policies), wanted)


def _file(end: str, kind: str, values: Mapping[str, str]) -> Mapping[str, Any]:
    """A file of a role with its placeholders filled after parsing, as the fake does."""
    text = (RAM_FOLDER / folder(end) / f"{kind}.json").read_text("utf-8")
    found: Mapping[str, Any] = _filled(json.loads(text), values)
    return found


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        try:
            return re.sub(r"\$\{([A-Za-z]+)\}", lambda found: values[found[1]], value)
        except KeyError as missing:
            wanted = {"Bucket": "VODPASS_OSS_BUCKET", "Prefix": "VODPASS_OSS_PREFIX"}
            raise NeedsUnknown(f"{wanted.get(missing.args[0], '?')}: not set") from None
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, values) for key, one in value.items()}
    return value


def _queues(deployment: Deployment) -> Iterator[QueueNeed]:
    read = {one for name in deployment.functions for one in deployment.queues(name)}
    dead = {one for name in deployment.functions for one in deployment.dead_letters(name)}
    for queue in sorted(read | dead):
        least = deployment.least_kept(queue)
        yield QueueNeed(queue, LONGEST_KEPT if queue in dead else max(KEPT, least), least)


def _log(deployment: Deployment) -> LogNeed | None:
    for resource in (deployment.document or {})["resources"].values():
        config = resource["props"].get("logConfig")
        if isinstance(config, dict) and config.get("project") and config.get("logstore"):
            return LogNeed(str(config["project"]), str(config["logstore"]))
    return None
