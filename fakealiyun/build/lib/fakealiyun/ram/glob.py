"""The wildcards of policies: `*` stands for any run of characters, `?` for exactly one."""

from __future__ import annotations

import fnmatch
import re


class Glob:
    """A compiled pattern. `[` has no special meaning, and case counts.

    `fnmatch.translate` writes an expression that does not backtrack past a `*`. So a hostile
    pattern with a thousand stars costs no more than one pass over the text for each star.
    """

    __slots__ = ("_regex", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._regex = re.compile(fnmatch.translate(pattern.replace("[", "[[]")))

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text."""
        return self._regex.match(text) is not None

    def __repr__(self) -> str:
        return f"Glob({self.pattern!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and other.pattern == self.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)
