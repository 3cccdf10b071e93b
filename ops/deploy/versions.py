"""Versions and aliases: all routes of a domain lead to one version of the code, or to the other.

Each deployment publishes a version of every function with a route, and points the alias at it that
is idle: `blue` or `green`. One UpdateCustomDomain then moves all routes. To go back, one call moves
them to the other alias, within seconds and without a deployment. Queue and timer triggers stay on
LATEST: they have no route.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.account import Account, ServiceRefused
from ops.deploy.routes import LATEST, Route

ALIASES = ("blue", "green")


def in_use(there: Sequence[Route], ours: Mapping[str, Route]) -> set[str]:
    """The qualifiers of our routes."""
    return {
        str(route.get("qualifier") or LATEST) for route in there if str(route.get("path")) in ours
    }


def idle(used: set[str]) -> str:
    """The alias that no route leads to."""
    return ALIASES[1] if ALIASES[0] in used else ALIASES[0]


def publish(account: Account, functions: Sequence[str], alias: str, description: str) -> None:
    """Publish a version of each function, and point the alias at it. Raises as `Account.fc`."""
    from alibabacloud_fc20230330 import models

    for function in functions:
        given = models.PublishVersionInput(description=description)
        made = account.fc("PublishFunctionVersion", function, body=given).body
        version = str(made["versionId"])
        try:
            changed = models.UpdateAliasInput(version_id=version, description=description)
            account.fc("UpdateAlias", function, alias, body=changed)
        except ServiceRefused as refusal:
            if refusal.status != 404:
                raise
            new = models.CreateAliasInput(
                alias_name=alias, version_id=version, description=description
            )
            account.fc("CreateAlias", function, body=new)


def have(account: Account, functions: Sequence[str], alias: str) -> bool:
    """Whether every function has the alias. Raises as `Account.fc`."""
    try:
        for function in functions:
            account.fc("GetAlias", function, alias)
    except ServiceRefused as refusal:
        if refusal.status == 404:
            return False
        raise
    return True


def led_to(there: Sequence[Route], ours: Mapping[str, Route], alias: str) -> list[Route]:
    """All routes, ours with the alias as their qualifier."""
    return [
        {**route, "qualifier": alias} if str(route.get("path")) in ours else dict(route)
        for route in there
    ]
