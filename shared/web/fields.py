"""The fields of a request: read strictly, checked one by one, every fault named.

A body is one JSON object, without duplicate keys, NaN or lone surrogates. A field that is not
asked for is refused by name, so that a misspelt or forbidden one is never silently dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from shared.errors import FieldError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.web.http import Request

MAX_BODY = 16 * 1024  # bytes
MAX_DEPTH = 8

Check = Callable[[Any], Any]
"""Takes a field's raw value, gives the checked one; raises ValueError saying what is allowed."""

SERVER_OWNED = frozenset(
    {
        "AppId",
        "CateId",
        "CateIds",
        "ReferenceId",
        "StorageLocation",
        "TemplateGroupId",
        "UserData",
        "WorkflowId",
    }
)
"""Parameters of VOD that cost money or move data: the deployment's to choose, not the caller's."""

_JSON_TYPE = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object.

    Raises UnsupportedMediaType, PayloadTooLarge (over MAX_BODY bytes), or InvalidRequest.
    """
    if not _JSON_TYPE.fullmatch(request.headers.get("content-type", "").strip()):
        raise UnsupportedMediaType("Send Content-Type: application/json, in UTF-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.")
    return parse_object(request.body, MAX_BODY)


def parse_object(text: bytes, limit: int) -> dict[str, Any]:
    """JSON text of at most ``limit`` bytes as an object, strictly read.

    Raises PayloadTooLarge or InvalidRequest.
    """
    if len(text) > limit:
        raise PayloadTooLarge(limit)
    if not text.strip():
        raise InvalidRequest("The body is empty: send a JSON object.")
    try:
        value = json.loads(
            text.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
    except _Duplicate:
        raise InvalidRequest("The body has the same key twice.") from None
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not valid JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    if not _shallow(value, MAX_DEPTH):
        raise InvalidRequest(f"The body may be nested at most {MAX_DEPTH} deep.")
    return value


class _Duplicate(ValueError):
    pass


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Duplicate
    return result


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _shallow(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    if depth == 0:
        return False
    inner = value.values() if isinstance(value, dict) else value
    return all(_shallow(item, depth - 1) for item in inner)


def check(
    values: Mapping[str, Any], allowed: Mapping[str, Check], required: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Check every field at once.

    ``allowed`` maps each field to its check. Returns the checked values of the fields that were
    given. Raises InvalidRequest listing every unknown, missing and wrong field.
    """
    errors = [FieldError(_pointer(name), _unknown(name)) for name in values if name not in allowed]
    result: dict[str, Any] = {}
    for name, verify in allowed.items():
        if name not in values:
            if name in required:
                errors.append(FieldError(_pointer(name), "is required"))
            continue
        try:
            result[name] = verify(values[name])
        except ValueError as fault:
            errors.append(FieldError(_pointer(name), str(fault)))
    if errors:
        # One sentence a person can act on; the list is for programs.
        first = errors[0]
        raise InvalidRequest(f"{first.pointer.removeprefix('/')} {first.reason}.", errors)
    return result


def _pointer(name: str) -> str:
    # The name is the caller's text: escaped as RFC 6901 asks, cut, and printable.
    shown = name[:64].encode("ascii", "backslashreplace").decode("ascii")
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)
    return "/" + shown.replace("~", "~0").replace("/", "~1")


def _unknown(name: str) -> str:
    if name in SERVER_OWNED:
        return "is set by the deployment and may not be sent"
    return "is not a field of this call"


def text(value: Any, *, max_bytes: int | None = None, max_characters: int | None = None) -> str:
    """A non-empty string without control characters or lone surrogates, within the limit."""
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if not value.strip():
        raise ValueError("must not be empty")
    if _has_control_character(value):
        raise ValueError("must not hold control characters")
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode text") from None
    if max_bytes is not None and size > max_bytes:
        raise ValueError(f"must be at most {max_bytes} bytes of UTF-8")
    if max_characters is not None and len(value) > max_characters:
        raise ValueError(f"must be at most {max_characters} characters")
    return value


def _has_control_character(value: str) -> bool:
    return any(c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" for c in value)


def integer(value: Any, low: int, high: int, unit: str = "") -> int:
    """A JSON integer between ``low`` and ``high``; a boolean or 5.0 is none."""
    suffix = f" {unit}" if unit else ""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"must be an integer from {low} to {high}{suffix}")
    return value


def choice(value: Any, choices: tuple[str, ...]) -> str:
    """One of ``choices``, exactly as they are written."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return value


_VIDEO_ID = re.compile(r"[0-9a-f]{32}")


def video_id(value: Any) -> str:
    """VOD's VideoId: 32 lower-case hexadecimal digits."""
    if not isinstance(value, str) or not _VIDEO_ID.fullmatch(value):
        raise ValueError("must be 32 lower-case hexadecimal digits")
    return value


_DECIMAL = re.compile(r"[1-9][0-9]{0,9}")


def decimal(value: Any, low: int, high: int, unit: str = "") -> int:
    """A query parameter's integer, in plain decimal digits."""
    number = int(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None
    return integer(number, low, high, unit)
