"""Builds the response object of an HTTP trigger: JSON, problem details, CORS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Refusal

_SECURITY_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PREFLIGHT_MAX_AGE = "600"  # seconds
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key"


@dataclass(frozen=True)
class Response:
    """One HTTP response. ``content`` becomes JSON; None means no body."""

    status: int
    content: Mapping[str, Any] | None = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def problem(refusal: Refusal, request_id: str) -> Response:
    """The problem details (RFC 9457) of a refusal."""
    content = {
        "type": f"urn:vodpass:problem:{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "Code": refusal.code,
        "RequestId": request_id,
        **refusal.members,
    }
    return Response(refusal.status, content, refusal.headers, "application/problem+json")


def preflight(methods: tuple[str, ...]) -> Response:
    """The answer to OPTIONS. ``render`` adds the CORS headers for an allowed origin."""
    allow = ", ".join((*methods, "OPTIONS"))
    return Response(204, None, {"Allow": allow})


def render(
    response: Response,
    *,
    origin: str | None,
    allowed_origins: frozenset[str],
    preflight_methods: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """The object that FC turns into an HTTP response.

    ``origin`` gets CORS headers if it is exactly one of ``allowed_origins``. CORS only helps
    browsers; the token decides what a caller may do. For OPTIONS, set ``preflight_methods``.
    """
    headers = {**_SECURITY_HEADERS, **response.headers}
    if response.content is not None:
        headers["Content-Type"] = response.content_type
    if allowed_origins:
        headers["Vary"] = "Origin"
    if origin is not None and origin in allowed_origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Retry-After"
        if preflight_methods is not None:
            headers["Access-Control-Allow-Methods"] = ", ".join(preflight_methods)
            headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
            headers["Access-Control-Max-Age"] = _PREFLIGHT_MAX_AGE
    # Only ASCII: a title in VOD may not be valid Unicode.
    body = "" if response.content is None else json.dumps(response.content, ensure_ascii=True)
    return {
        "statusCode": response.status,
        "headers": headers,
        "isBase64Encoded": False,
        "body": body,
    }
