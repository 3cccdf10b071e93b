"""Closed shapes for plain data: an unknown key, a wrong type or a wrong value is a fault.

A shape is called with the place of a value (dotted, for the message) and the value, and yields one
line for each fault. No line repeats the value, which may be a secret.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping

Shape = Callable[[str, object], Iterator[str]]


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """A mapping with all required keys, some of the optional ones, and no other."""
    known = {**required, **(optional or {})}

    def check(place: str, value: object) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: must be a mapping"
            return
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                yield f"{place}.{key}: unknown key; {hint}"
        for key in required:
            if key not in value:
                yield f"{place}.{key}: missing"
        for key, shape in known.items():
            if key in value:
                yield from shape(f"{place}.{key}", value[key])

    return check


def each(shape: Shape, *, least: int = 1, most: int | None = None) -> Shape:
    """A list of `least` to `most` different items of one shape."""

    def check(place: str, value: object) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place}: must be a list"
            return
        if len(value) < least or (most is not None and len(value) > most):
            many = f"exactly {least}" if least == most else f"{least} to {most or 'any number'}"
            yield f"{place}: must have {many} item(s), has {len(value)}"
        for index, item in enumerate(value):
            yield from shape(f"{place}.{index}", item)
            if item in value[:index]:
                yield f"{place}.{index}: repeats an earlier item"

    return check


def values(shape: Shape) -> Shape:
    """A mapping with any text keys, and values of one shape."""

    def check(place: str, value: object) -> Iterator[str]:
        if not isinstance(value, dict) or not value:
            yield f"{place}: must be a mapping that is not empty"
            return
        for key, item in value.items():
            yield from shape(f"{place}.{key}", item)

    return check


def named(shapes: Mapping[str, Shape], others: Shape) -> Shape:
    """A mapping with any text keys; some keys have their own shape."""

    def check(place: str, value: object) -> Iterator[str]:
        if not isinstance(value, dict) or not value:
            yield f"{place}: must be a mapping that is not empty"
            return
        for key, item in value.items():
            yield from shapes.get(key, others)(f"{place}.{key}", item)

    return check


def by(key: str, shapes: Mapping[str, Shape]) -> Shape:
    """A mapping whose value at `key` selects its shape."""
    kind = choice(*shapes)

    def check(place: str, value: object) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: must be a mapping"
            return
        wrong = list(kind(f"{place}.{key}", value.get(key)))
        yield from wrong or shapes[value[key]](place, value)

    return check


def choice(*allowed: object) -> Shape:
    """One of the values, with the same type: `True` is not 1."""

    def check(place: str, value: object) -> Iterator[str]:
        if not any(type(value) is type(item) and value == item for item in allowed):
            yield f"{place}: must be {' or '.join(map(str, allowed))}"

    return check


def whole(lowest: int, highest: int, *, multiple_of: int = 1) -> Shape:
    """A whole number from `lowest` to `highest`."""
    what = f"a whole number from {lowest} to {highest}"
    if multiple_of > 1:
        what += f" and a multiple of {multiple_of}"

    def check(place: str, value: object) -> Iterator[str]:
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not lowest <= value <= highest
            or value % multiple_of
        ):
            yield f"{place}: must be {what}"

    return check


def number(lowest: float, highest: float) -> Shape:
    """A number from `lowest` to `highest`."""

    def check(place: str, value: object) -> Iterator[str]:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not lowest <= value <= highest
        ):
            yield f"{place}: must be a number from {lowest} to {highest}"

    return check


def text(pattern: str, what: str) -> Shape:
    """Text that fully matches a pattern; `what` describes it in the message."""
    compiled = re.compile(pattern)

    def check(place: str, value: object) -> Iterator[str]:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield f"{place}: must be {what}"

    return check


truth = choice(True, False)

LINE = text(r"[^\n]{1,256}", "one line of 1 to 256 characters")


def anything(place: str, value: object) -> Iterator[str]:  # noqa: ARG001 - a shape's arguments
    """Accepts any value."""
    return iter(())


def either(literal: str, shape: Shape) -> Shape:
    """One fixed text, or a mapping of a shape."""

    def check(place: str, value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from shape(place, value)
        elif value != literal:
            yield f"{place}: must be {literal} or a mapping"

    return check
