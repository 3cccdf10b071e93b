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
from ops.domains import ALIASES

NOTHING_NEW = "VersionPublishError"
"""The code where code and settings are those of the newest version. Another reason for it is not
known."""


def in_use(there: Sequence[Route], ours: Mapping[str, Route]) -> set[str]:
    """The qualifiers of our routes."""
    return {
        str(route.get("qualifier") or LATEST) for route in there if str(route.get("path")) in ours
    }


def idle(used: set[str]) -> str:
    """The alias that no route leads to."""
    return ALIASES[1] if ALIASES[0] in used else ALIASES[0]


def publish(account: Account, functions: Sequence[str], alias: str, description: str) -> None:
    """Publish a version of each function, then point the alias at them. Raises as `Account.fc`."""
    made = [(function, _published(account, function, description)) for function in functions]
    for function, version in made:
        _point(account, function, alias, version, description)


def _published(account: Account, function: str, description: str) -> str:
    """The number of the version that has the function as it is now."""
    from alibabacloud_fc20230330 import models

    given = models.PublishVersionInput(description=description)
    try:
        made = account.fc("PublishFunctionVersion", function, body=given).body
    except ServiceRefused as refusal:
        if refusal.code != NOTHING_NEW:
            raise
        newest = account.fc("ListFunctionVersions", function, direction="BACKWARD", limit=1).body
        [made] = newest.get("versions") or [{}]
        if "versionId" not in made:
            raise
    return str(made["versionId"])


def _point(account: Account, function: str, alias: str, version: str, description: str) -> None:
    from alibabacloud_fc20230330 import models

    try:
        changed = models.UpdateAliasInput(version_id=version, description=description)
        account.fc("UpdateAlias", function, alias, body=changed)
    except ServiceRefused as refusal:
        if refusal.status != 404:
            raise
        new = models.CreateAliasInput(alias_name=alias, version_id=version, description=description)
        account.fc("CreateAlias", function, body=new)


def described(account: Account, functions: Sequence[str], alias: str) -> set[str | None]:
    """What each function's alias says of its code; None for a function that lacks the alias.

    More than one answer: the alias was not moved for every function. Raises as `Account.fc`.
    """
    return {_description(account, function, alias) for function in functions}


def _description(account: Account, function: str, alias: str) -> str | None:
    try:
        return str(account.fc("GetAlias", function, alias).body.get("description") or "")
    except ServiceRefused as refusal:
        if refusal.status == 404:
            return None
        raise


def led_to(there: Sequence[Route], ours: Mapping[str, Route], alias: str) -> list[Route]:
    """All routes, ours with the alias as their qualifier."""
    return [
        {**route, "qualifier": alias} if str(route.get("path")) in ours else dict(route)
        for route in there
    ]
