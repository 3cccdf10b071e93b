"""The language that a command speaks, and how it prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ops import chinese
from ops.columns import padded
from ops.text import LANGUAGES, Text, language_of

OPTION = "--language"


class _Spoken:
    """The language of this process. One command speaks at a time."""

    language = "en"


def speak(language: str | None) -> None:
    """From now on speak this language; None means that of the locale."""
    _Spoken.language = language or language_of()


def spoken() -> str:
    """The language that is spoken: `en` or `zh`."""
    return _Spoken.language


def told(text: str | Text) -> str:
    """A text in the language that is spoken. English that has no Chinese stays English."""
    if isinstance(text, Text):
        return text.of(_Spoken.language)
    return chinese.of(text) if _Spoken.language == "zh" else text


def say(text: str | Text) -> None:
    """Print to standard error, so that standard output holds only what the command made."""
    print(told(text), file=sys.stderr)


def tell(text: str | Text) -> None:
    """Print to standard output."""
    print(told(text), flush=True)


def row(name: Text, value: str) -> str:
    """A line of a table with a name and what the account says, which may be any text."""
    return f"{padded(told(name), 12)} {told(value) if value.isprintable() else ascii(value)}"


def chosen(argv: Sequence[str]) -> tuple[str | None, list[str]]:
    """The language that the arguments name, and the other arguments.

    It may stand anywhere, also after a command. A language that does not exist stays an argument.
    """
    left: list[str] = []
    language: str | None = None
    given = iter(range(len(argv)))
    for at in given:
        name, mark, value = argv[at].partition("=")
        if name == OPTION and not mark and at + 1 < len(argv):
            value = argv[at + 1]
        if name == OPTION and value in LANGUAGES:
            language = value
            if not mark:
                next(given)
        else:
            left.append(argv[at])
    return language, left
