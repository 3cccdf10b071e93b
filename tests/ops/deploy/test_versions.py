"""Versions and aliases. The fake Function Compute has none, so an account in memory stands in: it
takes the requests of the official client's models and keeps what they say."""

# ruff: noqa: N802, N803 - Function Compute's own names

from __future__ import annotations

from typing import Any

import pytest

from ops.account import ServiceAnswer, ServiceRefused
from ops.deploy import versions
from ops.domains import METHODS
from tests.ops.deploy.conftest import Deployer
from tests.ops.deploy.test_deploy import DOMAIN

FUNCTIONS = [f"vodpass-{name}" for name in ("upload", "refresh", "play", "sts", "events")]


class Versions:
    """What Function Compute keeps of versions, aliases and one domain."""

    def __init__(self) -> None:
        self.published: dict[str, int] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.routes: list[dict[str, Any]] = []
        self.changes: list[str] = []

    def fc(self, operation: str, *path: str, body: Any = None) -> ServiceAnswer:
        given = body.to_map() if body is not None else {}
        self.changes += [operation] if not operation.startswith("Get") else []
        return ServiceAnswer(getattr(self, operation)(*path, **given), {})

    def PublishFunctionVersion(self, function: str, **_: Any) -> dict[str, Any]:
        self.published[function] = self.published.get(function, 0) + 1
        return {"versionId": str(self.published[function])}

    def CreateAlias(
        self, function: str, aliasName: str, versionId: str, **_: Any
    ) -> dict[str, Any]:
        assert (function, aliasName) not in self.aliases
        self.aliases[function, aliasName] = versionId
        return {}

    def UpdateAlias(self, function: str, alias: str, versionId: str, **_: Any) -> dict[str, Any]:
        self.GetAlias(function, alias)
        self.aliases[function, alias] = versionId
        return {}

    def GetAlias(self, function: str, alias: str) -> dict[str, Any]:
        if (function, alias) not in self.aliases:
            raise ServiceRefused("AliasNotFound", 404, "")
        return {"versionId": self.aliases[function, alias]}

    def GetCustomDomain(self, _domain: str) -> dict[str, Any]:
        return {"routeConfig": {"routes": [dict(route) for route in self.routes]}}

    def UpdateCustomDomain(self, _domain: str, routeConfig: Any, **_: Any) -> dict[str, Any]:
        self.routes = list(routeConfig["routes"])
        return {}


@pytest.fixture
def account(deployer: Deployer, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """An account with a domain, as the first deployment leaves it."""
    found = Versions()
    monkeypatch.setattr("ops.account.Account.fc", lambda _self, *a, **b: found.fc(*a, **b))
    deployer.setup({"address": DOMAIN})
    paths = ["/upload", "/refresh", "/play", "/sts", "/events/*"]
    for path, function in zip(paths, FUNCTIONS, strict=True):
        methods = ["POST"] if "events" in path else list(METHODS)
        found.routes.append(
            {"path": path, "functionName": function, "methods": methods, "qualifier": "LATEST"}
        )
    found.routes.append({"path": "/other", "functionName": "other", "qualifier": "LATEST"})
    return found


def qualifiers(account: Versions) -> dict[str, str]:
    return {route["path"]: route["qualifier"] for route in account.routes}


PROD = ("--env", "prod", "--callback", "none")


def test_routes_move_together_and_back_without_a_deployment(
    deployer: Deployer, account: Versions
) -> None:
    assert deployer.run(*PROD).exit_code == 0
    assert account.changes == [], "not switched on"

    first = deployer.run(*PROD, "--versions")
    assert first.exit_code == 0, first.printed
    assert account.changes.count("UpdateCustomDomain") == 1
    assert account.changes[-1] == "UpdateCustomDomain", "after every alias"
    assert {account.aliases[name, "blue"] for name in FUNCTIONS} == {"1"}
    found = qualifiers(account)
    assert found.pop("/other") == "LATEST", "another system's route stays"
    assert set(found.values()) == {"blue"}

    second = deployer.run(*PROD)
    assert second.exit_code == 0, second.printed
    assert "by the alias green" in second.out
    assert {account.aliases[name, "blue"] for name in FUNCTIONS} == {"1"}
    assert {account.aliases[name, "green"] for name in FUNCTIONS} == {"2"}

    deployed = len(deployer.calls)
    account.changes.clear()
    back = deployer.run(*PROD, "--rollback")
    assert back.exit_code == 0, back.printed
    assert account.changes == ["UpdateCustomDomain"]
    assert len(deployer.calls) == deployed, "nothing was deployed"
    assert set(qualifiers(account).values()) == {"blue", "LATEST"}
    assert "queue and timer triggers stay on LATEST" in back.out


def test_without_a_version_before_it_says_so(deployer: Deployer, account: Versions) -> None:
    assert deployer.run(*PROD, "--versions").exit_code == 0
    done = deployer.run(*PROD, "--rollback")
    assert (done.exit_code, "There is no version before" in done.err) == (1, True)
    assert set(qualifiers(account).values()) == {"blue", "LATEST"}


def test_an_alias_of_the_users_own_stays(deployer: Deployer, account: Versions) -> None:
    for route in account.routes:
        route["qualifier"] = "live"
    done = deployer.run(*PROD, "--versions")
    assert done.exit_code == 0
    assert "the routes lead to live, which is not ours" in done.out
    assert account.changes == []


def test_a_failure_on_the_way_leaves_the_routes(
    deployer: Deployer, account: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise ServiceRefused("AccessDenied", 403, "")

    monkeypatch.setattr(account, "CreateAlias", refused)
    done = deployer.run(*PROD, "--versions")
    assert done.exit_code == 1
    assert "The routes could not be corrected: AccessDenied" in done.err
    assert set(qualifiers(account).values()) == {"LATEST"}


def test_the_idle_alias() -> None:
    assert versions.idle({"LATEST"}) == "blue"
    assert versions.idle({"blue"}) == "green"
    assert versions.idle({"green"}) == "blue"
