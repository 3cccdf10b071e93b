"""The wildcards of policies: `*` for any run of characters, `?` for exactly one."""

from __future__ import annotations

import re
from collections.abc import Callable

_Find = Callable[[str, int], int]


class Glob:
    """A pattern compiled once, matched without backtracking.

    The text between two stars is looked for from left to right, and the first place it is
    found in is kept: with `*` as the only repetition this is exact, and a hostile pattern
    of a thousand stars costs no more than one pass over the text for each of them.
    """

    __slots__ = ("_head", "_least", "_middle", "_only", "_tail", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        pieces = pattern.split("*")
        self._least = sum(map(len, pieces))
        self._only = len(pieces) == 1
        self._head = pieces[0]
        self._tail = pieces[-1]
        self._middle = [(len(piece), _finder(piece)) for piece in pieces[1:-1] if piece]

    def matches(self, text: str) -> bool:
        """Whether the pattern covers the whole text, each case as it is written."""
        if len(text) < self._least:
            return False
        if self._only:
            return len(text) == self._least and _fits(self._head, text, 0)
        end = len(text) - len(self._tail)
        if not _fits(self._head, text, 0) or not _fits(self._tail, text, end):
            return False
        at = len(self._head)
        for length, find in self._middle:
            at = find(text, at)
            if at < 0:
                return False
            at += length
        return at <= end

    def __repr__(self) -> str:
        return f"Glob({self.pattern!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and other.pattern == self.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)


def _fits(piece: str, text: str, at: int) -> bool:
    """Whether a piece without stars stands in the text at this place."""
    if "?" not in piece:
        return text.startswith(piece, at)
    return all(wanted in ("?", text[at + i]) for i, wanted in enumerate(piece))


def _finder(piece: str) -> _Find:
    if "?" not in piece:
        return lambda text, at: text.find(piece, at)
    # Of fixed length, so the engine has nothing to backtrack over.
    search = re.compile("".join("." if c == "?" else re.escape(c) for c in piece), re.DOTALL).search

    def find(text: str, at: int) -> int:
        found = search(text, at)
        return found.start() if found else -1

    return find
