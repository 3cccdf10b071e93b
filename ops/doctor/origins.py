"""Which pages of the web a function lets in: those of the listed origins, and no others."""

from __future__ import annotations

from ops.doctor import web
from ops.doctor.deployment import METHODS
from ops.doctor.report import Report
from ops.doctor.web import Place
from shared.config.settings import Settings
from shared.transport import HttpAnswer

STRANGER = "https://vodpass-doctor.invalid"
"""An Origin that nobody has: the name cannot be registered (RFC 2606)."""


def check(report: Report, name: str, at: Place, settings: Settings | None) -> None:
    """Send preflights from a stranger's origin, and from each that is listed."""
    origins = sorted(settings.cors_origins) if settings is not None else []
    stranger = _preflight(report, name, at, STRANGER)
    if stranger is None:
        return
    given = stranger.headers.get("access-control-allow-origin")
    if given is not None:
        report.find(
            "cors-open",
            name,
            "A page of any origin is let in.",
            why="Function Compute's own address answers preflights by itself, whatever "
            "VODPASS_CORS_ORIGINS says. The token is the boundary, but any page may try.",
            mend="Serve the function behind a domain of your own.",
            severity="warning",
        )
    if stranger.status != 204 or METHODS[name] not in stranger.headers.get("allow", ""):
        report.find(
            "preflight",
            name,
            f"To OPTIONS it answers {stranger.status}, not 204 with Allow.",
            why="Browsers do not send the call after such a preflight.",
            mend="List OPTIONS in the trigger of s.yaml, so that the function answers.",
        )
        return
    for origin in origins:
        answer = _preflight(report, name, at, origin)
        if answer is not None and answer.headers.get("access-control-allow-origin") != origin:
            report.find(
                "cors-closed",
                name,
                f"A page of {origin}, which is listed, is not let in.",
                why="The web app there cannot call the function.",
                mend="Deploy the settings that were checked; nothing between may drop "
                "Access-Control-Allow-Origin.",
            )


def _preflight(report: Report, name: str, at: Place, origin: str) -> HttpAnswer | None:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": METHODS[name],
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    return web.attempt(report, name, at, "OPTIONS", headers=headers)
