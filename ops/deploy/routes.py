"""The routes of a custom domain.

The component fc3 adds a function's route to a domain, but never changes the methods, the qualifier
or the rewrite of a route that is there. So what is there is compared with what `s.yaml` renders,
and corrected by one UpdateCustomDomain, which changes all routes at once. Routes to other functions
stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.account import Account, ServiceRefused
from ops.domains import METHODS

LATEST = "LATEST"

Route = dict[str, Any]
Props = Mapping[str, Mapping[str, Any]]


def present(account: Account, domain: str) -> list[Route] | None:
    """The routes of the domain; None if there is no such domain. Raises as `Account.fc`."""
    try:
        body = account.fc("GetCustomDomain", domain).body
    except ServiceRefused as refusal:
        if refusal.status == 404:
            return None
        raise
    return [dict(route) for route in (body.get("routeConfig") or {}).get("routes") or []]


def set_all(account: Account, domain: str, routes: list[Route]) -> None:
    """Replace the routes of the domain in one step. Raises as `Account.fc`."""
    from alibabacloud_fc20230330 import models

    body = models.UpdateCustomDomainInput().from_map({"routeConfig": {"routes": routes}})
    account.fc("UpdateCustomDomain", domain, body=body)


def wanted(props: Props) -> dict[str, Route]:
    """The routes that `s.yaml` renders, by path, without their qualifier."""
    found = {}
    for own in props.values():
        if "customDomain" in own:
            route = own["customDomain"]["route"]
            found[route["path"]] = {
                "path": route["path"],
                "functionName": own["functionName"],
                "methods": sorted(route.get("methods") or METHODS),
            }
    return found


def corrected(there: list[Route], ours: Mapping[str, Route]) -> tuple[list[Route], list[str]]:
    """All routes with ours corrected, and the paths that differ or are missing.

    The qualifier stays: it may name the alias that is switched to.
    """
    found: list[Route] = []
    wrong: list[str] = []
    for route in there:
        right = ours.get(str(route.get("path")))
        if right is None:
            found.append(route)
            continue
        same = route.get("functionName") == right["functionName"]
        if not same or _methods(route) != right["methods"] or _rewrites(route):
            wrong.append(right["path"])
        qualifier = route.get("qualifier") or LATEST
        found.append({**right, "qualifier": qualifier if same else LATEST})
    paths = {str(route.get("path")) for route in there}
    for path, right in ours.items():
        if path not in paths:
            wrong.append(path)
            found.append({**right, "qualifier": LATEST})
    return found, wrong


def _methods(route: Route) -> list[str]:
    return sorted(route.get("methods") or METHODS)


def _rewrites(route: Route) -> bool:
    config = route.get("rewriteConfig")
    return isinstance(config, dict) and any(config.values())
