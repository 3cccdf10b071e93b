"""The bundle's quick dataclasses behave as those of the standard library."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from operator import eq
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ops.bundle.shipped import light_dataclasses

PROJECT = Path(__file__).resolve().parents[3]

NAMES = ("first", "second", "third")
DESCRIPTIONS = st.fixed_dictionaries(
    {
        "default": st.sampled_from(["none", "plain", "field", "factory"]),
        "repr": st.booleans(),
        "compare": st.booleans(),
    }
)
"""What is said of one field."""
ORDINARY: dict[str, Any] = {"default": "none", "repr": True, "compare": True}
DEFAULT_LAST = st.lists(DESCRIPTIONS, max_size=3).map(
    lambda found: sorted(found, key=lambda one: one["default"] != "none")
)
"""Fields without a default stand before the others, or neither kind of class can be made."""


def made(library: Any, described: list[dict[str, Any]], *, frozen: bool) -> Any:
    """A class of up to three fields, made by `library`."""
    members: dict[str, Any] = {"__annotations__": {}, "__doc__": "", "__module__": __name__}
    for name, one in zip(NAMES, described, strict=False):
        members["__annotations__"][name] = "int"
        told: dict[str, Any] = {"repr": one["repr"], "compare": one["compare"]}
        if one["default"] == "plain":
            members[name] = 7
            continue
        if one["default"] == "field":
            told["default"] = 8
        elif one["default"] == "factory":
            told["default_factory"] = list
        members[name] = library.field(**told)
    return library.dataclass(frozen=frozen)(type("Record", (), members))


def outcome(act: Callable[[], Any]) -> Any:
    """What comes of it: the result, or the kind of error."""
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return next(kind for kind in (TypeError, AttributeError) if isinstance(error, kind))


def hashes_as_its_copy(one: Any) -> bool:
    """Whether an object's hash is that of an equal one."""
    return hash(one) == hash(type(one)(**vars(one)))


def behaviour(library: Any, cls: Any, calls: list[tuple[list[int], dict[str, int]]]) -> list[Any]:
    """What a class does with these arguments of its constructor, in a form that can be compared."""
    seen: list[Any] = []
    objects = [outcome(partial(cls, *places, **names)) for places, names in calls]
    for one in objects:
        if one is TypeError:
            seen.append(one)
            continue
        seen += [repr(one), list(vars(one).items()), one == tuple(vars(one).values())]
        # An object that has lost a field cannot be compared.
        seen += [outcome(partial(eq, one, other)) for other in objects]
        seen.append(outcome(partial(hashes_as_its_copy, one)))
        copy = outcome(partial(library.replace, one, first=5))
        seen.append(copy if copy is TypeError else dict(vars(copy)))
        seen.append(outcome(partial(setattr, one, "first", 6)))
        seen.append(outcome(partial(delattr, one, "first")))
        seen.append(dict(vars(one)))
    return seen


@given(
    described=DEFAULT_LAST,
    frozen=st.booleans(),
    calls=st.lists(
        st.tuples(
            st.lists(st.integers(0, 2), max_size=4),
            st.dictionaries(st.sampled_from([*NAMES, "self", "other"]), st.integers(0, 2)),
        ),
        min_size=1,
        max_size=3,
    ),
)
@example(described=[ORDINARY], frozen=True, calls=[([1], {"first": 1})])
@example(described=[ORDINARY | {"compare": False}], frozen=True, calls=[([1], {}), ([2], {})])
def test_a_class_behaves_as_with_the_standard_library(
    described: list[dict[str, Any]],
    frozen: bool,
    calls: list[tuple[list[int], dict[str, int]]],
) -> None:
    expected, found = (
        behaviour(library, made(library, described, frozen=frozen), calls)
        for library in (dataclasses, light_dataclasses)
    )
    assert found == expected


def shown(value: Any) -> str:
    """The value as text, without the addresses of functions that were loaded twice."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def modules() -> Iterator[ModuleType]:
    """The modules of the functions."""
    for path in sorted(PROJECT.glob("functions/*/index.py")) + sorted(
        PROJECT.glob("shared/**/*.py")
    ):
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        yield importlib.import_module(name.removesuffix(".__init__"))


def test_our_own_classes_behave_as_with_the_standard_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each module is loaded again with the light form, and its classes are compared."""
    compared = 0
    for module in modules():
        path = Path(str(module.__file__))
        source = path.read_text("utf-8")
        if "from dataclasses import" not in source:
            continue
        with monkeypatch.context() as patch:
            for name in ("dataclass", "field", "replace"):
                patch.setattr(dataclasses, name, getattr(light_dataclasses, name))
            again: dict[str, Any] = {"__name__": module.__name__, "__file__": str(path)}
            exec(compile(source, str(path), "exec"), again)  # noqa: S102 - our own module
        for name, ours in vars(module).items():
            if not dataclasses.is_dataclass(ours) or ours.__module__ != module.__name__:
                continue
            assert isinstance(ours, type)
            fields = dataclasses.fields(ours)
            values = {one.name: index for index, one in enumerate(fields)}
            needed = {
                one.name: 1
                for one in fields
                if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
            }
            for given_values in (values, needed):
                expected, found = ours(**given_values), again[name](**given_values)
                assert shown(found) == shown(expected)
                assert shown(vars(found)) == shown(vars(expected))
                assert list(again[name].__fields__) == [one.name for one in fields]
                assert (found == again[name](**given_values)) == (expected == ours(**given_values))
                refused = outcome(partial(setattr, expected, "x", 1))
                assert outcome(partial(setattr, found, "x", 1)) == refused
            compared += 1
    assert compared >= 20


@pytest.mark.parametrize("annotation", ["ClassVar[int]", "InitVar[int]"])
def test_what_is_no_field_is_refused(annotation: str) -> None:
    members: dict[str, Any] = {"__annotations__": {"limit": annotation}, "limit": 1}
    with pytest.raises(TypeError, match=r"Record\.limit would be taken for a field"):
        light_dataclasses.dataclass(type("Record", (), members))


def test_a_derived_class_is_refused() -> None:
    base = light_dataclasses.dataclass(type("Base", (), {"__annotations__": {"one": "int"}}))
    with pytest.raises(TypeError, match="Derived would have to inherit fields"):
        light_dataclasses.dataclass(type("Derived", (base,), {"__annotations__": {"two": "int"}}))
