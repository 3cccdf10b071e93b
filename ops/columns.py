"""Text in the columns of a terminal, where a Chinese character is two columns wide."""

from __future__ import annotations

import re
import textwrap
import unicodedata

_WORD = re.compile(r"[\x21-\x7e]+|\s+|.")
_NEVER_FIRST = "，。：；！？、）」』”’…"


def width(text: str) -> int:
    """The columns that a text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def padded(text: str, columns: int) -> str:
    """The text with blanks after it, up to a width."""
    return text + " " * max(0, columns - width(text))


def lines(text: str, columns: int) -> list[str]:
    """The text in lines of at most so many columns. Chinese may break between any two characters.

    A word that is longer than a line stays whole.
    """
    if text.isascii():
        return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)
    found = [""]
    for word in _WORD.findall(re.sub(r"\s+", " ", text)):
        line = found[-1]
        if line and width(line) + width(word) > columns and word not in _NEVER_FIRST:
            found.append("" if word == " " else word)
        elif line or word != " ":
            found[-1] = line + word
    return [line.rstrip() for line in found if line.strip()]


def fill(text: str, columns: int, *, first: str = "", then: str = "") -> str:
    """The text in lines, with what goes before the first and before each other one."""
    indent = max(width(first), width(then))
    made = lines(text, columns - indent)
    return "\n".join([*(first + one for one in made[:1]), *(then + one for one in made[1:])])
