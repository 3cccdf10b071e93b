"""Checks the fields of a request one by one and names every fault.

A field that the call does not have is refused by name, so that a misspelt or forbidden field is
never silently ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.errors import FieldError, InvalidRequest

Check = Callable[[Any], Any]
"""Takes the raw value of a field and returns the checked one. Raises ValueError, whose text says
what is allowed."""

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
"""VOD parameters that cost money or move data. Only the deployment sets them, never the caller."""

VIDEO_ID = re.compile(r"[0-9a-f]{32}")
"""A VideoId. Other media ids of VOD have the same form."""


def check(
    values: Mapping[str, Any], allowed: Mapping[str, Check], required: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The checked values of the fields that were given.

    ``allowed`` maps each field of the call to its check. Raises InvalidRequest, which lists every
    unknown, missing and wrong field.
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
        # The sentence is for people, the list for programs.
        first = errors[0]
        raise InvalidRequest(f"{first.pointer.removeprefix('/')} {first.reason}.", errors)
    return result


def _pointer(name: str) -> str:
    """The JSON pointer (RFC 6901) of a field. The name is the caller's text: cut, and printable."""
    shown = name[:64].encode("ascii", "backslashreplace").decode("ascii")
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)
    return "/" + shown.replace("~", "~0").replace("/", "~1")


def _unknown(name: str) -> str:
    """Why a field that the call does not have is refused."""
    if name in SERVER_OWNED:
        return "is set by the deployment and may not be sent"
    return "is not a field of this call"


def text(
    value: Any,
    *,
    max_bytes: int | None = None,
    max_characters: int | None = None,
    line_breaks: bool = False,
) -> str:
    """The text of a field: not empty, no control characters, no lone surrogates, within limits.

    ``line_breaks`` allows line feeds and carriage returns.
    """
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if not value.strip():
        raise ValueError("must not be empty")
    if _has_control_character(re.sub(r"[\r\n]", "", value) if line_breaks else value):
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
    """Whether it has a control character, or a line or paragraph separator of Unicode."""
    return any(c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" for c in value)


def integer(value: Any, low: int, high: int, unit: str = "") -> int:
    """A JSON integer from ``low`` to ``high``. 5.0 is 5, as in JSON Schema; true is not 1."""
    suffix = f" {unit}" if unit else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"must be an integer from {low} to {high}{suffix}")
    return value


def choice(value: Any, choices: tuple[str, ...]) -> str:
    """One of ``choices``, in exactly this spelling."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return value


def video_id(value: Any) -> str:
    """A VideoId: 32 lower-case hexadecimal digits."""
    if not isinstance(value, str) or not VIDEO_ID.fullmatch(value):
        raise ValueError("must be 32 lower-case hexadecimal digits")
    return value


_DECIMAL = re.compile(r"[1-9][0-9]{0,9}")


def decimal(value: Any, low: int, high: int, unit: str = "") -> int:
    """The integer of a query parameter, in decimal digits."""
    number = int(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None
    return integer(number, low, high, unit)
