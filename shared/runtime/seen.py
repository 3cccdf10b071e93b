"""A bounded memory of what an instance has already handled."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any


class Seen:
    """A set that forgets everything when it is full.

    Another instance, or this one after a restart, knows nothing of it. So it may only avoid
    repeats, never guarantee that there are none.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: set[Hashable] = set()

    def __contains__(self, item: Hashable) -> bool:
        return item in self._items

    def add(self, item: Hashable) -> None:
        """Remembers one item."""
        if len(self._items) >= self._limit:
            self._items.clear()
        self._items.add(item)

    def discard(self, items: Iterable[Hashable]) -> None:
        """Forgets these items."""
        self._items.difference_update(items)


class Latest:
    """The latest value of each key. Like Seen, it forgets everything when it is full."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: dict[Hashable, Any] = {}

    def get(self, key: Hashable) -> Any:
        """The latest value of ``key``; None if there is none."""
        return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Makes ``value`` the latest of ``key``."""
        if key not in self._values and len(self._values) >= self._limit:
            self._values.clear()
        self._values[key] = value
