"""Check that a function accepts browsers from the listed origins, and from no others."""

from __future__ import annotations

from ops.doctor import web
from ops.doctor.deployment import METHODS
from ops.doctor.report import Report
from ops.doctor.web import Place
from shared.config.settings import Settings
from shared.transport import HttpAnswer

UNLISTED = "https://vodpass-doctor.invalid"
"""An origin that nobody can have: the name cannot be registered (RFC 2606)."""


def check(report: Report, name: str, at: Place, settings: Settings | None) -> None:
    """Send preflights from an unlisted origin, and from each listed one."""
    origins = sorted(settings.cors_origins) if settings is not None else []
    unlisted = _preflight(report, name, at, UNLISTED)
    if unlisted is None:
        return
    given = unlisted.headers.get("access-control-allow-origin")
    if given is not None:
        report.find(
            "cors-open",
            name,
            "It accepts browsers from any origin.",
            why="On its own address, Function Compute answers preflights itself and ignores "
            "VODPASS_CORS_ORIGINS. A token is still required, but any page may try.",
            fix="Serve the function on a domain of your own.",
            severity="warning",
        )
    if unlisted.status != 204 or METHODS[name] not in unlisted.headers.get("allow", ""):
        report.find(
            "preflight",
            name,
            f"It answers OPTIONS with {unlisted.status}, not with 204 and Allow.",
            why="After such a preflight, browsers do not send the call.",
            fix="List OPTIONS in the trigger in s.yaml, so that the function answers.",
        )
        return
    for origin in origins:
        answer = _preflight(report, name, at, origin)
        if answer is not None and answer.headers.get("access-control-allow-origin") != origin:
            report.find(
                "cors-closed",
                name,
                f"It does not accept browsers from {origin}, which is listed.",
                why="The web app there cannot call the function.",
                fix="Deploy the settings that were checked. Remove what drops "
                "Access-Control-Allow-Origin on the way.",
            )


def _preflight(report: Report, name: str, at: Place, origin: str) -> HttpAnswer | None:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": METHODS[name],
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    return web.attempt(report, name, at, "OPTIONS", headers=headers)
