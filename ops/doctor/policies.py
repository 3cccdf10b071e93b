"""Compare what a role may do with its files in `ram/`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.ram.policy import Policy, PolicyGrammarError

RAM_FOLDER = Path(__file__).resolve().parents[2] / "ram"


@dataclass(frozen=True)
class RoleFiles:
    """A role's files in `ram/` as JSON objects, with their placeholders filled in."""

    policy: Mapping[str, Any]
    trust: Mapping[str, Any]


def read(
    folder: str, values: Mapping[str, str], further: Sequence[str] = (), ram: Path = RAM_FOLDER
) -> RoleFiles | None:
    """The files of `ram/<folder>`; None if there are none, or if a placeholder has no value.

    `further`: the names of more policies, which are added to the first one.
    """
    found = []
    for name in ("trust.json", "policy.json", *(f"{one}.json" for one in further)):
        path = ram / folder / name
        if not path.is_file():
            return None
        text = path.read_text("utf-8")
        for placeholder, value in values.items():
            text = text.replace(f"${{{placeholder}}}", value)
        if "${" in text:
            return None
        found.append(json.loads(text))
    trust, first, *more = found
    statements = [one for policy in (first, *more) for one in policy["Statement"]]
    return RoleFiles({**first, "Statement": statements}, trust)


def missing(wanted: Mapping[str, Any], attached: Sequence[Mapping[str, Any]]) -> list[str]:
    """The actions of `wanted` that the attached policies do not allow.

    Raises PolicyGrammarError for an attached policy that does not follow RAM's grammar.
    """
    policies = [Policy.parse(document) for document in attached]
    lacking = [
        action
        for action, resource in _grants(wanted)
        if not _allows(policies, action, _sample(resource))
    ]
    return sorted(set(lacking))


def beyond(wanted: Mapping[str, Any], attached: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the attached policies allow beyond `wanted`, each as `action on resource`."""
    granted = {(action.lower(), resource) for action, resource in _grants(wanted)}
    anywhere = {action for action, resource in granted if resource == "*"}
    more = {
        f"{action} on {resource}"
        for document in attached
        for action, resource in _grants(document)
        if (action.lower(), resource) not in granted and action.lower() not in anywhere
    }
    return sorted(more)


def principals(trust: Mapping[str, Any]) -> set[str]:
    """Who may assume a role by its trust policy, each as `Service fc.aliyuncs.com`."""
    return {
        f"{kind} {name}"
        for statement in _list(trust.get("Statement"))
        if statement.get("Effect") == "Allow"
        for kind, names in (statement.get("Principal") or {}).items()
        for name in _list(names)
    }


def parsed(text: object) -> Mapping[str, Any]:
    """A policy document from RAM's answer, a JSON text. Raises PolicyGrammarError."""
    try:
        document = json.loads(str(text))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise PolicyGrammarError("", "not a JSON object")
    return document


def _grants(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for statement in _list(document.get("Statement")):
        if statement.get("Effect") != "Allow":
            continue
        actions = _list(statement.get("Action"))
        if "NotAction" in statement:
            actions = ["everything but " + ", ".join(_list(statement["NotAction"]))]
        resources = _list(statement.get("Resource"))
        if "NotResource" in statement:
            resources = ["everything but " + ", ".join(_list(statement["NotResource"]))]
        for action in actions:
            for resource in resources:
                yield action, resource


def _allows(policies: Sequence[Policy], action: str, resource: str) -> bool:
    context = {"acs:SecureTransport": "true", "acs:CurrentTime": utc(time.time())}
    effects = {
        statement.effect
        for policy in policies
        for statement in policy.statements
        if statement.covers(action, resource, context)
    }
    return effects == {"Allow"}


def _sample(resource: str) -> str:
    """One resource that matches a pattern."""
    return resource[:-1] + "sample" if resource.endswith("/*") else resource


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
