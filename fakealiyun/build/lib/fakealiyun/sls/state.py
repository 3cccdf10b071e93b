"""The projects of the account, their stores, and the lines in them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fakealiyun.clock import Clock

MOST_LINES = 100_000
"""The lines that a store keeps. The real one keeps all, for `ttl` days."""

_PROJECT = re.compile(r"(?!-)[a-z0-9-]{3,63}(?<!-)", re.ASCII)
_STORE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])", re.ASCII)


@dataclass(frozen=True)
class Line:
    """One log entry. `time` is what the writer says, in epoch seconds."""

    time: int
    contents: Mapping[str, str] = field(repr=False)
    topic: str = ""
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass
class Store:
    """A log store. `settings` are those of its last CreateLogStore or UpdateLogStore."""

    name: str
    settings: dict[str, Any]
    created: int
    modified: int
    index: dict[str, Any] | None = None
    index_modified: int = 0
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_LINES), repr=False)


@dataclass
class Project:
    """A project with its stores by name."""

    name: str
    description: str
    created: int
    modified: int
    tags: dict[str, str] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)


class Logs:
    """Every project of the account in one region."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.projects: dict[str, Project] = {}

    @property
    def now(self) -> int:
        """Cloud time in whole epoch seconds."""
        return int(self._clock.now())

    def create_project(self, name: str, description: str = "") -> Project:
        """A new project. Raises ValueError for a name that is not allowed or is taken."""
        if not is_project_name(name):
            raise ValueError("a project has 3 to 63 lower-case letters, digits and hyphens")
        if name in self.projects:
            raise ValueError("the project exists")
        self.projects[name] = Project(name, description, self.now, self.now)
        return self.projects[name]

    def create_store(self, project: str, name: str, **settings: Any) -> Store:
        """A new store. Raises KeyError for an absent project, and ValueError as above."""
        if not is_store_name(name):
            raise ValueError("a store has 2 to 63 lower-case letters, digits, hyphens and _")
        stores = self.projects[project].stores
        if name in stores:
            raise ValueError("the store exists")
        stores[name] = Store(name, dict(settings), self.now, self.now)
        return stores[name]

    def write(self, project: str, store: str, contents: Mapping[str, str], topic: str = "") -> bool:
        """Keep a line as another service writes it. False if there is no such store."""
        found = self.projects.get(project)
        if found is None or store not in found.stores:
            return False
        found.stores[store].lines.append(Line(self.now, contents, topic))
        return True

    def reset(self) -> None:
        """Delete every project."""
        self.projects.clear()


def is_project_name(name: str) -> bool:
    """Whether a project may have this name."""
    return _PROJECT.fullmatch(name) is not None


def is_store_name(name: str) -> bool:
    """Whether a store may have this name."""
    return _STORE.fullmatch(name) is not None
