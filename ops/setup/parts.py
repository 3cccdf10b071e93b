"""The parts of a question: a field with what it accepts, and an option with its fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.text import Text

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
DOMAIN = rf"(?=.{{1,253}}$)(?:{_LABEL}\.)+(?!-)[a-z0-9-]{{2,63}}(?<!-)"


def safe_text(most: int) -> str:
    """A pattern for printable ASCII that is the same in `.env`, in a shell and for `s`.

    It has no quotes, blanks, backslashes, braces or `$`: `s` replaces `$NAME` inside a value.
    """
    return rf"[A-Za-z0-9._~:/?#\[\]@!&()*+,;=%|-]{{1,{most}}}"


@dataclass(frozen=True)
class Field:
    """A text to ask for. `accepts` is a pattern for the whole text, `test` a further condition."""

    key: str
    ask: Text
    allowed: Text
    accepts: str
    default: str | Callable[[Mapping[str, Any]], str] | None = None
    """None: there is no default. Empty: it may be left out."""
    test: Callable[[str], bool] | None = None
    choices: tuple[str, ...] = ()
    only_if: tuple[str, str] | None = None
    """The field is asked only if the field of this key has this value."""

    def applies(self, given: Mapping[str, Any]) -> bool:
        """Whether the field is asked, given the fields before it."""
        return self.only_if is None or given.get(self.only_if[0]) == self.only_if[1]

    def default_for(self, answers: Mapping[str, Any]) -> str | None:
        """The default, which may depend on the answers before it."""
        return self.default(answers) if callable(self.default) else self.default

    def is_valid(self, text: str) -> bool:
        """Whether the text is a valid answer."""
        if self.choices:
            return text in self.choices
        found = re.fullmatch(self.accepts, text)
        return found is not None and (self.test is None or self.test(text))


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from, with the fields that it needs."""

    key: str
    label: Text
    fields: tuple[Field, ...] = ()
