"""JSON read strictly: each key once, no NaN or Infinity, nesting of a limited depth."""

from __future__ import annotations

import json
from typing import Any


class StrictJsonError(ValueError):
    """The text is not strict JSON. The message gives the reason and never quotes the text."""


def parse(text: str | bytes | bytearray, *, max_depth: int | None = None) -> Any:
    """The value that the text stands for. Raises StrictJsonError.

    `max_depth` counts objects and lists inside each other; None sets no limit but the parser's.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        depth = 0 if max_depth is None else _depth(value)
    except StrictJsonError:
        raise
    except (ValueError, RecursionError):
        # The parser's own message may quote the text.
        raise StrictJsonError("not well-formed JSON") from None
    if max_depth is not None and depth > max_depth:
        raise StrictJsonError(f"nested more than {max_depth} deep")
    return value


def parse_object(text: str | bytes | bytearray, *, max_depth: int | None = None) -> dict[str, Any]:
    """The object that the text stands for. Raises StrictJsonError for any other value."""
    value = parse(text, max_depth=max_depth)
    if not isinstance(value, dict):
        raise StrictJsonError("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StrictJsonError("a key occurs twice in one object")
    return members


def _no_constant(_name: str) -> Any:
    raise StrictJsonError("NaN and Infinity are not JSON")


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0
