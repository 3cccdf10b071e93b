"""Stand-ins for code that a bundle leaves out: they can be imported, but not used.

Every cold start loads this module, so it imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost more than this file
if TYPE_CHECKING:
    from typing import Any, NoReturn


class LeftOutError(RuntimeError):
    """The code used a part of a package that this bundle leaves out."""


def _refuse(name: str) -> NoReturn:
    raise LeftOutError(
        name + " is left out of this bundle: no function was known to need it when it was built"
    )


class _LeftOut(type):
    """The class of stand-in classes: they may be named and derived from, but not used."""

    def __getattr__(cls, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        _refuse(cls.__module__ + "." + cls.__qualname__)

    def __call__(cls, *_: Any, **__: Any) -> Any:
        _refuse(cls.__module__ + "." + cls.__qualname__)


def left_out(module: str, name: str) -> type:
    """A class that stands in for `module.name`."""
    return _LeftOut(name, (), {"__module__": module})


class Idle:
    """Stands in for a class that the SDK instantiates while it is loaded.

    An instance may exist, but any use of it is refused.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        _refuse(type(self).__module__ + "." + type(self).__qualname__)


class Deferred:
    """A module, or one name out of it, that is imported when it is first used."""

    def __init__(self, module: str, name: str | None = None) -> None:
        self._deferred = (module, name)

    def _resolve(self) -> Any:
        module, name = self._deferred
        # As in `from module import name`: the name may also be a module.
        found = __import__(module, fromlist=[name or "*"])
        return found if name is None else getattr(found, name)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(self._resolve(), attribute)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._resolve()(*arguments, **named)
