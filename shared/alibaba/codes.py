"""What error codes of any Alibaba Cloud service mean, and what to say when there is no answer.

A refusal is judged by its code. An HTTP status alone has too many meanings.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import (
    Effect,
    Misconfigured,
    Refusal,
    Throttled,
    Unavailable,
    Upstream,
    UpstreamError,
    UpstreamTimeout,
)

EXPIRED = "InvalidSecurityToken.Expired"
"""The role credential has expired."""

OPERATOR_FAULTS: Mapping[str, str] = {
    "InvalidAccessKeyId": "The cloud does not accept the function's key.",
    "SignatureDoesNotMatch": "The cloud does not accept the function's signature.",
    "MissingSecurityToken": "The cloud does not accept the function's key.",
    "InvalidSecurityToken": "The cloud does not accept the function's token.",
    "InvalidTimeStamp": "The instance's clock is off.",
    "OperationDenied": "The service is not open in this account, or suspended.",
    "Forbidden": "The function's role lacks a RAM permission.",
    "NoPermission": "The function's role lacks a RAM permission.",
    "InvalidApi": "This operation is not offered in this region.",
    "InvalidAction": "This operation is not offered in this region.",
}
"""Codes of any service that only the operator can fix, with all that a caller may know. A code
also covers those that continue it after a dot."""


class Rejected(Exception):
    """The service refused with a code that neither this module nor the service's own knows.

    It is no Refusal: who made the call decides what it means. ``code``: compare it, never show it.
    """

    def __init__(self, code: str = "") -> None:
        super().__init__("the cloud refused")
        self.code = code


def rate_limit(code: str, status: int, retry_after: object) -> Throttled | None:
    """Throttled if the service refused because of a rate limit, else None.

    ``retry_after``: milliseconds, if the service said when to try again. A 5xx is a rate limit only
    by its code, whatever wait it names: else the request may have had an effect.
    """
    limited = code.startswith("Throttling") or status == 429
    if isinstance(retry_after, int) and (limited or status < 500):
        return Throttled(-(-retry_after // 1000))
    return Throttled(1) if limited else None


def common_meaning(code: str, status: int) -> Exception:
    """The exception for a code that is neither a rate limit nor one of the service's own.

    It is Rejected if nobody knows the code.
    """
    if code == "SignatureNonceUsed":
        # The SDK makes a new nonce for each request, so another attempt may pass.
        return Unavailable("The cloud has seen this request before.", effect="unknown")
    for prefix, detail in OPERATOR_FAULTS.items():
        if code == prefix or code.startswith(f"{prefix}."):
            return Misconfigured(detail)
    return server_error(status) if status >= 500 else Rejected(code)


def server_error(status: int) -> Upstream:
    """The refusal for a 5xx status whose code says nothing."""
    if status == 503:
        return Unavailable("The cloud is not available.", effect="unknown")
    return UpstreamError("The cloud failed.", effect="unknown")


def no_answer(cause: object) -> Refusal:
    """The refusal if there is no answer. ``cause``: what the transport or our own code raised."""
    from shared.transport import BrokenAnswer, DeadlinePassed, TransportError

    if isinstance(cause, Refusal):
        return cause
    if isinstance(cause, TransportError):
        effect: Effect = "unknown" if cause.sent else "none"
        if isinstance(cause, DeadlinePassed):
            return UpstreamTimeout("No answer came within the deadline.", effect=effect)
        if isinstance(cause, BrokenAnswer):
            return UpstreamError("The cloud's answer was cut short.", effect=effect)
        return Unavailable("The cloud could not be reached, or broke off.", effect=effect)
    return UpstreamError("The cloud's answer cannot be read.", effect="unknown")
