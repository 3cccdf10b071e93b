"""The policy of a form upload: its expiration, and the allowed values of fields."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from fakealiyun.oss.errors import OssError

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z")


@dataclass(frozen=True)
class _Condition:
    kind: str
    field: str
    value: str | tuple[str, ...]

    def holds(self, value: str) -> bool:
        if self.kind == "eq":
            return value == self.value
        if self.kind == "starts-with":
            return value.startswith(str(self.value))
        return (value in self.value) == (self.kind == "in")


@dataclass(frozen=True)
class PostPolicy:
    """A parsed policy. `expires_at` is in epoch seconds. Sizes are bytes of the file.

    A file must be in all ranges of the policy: `smallest` to `largest`. If the ranges do not
    overlap, no file is accepted.
    """

    expires_at: float
    conditions: tuple[_Condition, ...]
    smallest: int
    largest: int | None

    def check(self, fields: Mapping[str, str], now: float) -> None:
        """Check the fields of the form (by lower-case name) against the policy.

        `now` is wall time, because the signer of a form uses the clock of its machine.
        Raises OssError AccessDenied.
        """
        if now >= self.expires_at:
            raise _violated("Policy expired.")
        for condition in self.conditions:
            if not condition.holds(fields.get(condition.field, "")):
                raise _violated(
                    f'Policy Condition failed: ["{condition.kind}", "${condition.field}"]'
                )


def parse_policy(encoded: str) -> PostPolicy:
    """Read a policy from the form. Raises OssError InvalidPolicyDocument."""
    try:
        document = json.loads(base64.b64decode(encoded, validate=True))
        expires = _TIME.fullmatch(document["expiration"])
        if expires is None:
            raise _malformed("expiration must be like 2026-11-24T09:00:00.000Z.")
        conditions = document["conditions"]
        if not isinstance(conditions, list) or len(conditions) > 100:
            raise _malformed("conditions must be a list.")
        until = datetime.fromisoformat(expires[1]).replace(tzinfo=timezone.utc).timestamp()
        ranges: list[tuple[int, int]] = []
        found: list[_Condition] = []
        for item in conditions:
            if isinstance(item, list) and item[:1] == ["content-length-range"]:
                ranges.append(_size_range(item))
            else:
                found += _conditions(item)
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        raise _malformed("it is not base64 of a JSON object with expiration and conditions.") from (
            None
        )
    smallest = max((low for low, _ in ranges), default=0)
    largest = min((high for _, high in ranges), default=None)
    return PostPolicy(until, tuple(found), smallest, largest)


def _conditions(item: Any) -> list[_Condition]:
    if isinstance(item, dict):
        if not item or not all(isinstance(value, str) for value in item.values()):
            raise _malformed("a condition is not well-formed.")
        return [_Condition("eq", name.lower(), value) for name, value in item.items()]
    if not isinstance(item, list) or len(item) != 3:
        raise _malformed("a condition is not well-formed.")
    kind, field, value = item
    if not isinstance(field, str) or not field.startswith("$"):
        raise _malformed("a condition must name a field with $.")
    name = field[1:].lower()
    if kind in ("eq", "starts-with") and isinstance(value, str):
        return [_Condition(kind, name, value)]
    if (
        kind in ("in", "not-in")
        and isinstance(value, list)
        and all(isinstance(one, str) for one in value)
    ):
        return [_Condition(kind, name, tuple(value))]
    raise _malformed("a condition must be eq, starts-with, in or not-in.")


def _size_range(item: list[Any]) -> tuple[int, int]:
    if len(item) == 3 and all(type(bound) is int for bound in item[1:]):
        smallest, largest = item[1:]
        if 0 <= smallest <= largest:
            return smallest, largest
    raise _malformed("content-length-range must have two sizes in ascending order.")


def _malformed(why: str) -> OssError:
    return OssError("InvalidPolicyDocument", f"Invalid Policy: {why}")


def _violated(why: str) -> OssError:
    return OssError("AccessDenied", f"Invalid according to Policy: {why}", ec="")
