"""Reads the fields of a request and checks each one. Every method raises ApiError (400)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from fakealiyun.fc import errors

FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
QUALIFIER = "LATEST, a version or an alias"
TRIGGER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", re.ASCII)


class Fields:
    """An object in the request. `place` is its name in messages. A null counts as absent."""

    def __init__(self, given: Mapping[str, Any], known: Collection[str], place: str = "") -> None:
        self._place = f"{place}." if place else ""
        self._given = {name: item for name, item in given.items() if item is not None}
        unknown = sorted(set(self._given) - set(known))
        if unknown:
            raise errors.invalid_argument(f"{self._place}{unknown[0][:64]} is not a known field")

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def refuse(self, name: str, allowed: str) -> Exception:
        """The error for a field. `allowed` completes the sentence "must be …"."""
        return errors.invalid_argument(f"{self._place}{name} must be {allowed}")

    def get(self, name: str) -> Any:
        """The value without a check. None if it is absent."""
        return self._given.get(name)

    def text(
        self,
        name: str,
        allowed: str,
        *,
        pattern: re.Pattern[str] | None = None,
        longest: int = 256,
        default: str | None = None,
    ) -> str:
        """A string. Required unless it has a default. `allowed` completes "must be …"."""
        value = self._given.get(name, default)
        if not isinstance(value, str) or len(value) > longest or "\0" in value:
            raise self.refuse(name, allowed)
        if pattern is not None and not pattern.fullmatch(value):
            raise self.refuse(name, allowed)
        return value

    def choice(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of the allowed words. Required unless it has a default."""
        value = self._given.get(name, default)
        if not isinstance(value, str) or value not in allowed:
            raise self.refuse(name, f"one of {', '.join(sorted(allowed))}")
        return value

    def integer(
        self, name: str, low: int, high: int, *, default: int | None = None, step: int = 1
    ) -> int:
        """A whole number from `low` to `high`. Required unless it has a default."""
        value = self._given.get(name, default)
        if type(value) is not int or not low <= value <= high or value % step:
            multiple = "" if step == 1 else f", a multiple of {step}"
            raise self.refuse(name, f"a whole number from {low} to {high}{multiple}")
        return value

    def truth(self, name: str, default: bool | None = None) -> bool:
        """True or false. Required unless it has a default."""
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            raise self.refuse(name, "true or false")
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object. Empty if it is absent."""
        value = self._given.get(name, {})
        if not isinstance(value, dict):
            raise self.refuse(name, "an object")
        return value

    def sequence(self, name: str, most: int = 100) -> list[Any]:
        """A list. Empty if it is absent."""
        value = self._given.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self.refuse(name, f"a list of at most {most}")
        return value

    def blank(self, *names: str) -> None:
        """Refuse (501) fields that the fake does not support, unless their values are empty."""
        for name in names:
            if not is_blank(self._given.get(name)):
                raise errors.not_faked(f"{self._place}{name}")


def is_blank(value: Any) -> bool:
    """Whether a configuration is empty, such as `{"userId": 0, "mountPoints": []}`."""
    if isinstance(value, dict):
        return all(is_blank(item) for item in value.values())
    if isinstance(value, list):
        return not value
    return value is None or value is False or value in ("", 0, -1)
