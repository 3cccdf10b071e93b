"""Turns what a function returned into the HTTP response of its trigger."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from local.gateway import errors
from local.gateway.outcome import Outcome

MAX_HEADER_BYTES = 8 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024
FAILED_STATUS = 502
"""The status of a response when the function failed. The Invoke API returns 200. For HTTP triggers,
FC's pages about 2.0 say 502; those about 3.0 say nothing. In both cases a client must check
X-Fc-Error-Type."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN_IN_VALUE = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
# A function cannot set these. What FC does with a response that has them is not documented. Here
# they are dropped. (Transfer-Encoding would break the framing of the response.)
_RESERVED_HEADERS = frozenset(
    "connection content-length date keep-alive server transfer-encoding".split()
)
_NO_BODY = frozenset({204, 205, 304})


def to_response(outcome: Outcome) -> web.Response:
    """The response to the caller. Raises FcError (502 BadResponse) for an invalid result.

    Function Compute adds `Content-Disposition: attachment` on `*.fcapp.run` only. This gateway
    represents a custom domain, so it does not add it.
    """
    if outcome.error_type is not None:
        return web.Response(
            status=FAILED_STATUS,
            body=outcome.payload,
            headers={"Content-Type": "application/json", "X-Fc-Error-Type": outcome.error_type},
        )
    try:
        result = json.loads(outcome.payload)
    except (ValueError, RecursionError):
        return _inferred(outcome.payload, "text/plain; charset=utf-8")
    if not isinstance(result, dict) or "statusCode" not in result:
        return _inferred(outcome.payload, "application/json")
    status = result["statusCode"]
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise errors.bad_response("statusCode must be a number from 200 to 599")
    headers = _headers(result.get("headers"))
    body = _body(result)
    if status in _NO_BODY:
        return web.Response(status=status, headers=headers)
    return web.Response(status=status, headers=headers, body=body)


def _inferred(payload: bytes, content_type: str) -> web.Response:
    """A result that is no response object is the body of a 200. The rules are not documented."""
    if len(payload) > MAX_BODY_BYTES:
        raise errors.bad_response(f"the body exceeds {MAX_BODY_BYTES} bytes")
    return web.Response(body=payload, headers={"Content-Type": content_type})


def _headers(given: Any) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    if given is None:
        return headers
    if not isinstance(given, Mapping):
        raise errors.bad_response("headers must be an object")
    size = 0
    for name, value in given.items():
        if not _TOKEN.fullmatch(name):
            raise errors.bad_response("the name of a header is not a token")
        if not isinstance(value, str) or _FORBIDDEN_IN_VALUE.search(value):
            raise errors.bad_response("the value of a header must be a string of one line")
        if name.lower() in _RESERVED_HEADERS or name.lower().startswith("x-fc-"):
            continue
        try:
            size += len(name) + len(value.encode()) + 4
        except UnicodeEncodeError:
            raise errors.bad_response("the value of a header is not Unicode text") from None
        headers[name] = value
    if size > MAX_HEADER_BYTES:
        raise errors.bad_response(f"response headers exceed {MAX_HEADER_BYTES} bytes")
    return headers


def _body(result: Mapping[str, Any]) -> bytes:
    body = result.get("body")
    encoded = result.get("isBase64Encoded", False)
    if body is None:
        body = ""
    if not isinstance(body, str) or not isinstance(encoded, bool):
        raise errors.bad_response("body must be a string and isBase64Encoded true or false")
    try:
        data = base64.b64decode(body, validate=True) if encoded else body.encode()
    except (binascii.Error, ValueError):
        raise errors.bad_response("body is not what isBase64Encoded says") from None
    if len(data) > MAX_BODY_BYTES:
        raise errors.bad_response(f"the body exceeds {MAX_BODY_BYTES} bytes")
    return data
