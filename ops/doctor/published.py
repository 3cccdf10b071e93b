"""The keys that verify callers' tokens, from the settings or from the issuer's URL."""

from __future__ import annotations

from ops.doctor import web
from ops.doctor.report import Report
from shared.config.jwk import KeySet, parse_published_keys
from shared.config.settings import Settings
from shared.transport import TransportError

LONGEST = 64 * 1024  # bytes that the functions read of it

_NO_JWKS = (
    "what it answers is no JWKS of usable keys (status 200, no redirect, at most 64 KB; RS256, "
    "ES256 or EdDSA)"
)


def keys_of(report: Report, settings: Settings) -> KeySet | None:
    """The keys; None where the URL does not have any, which is a finding."""
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
            f"The issuer's keys cannot be had: {reason}.",
            why="The functions verify tokens with them, and answer 503 without.",
            mend="Correct the URL: docs/tokens.md has those of the usual issuers.",
        )
        return None
    report.is_sound(subject, f"{len(keys)} keys")
    return keys
