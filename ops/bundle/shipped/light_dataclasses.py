"""The part of `dataclasses` that functions use, in a form that loads fast.

The original writes the methods of each class as text, compiles it, and imports inspect and ast for
that: a quarter of a cold start. This compiles nothing and imports nothing. Classes behave as with
the original. A class that derives from another of them is refused, as fields are not inherited.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost more than this file
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_NOTHING: Any = object()


class _Field:
    def __init__(self, default: Any, default_factory: Any, repr: bool, compare: bool) -> None:  # noqa: A002
        self.default = default
        self.default_factory = default_factory
        self.repr = repr
        self.compare = compare


def field(
    *,
    default: Any = _NOTHING,
    default_factory: Any = _NOTHING,
    repr: bool = True,  # noqa: A002 - as in the original
    compare: bool = True,
) -> Any:
    """As dataclasses.field()."""
    return _Field(default, default_factory, repr, compare)


def dataclass(cls: Any = None, /, *, frozen: bool = False) -> Any:
    """As dataclasses.dataclass()."""
    if cls is None:
        return lambda decorated: dataclass(decorated, frozen=frozen)
    cls.__fields__ = fields = _fields_of(cls)
    methods = {"__init__": _constructor(cls.__qualname__, fields), "__repr__": _repr, "__eq__": _eq}
    for name, method in methods.items():
        if name not in vars(cls):
            setattr(cls, name, method)
    cls.__hash__ = _hash if frozen else None
    if frozen:
        cls.__setattr__, cls.__delattr__ = _refuse_to_set, _refuse_to_delete
    return cls


def replace(record: Any, /, **changes: Any) -> Any:
    """As dataclasses.replace()."""
    values = {name: getattr(record, name) for name in record.__fields__}
    return type(record)(**{**values, **changes})


def _fields_of(cls: Any) -> dict[str, _Field]:
    """The fields of a class, by name. A default stays an attribute of the class."""
    if hasattr(cls, "__fields__"):
        raise TypeError(f"{cls.__qualname__} would have to inherit fields")
    fields = {}
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if "ClassVar" in annotation or "InitVar" in annotation:
            raise TypeError(f"{cls.__qualname__}.{name} would be taken for a field")
        given = vars(cls).get(name, _NOTHING)
        if not isinstance(given, _Field):
            given = field(default=given)
        elif given.default is _NOTHING:
            delattr(cls, name)
        else:
            setattr(cls, name, given.default)
        fields[name] = given
    return fields


def _constructor(name: str, fields: Mapping[str, _Field]) -> Callable[..., None]:
    """The `__init__` of a class: takes the fields' values in their order, or by name."""
    names = tuple(fields)

    def __init__(self: Any, /, *values: Any, **named: Any) -> None:  # noqa: N807
        given = dict(zip(names, values))  # noqa: B905 - a value too many is refused below
        if len(values) > len(names) or given.keys() & named.keys() or named.keys() - fields.keys():
            raise TypeError(f"{name} got an argument too many")
        given.update(named)
        own = self.__dict__  # a frozen class refuses to set attributes
        for one, about in fields.items():
            if one in given:
                own[one] = given[one]
            elif about.default is not _NOTHING:
                own[one] = about.default
            elif about.default_factory is not _NOTHING:
                own[one] = about.default_factory()
            else:
                raise TypeError(f"{name} needs {one}")

    return __init__


def _compared(record: Any) -> tuple[Any, ...]:
    fields = record.__fields__.items()
    return tuple(getattr(record, name) for name, one in fields if one.compare)


def _repr(self: Any) -> str:
    fields = self.__fields__.items()
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, one in fields if one.repr)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return _compared(self) == _compared(other)


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _refuse_to_set(self: Any, name: str, _value: Any) -> None:
    raise AttributeError(f"cannot assign to {name}: {type(self).__qualname__} is frozen")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise AttributeError(f"cannot delete {name}: {type(self).__qualname__} is frozen")
