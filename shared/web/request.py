"""Turns the event of an HTTP trigger into a request.

The event is that of FC 3.0 built-in runtimes (version "v1"): header names in any case, repeated
headers joined with commas, the body in base64 if its type counts as binary.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import InvalidRequest, PayloadTooLarge

MAX_EVENT = 128 * 1024  # bytes; a larger event is refused unread


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    ``headers`` by lower-case name, ``query`` decoded, ``body`` raw bytes, ``path`` as it was sent
    (it may hold a secret).
    """

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
    """The request in an HTTP trigger's event.

    Raises PayloadTooLarge for an event over MAX_EVENT bytes, without reading it, and
    InvalidRequest for anything else.
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
        raise InvalidRequest("Call this function through its HTTP trigger.") from None
    return Request(method, headers, query, body, path)


def _headers(raw: Mapping[str, Any]) -> dict[str, str]:
    """The headers by lower-case name. Raises TypeError for a value that is no text."""
    headers: dict[str, str] = {}
    for name, value in _texts(raw).items():
        key = name.lower()
        # Two spellings of one name are a repeated header, which FC joins with a comma.
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def _texts(raw: Mapping[str, Any]) -> dict[str, str]:
    """A copy of ``raw``. Raises TypeError for a value that is no text."""
    if not all(isinstance(value, str) for value in raw.values()):
        raise TypeError
    return dict(raw)
