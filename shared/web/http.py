"""Function Compute's HTTP trigger event in, its response object out; CORS; problem details.

Event and response are those of FC 3.0 built-in runtimes (version "v1"): header names in any
case, repeats joined with commas, the body base64 when its type counts as binary.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import InvalidRequest, PayloadTooLarge, Refusal

MAX_EVENT = 128 * 1024  # bytes; what is larger is refused unread
_SECURITY_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PREFLIGHT_MAX_AGE = "600"  # seconds
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key"


@dataclass(frozen=True)
class Request:
    """One HTTP request: ``headers`` by lower-case name, ``query`` decoded, ``body`` raw bytes,
    ``path`` as it was sent (it may hold a secret)."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    path: str = field(default="/", repr=False)

    @property
    def origin(self) -> str | None:
        """The Origin header, as sent."""
        return self.headers.get("origin")


def read_event(event: bytes | str) -> Request:
    """Turn an HTTP trigger's event into a Request.

    Raises PayloadTooLarge for an event over MAX_EVENT bytes (unread), InvalidRequest for
    anything that is not such an event.
    """
    if len(event) > MAX_EVENT:
        raise PayloadTooLarge(MAX_EVENT)
    try:
        parsed = json.loads(event)
        http = parsed["requestContext"]["http"]
        method = http["method"]
        headers = _headers(parsed.get("headers") or {})
        query = _texts(parsed.get("queryParameters") or {})
        path = parsed.get("rawPath") or "/"
        raw = parsed.get("body") or ""
        if not all(isinstance(value, str) for value in (method, path, raw)):
            raise TypeError
        if parsed.get("isBase64Encoded") is True:
            body = base64.b64decode(raw, validate=True)
        else:
            body = raw.encode("utf-8", "surrogatepass")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise InvalidRequest("This function is called through its HTTP trigger.") from None
    return Request(method, headers, query, body, path)


def _headers(raw: Mapping[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in _texts(raw).items():
        key = name.lower()
        # Two spellings of one name are a repeat, and a repeat is what FC joins with a comma.
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def _texts(raw: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in raw.values()):
        raise TypeError
    return dict(raw)


@dataclass(frozen=True)
class Response:
    """What the caller gets: ``content`` becomes JSON (None: no body)."""

    status: int
    content: Mapping[str, Any] | None = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def problem(refusal: Refusal, request_id: str) -> Response:
    """RFC 9457 problem details for a refusal."""
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
    """The answer to OPTIONS; ``render`` adds the CORS headers an allowed origin gets."""
    allow = ", ".join((*methods, "OPTIONS"))
    return Response(204, None, {"Allow": allow})


def render(
    response: Response,
    *,
    origin: str | None,
    allowed_origins: frozenset[str],
    preflight_methods: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """The object FC turns into an HTTP response.

    CORS is by exact comparison with ``allowed_origins``, and a courtesy only: the token is the
    boundary. ``preflight_methods`` is set when answering OPTIONS.
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
    # ASCII alone: what VOD holds in a title may be no valid Unicode.
    body = "" if response.content is None else json.dumps(response.content, ensure_ascii=True)
    return {
        "statusCode": response.status,
        "headers": headers,
        "isBase64Encoded": False,
        "body": body,
    }
