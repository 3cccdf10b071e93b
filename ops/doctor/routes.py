"""Compare the routes of the custom domain with what `s preview` renders.

The component for deployments adds a route that is missing, and never changes one that is there. So
a change of a route in `s.yaml` does not arrive, and no deployment says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ops.account import Account, NotAnswered, ServiceRefused
from ops.doctor.deployment import METHODS, Deployment
from ops.doctor.report import Report
from ops.domains import ALIASES
from ops.domains import METHODS as METHODS_OF_ROUTES

_EVERY_METHOD = "every method"


@dataclass(frozen=True)
class _Route:
    """One route in a form that can be compared. Absent settings have the service's defaults."""

    path: str
    function: str
    methods: tuple[str, ...]
    qualifier: str
    rewrite: tuple[str, ...] = field(repr=False)

    @classmethod
    def read(cls, given: Mapping[str, Any], function: str) -> _Route:
        """A route as `s.yaml` or the API has it."""
        return cls(
            str(given.get("path") or ""),
            function,
            _methods(given.get("methods") or ()),
            str(given.get("qualifier") or "LATEST"),
            _rules(given.get("rewriteConfig") or {}),
        )


def _methods(given: Iterable[object]) -> tuple[str, ...]:
    """The methods in order; none stands for all, however the API or the file writes that."""
    found = {str(one).upper() for one in given}
    return () if found >= set(METHODS_OF_ROUTES) else tuple(sorted(found))


def _rules(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Each rule as one text: its kind, what it matches and what it becomes."""
    return tuple(
        f"{kind} {rule.get('match')} -> {rule.get('replacement')}"
        for kind in ("equalRules", "regexRules", "wildcardRules")
        for rule in config.get(kind) or ()
    )


def check(report: Report, account: Account, deployment: Deployment) -> None:
    """GetCustomDomain of each domain that the functions have. Reads only."""
    if deployment.document is None:
        report.was_not_checked("routes", "those of a custom domain: `s preview` shows them")
        return
    wanted = _wanted(deployment)
    if not wanted:
        return
    if not account.offers("fc"):
        report.was_not_checked("routes", "this rehearsal has no --fc-endpoint")
        return
    for domain, routes in wanted.items():
        if domain == "auto":
            report.was_not_checked("routes", "the domain is auto: its name is known to `s` only")
            continue
        try:
            answer = account.fc("GetCustomDomain", domain).body
        except ServiceRefused as refusal:
            _refused(report, domain, refusal)
            continue
        except NotAnswered as fault:
            report.could_not_check(domain, f"Function Compute did not answer ({fault})")
            continue
        deployed = {
            str(one.get("path")): _Route.read(one, str(one.get("functionName") or ""))
            for one in (answer.get("routeConfig") or {}).get("routes") or ()
        }
        _compare(report, domain, routes, deployed, set(_names(deployment)))


def _wanted(deployment: Deployment) -> dict[str, list[_Route]]:
    found: dict[str, list[_Route]] = {}
    for name, function in deployment.functions.items():
        props = (deployment.document or {})["resources"][name]["props"]
        domain = props.get("customDomain")
        if not isinstance(domain, dict) or not isinstance(domain.get("route"), dict):
            continue
        routes = found.setdefault(str(domain.get("domainName") or ""), [])
        routes.append(_Route.read(domain["route"], function.deployed_name))
    return found


def _names(deployment: Deployment) -> list[str]:
    return [one.deployed_name for name, one in deployment.functions.items() if name in METHODS]


def _refused(report: Report, domain: str, refusal: ServiceRefused) -> None:
    if refusal.status == 404:
        report.find(
            "domain-absent",
            domain,
            "The region has no such custom domain.",
            why="Clients and VOD get no answer at that address.",
            fix="Run `s deploy`, or correct VODPASS_DOMAIN or VODPASS_REGION.",
        )
    elif refusal.for_permission:
        report.was_not_checked(domain, f"its routes: this key may not read them: {refusal}")
    else:
        report.could_not_check(domain, f"Function Compute refused: {refusal}")


def _compare(
    report: Report,
    domain: str,
    wanted: list[_Route],
    deployed: Mapping[str, _Route],
    functions: set[str],
) -> None:
    before = len(report.findings)
    for route in _switched(wanted, deployed):
        there = deployed.get(route.path)
        if there is None:
            report.find(
                "route-absent",
                f"{domain}{route.path}",
                f"The domain has no route for this path, which leads to {route.function}.",
                why="Callers get an error from Function Compute.",
                fix="Run `s deploy`: it adds the route.",
            )
            continue
        for what in _differences(route, there):
            _differs(report, f"{domain}{route.path}", what)
    paths = {route.path for route in wanted}
    for path, route in deployed.items():
        if path not in paths and route.function in functions:
            report.find(
                "route-extra",
                f"{domain}{path}",
                f"A further route leads to {route.function}.",
                why="It may be of an earlier deployment. Its address answers as the function does.",
                fix=_remove(path) + " Keep it if you made it for a purpose.",
                severity="warning",
            )
    if len(report.findings) == before:
        report.is_sound(domain, "its routes are those of `s preview`")


def _switched(wanted: list[_Route], deployed: Mapping[str, _Route]) -> list[_Route]:
    """The routes with the alias that `ops.deploy` has moved all of them to, if it has."""
    used = {deployed[route.path].qualifier for route in wanted if route.path in deployed}
    if len(used) != 1 or not used <= set(ALIASES):
        return wanted
    return [replace(route, qualifier=next(iter(used))) for route in wanted]


def _differences(wanted: _Route, there: _Route) -> list[str]:
    found = []
    if there.function != wanted.function:
        found.append(f"It leads to {there.function or 'no function'}, not to {wanted.function}.")
    if there.methods != wanted.methods:
        found.append(f"It accepts {_shown(there.methods)}, not {_shown(wanted.methods)}.")
    if there.qualifier != wanted.qualifier:
        found.append(f"Its qualifier is {there.qualifier}, not {wanted.qualifier}.")
    if there.rewrite != wanted.rewrite:
        found.append("It rewrites paths by other rules.")
    return found


def _differs(report: Report, subject: str, what: str) -> None:
    report.find(
        "route-differs",
        subject,
        what,
        why="`s deploy` adds routes, and never changes one that is there. The route is still as it "
        "was first deployed.",
        fix=_remove("/" + subject.partition("/")[2]) + " Then run `s deploy`, which adds it again.",
    )


def _remove(path: str) -> str:
    return (
        f"Remove the route {path}: in the console of Function Compute, Custom Domains, edit the "
        "domain."
    )


def _shown(methods: tuple[str, ...]) -> str:
    return ", ".join(methods) or _EVERY_METHOD
