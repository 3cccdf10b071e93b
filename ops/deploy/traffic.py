"""Where the routes of the domain lead: corrected, and moved to a version or back to the one before.

What the component fc3 leaves as it was is corrected by one UpdateCustomDomain. If versions are
switched on, one more moves all routes of ours to the alias of the new code.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.account import NotAnswered, ServiceRefused
from ops.deploy import routes, versions
from ops.deploy.ending import Stop, code_of
from ops.deploy.routes import LATEST, Route
from ops.deploy.say import Say
from ops.deploy.target import Target
from ops.deploy.texts import T
from ops.domains import ALIASES


def correct(target: Target, say: Say, *, with_versions: bool) -> None:
    """Correct the routes that fc3 leaves as they were, and let them lead to the new code.

    Raises Stop.
    """
    ours = routes.wanted(target.props)
    if not ours or not target.account.offers("fc"):
        return
    try:
        there = routes.present(target.account, target.domain)
        if there is None:
            raise Stop(T.NO_DOMAIN.filled(target.domain))
        right, wrong = routes.corrected(there, ours)
        if wrong:
            routes.set_all(target.account, target.domain, right)
            say.step("routes", T.ROUTES.filled(", ".join(sorted(wrong))))
        _switch(target, say, right, ours, wanted=with_versions)
    except (ServiceRefused, NotAnswered) as refusal:
        raise Stop(T.ROUTES_FAILED.filled(code_of(refusal))) from None


def _switch(
    target: Target, say: Say, there: list[Route], ours: Mapping[str, Route], *, wanted: bool
) -> None:
    """Let the routes lead to a version of the new code, if versions are switched on."""
    used = versions.in_use(there, ours)
    foreign = used - {LATEST, *ALIASES}
    if foreign:
        say.step("version", T.FOREIGN_ALIAS.filled(", ".join(sorted(foreign))))
        _led_to(target, sorted(foreign)[0])
        return
    if not wanted and used <= {LATEST}:
        return
    alias = versions.idle(used)
    versions.publish(target.account, _routed(ours), alias, target.digest)
    routes.set_all(target.account, target.domain, versions.led_to(there, ours, alias))
    target.alias = alias
    _led_to(target, alias)
    say.step("version", T.SWITCHED.filled(alias))


def switched_back(target: Target, say: Say) -> bool:
    """Move the routes to the other alias; false if the routes lead to no alias of ours.

    Raises Stop.
    """
    ours = routes.wanted(target.props)
    if not ours or not target.account.offers("fc"):
        return False
    try:
        there = routes.present(target.account, target.domain) or []
        used = versions.in_use(there, ours)
        if len(used) != 1 or not used <= set(ALIASES):
            return False
        alias = versions.idle(used)
        found = versions.described(target.account, _routed(ours), alias)
        if None in found:
            raise Stop(T.NO_OTHER_VERSION)
        if len(found) > 1:
            raise Stop(T.MIXED_VERSIONS.filled(alias))
        routes.set_all(target.account, target.domain, versions.led_to(there, ours, alias))
    except (ServiceRefused, NotAnswered) as refusal:
        raise Stop(T.ROUTES_FAILED.filled(code_of(refusal))) from None
    target.digest = target.alias = alias
    _led_to(target, alias)
    say.step("version", T.SWITCHED_BACK.filled(alias))
    return True


def _led_to(target: Target, alias: str) -> None:
    """Note for the doctor where the routes are meant to lead."""
    for own in target.props.values():
        if "customDomain" in own:
            own["customDomain"]["route"]["qualifier"] = alias


def _routed(ours: Mapping[str, Route]) -> list[str]:
    return [str(route["functionName"]) for route in ours.values()]
