"""The keys that verify callers' tokens, from the settings or from the issuer's URL."""

from __future__ import annotations

from ops.doctor import web
from ops.doctor.report import Report
from shared.config.jwk import KeySet, parse_published_keys
from shared.config.settings import Settings
from shared.transport import TransportError

LONGEST = 64 * 1024  # bytes; the functions accept no longer JWKS

_NO_JWKS = (
    "its answer is not a JWKS of usable keys (status 200, no redirect, at most 64 KB; RS256, ES256 "
    "or EdDSA)"
)


def keys_of(report: Report, settings: Settings) -> KeySet | None:
    """The keys; None, with a finding, if the URL gives none."""
    if settings.jwt_keys is not None:
        return settings.jwt_keys
    subject, url = "VODPASS_JWT_JWKS_URL", settings.jwt_jwks_url
    bare, _, query = url.partition("?")
    try:
        answer = web.ask(web.place(bare), "GET", query=query)
        if answer.status != 200 or len(answer.body) > LONGEST:
            raise ValueError
        keys = parse_published_keys(answer.body)
    except (TransportError, ValueError) as fault:
        reason = f"it does not answer ({fault})" if isinstance(fault, TransportError) else _NO_JWKS
        report.find(
            "jwks",
            subject,
            f"The issuer's keys cannot be fetched: {reason}.",
            why="The functions need them to verify tokens, and answer 503 without them.",
            fix="Correct the URL. docs/tokens.md has those of common issuers.",
        )
        return None
    report.is_sound(subject, f"{len(keys)} keys")
    return keys
