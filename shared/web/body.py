"""Reads the body of a request: one strict JSON object.

Duplicate keys, NaN and deep nesting are refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.web.request import Request

MAX_BODY = 16 * 1024  # bytes
MAX_DEPTH = 8

_JSON_TYPE = re.compile(r'application/json\s*(;\s*(charset\s*=\s*"?utf-?8"?\s*)?)?', re.IGNORECASE)


def json_object(request: Request) -> dict[str, Any]:
    """The body of a request as a JSON object.

    Raises UnsupportedMediaType, PayloadTooLarge (over MAX_BODY bytes) or InvalidRequest.
    """
    if not _JSON_TYPE.fullmatch(request.headers.get("content-type", "").strip()):
        raise UnsupportedMediaType("Send Content-Type: application/json, in UTF-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.")
    return parse_object(request.body, MAX_BODY)


def parse_object(text: bytes, limit: int) -> dict[str, Any]:
    """The object in a JSON text of at most ``limit`` bytes.

    Raises PayloadTooLarge or InvalidRequest.
    """
    if len(text) > limit:
        raise PayloadTooLarge(limit)
    if not text.strip():
        raise InvalidRequest("The body is empty: send a JSON object.")
    try:
        value = json.loads(
            text.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=finite
        )
    except _Duplicate:
        raise InvalidRequest("The body has the same key twice.") from None
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not valid JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    if not shallow(value, MAX_DEPTH):
        raise InvalidRequest(f"The body may be nested at most {MAX_DEPTH} deep.")
    return value


class _Duplicate(ValueError):
    pass


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Duplicate
    return result


def finite(number: str) -> float:
    """The number in a JSON text. Raises ValueError for NaN, and for what a float cannot hold."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError
    return value


def shallow(value: Any, depth: int) -> bool:
    """Whether a JSON value is nested at most ``depth`` deep."""
    if not isinstance(value, (dict, list)):
        return True
    if depth == 0:
        return False
    inner = value.values() if isinstance(value, dict) else value
    return all(shallow(item, depth - 1) for item in inner)
