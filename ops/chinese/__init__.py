"""Chinese for texts that exist in English only: findings, refusals, faults of settings, help.

The JSON files here map an English text to its Chinese one. A value that a text is filled with is a
`{name}` in both. So the English stays where it is said, as a message of gettext does, and code that
is deployed needs no Chinese. Texts that a command says in its own words are `ops.text.Text`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("*.json"))
PLACE = re.compile(r"\{([a-z_]+)\}")
"""Where a text is filled: `{name}`."""

_NARROW = {
    "variable": r"[A-Z]+_[A-Z0-9_]+",
    "functions": r"[a-z]+(?:, [a-z]+)*",
    "seconds": r"\S+",
    "count": r"\S+",
    "function": r"\S+",
    "name": r"\S+",
}
"""What some places hold, so that a phrase of few words fits no other text. Others hold anything."""

_TIGHT = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9`])|(?<=[A-Za-z0-9`])(?=[\u4e00-\u9fff])")
"""Where a value needs a blank beside Chinese."""

_SENTENCE = re.compile(r"(?<=[.?!]) (?=[A-Z`'\"])")


@dataclass(frozen=True)
class _Phrase:
    """One text with places, ready to be found in a filled text."""

    start: str
    end: str
    pattern: str
    chinese: str

    def values_in(self, text: str) -> Mapping[str, str] | None:
        """What the places of this phrase hold in `text`; None if it is another text."""
        if not (text.startswith(self.start) and text.endswith(self.end)):
            return None
        found = _compiled(self.pattern).fullmatch(text)
        return None if found is None else found.groupdict()

    def filled(self, values: Mapping[str, str]) -> str:
        """The Chinese text with these values, which may be texts themselves."""
        filled = PLACE.sub(lambda place: of(values[place[1]]), self.chinese)
        return _TIGHT.sub(" ", filled)


def of(text: str) -> str:
    """The text in Chinese: as a whole, else line by line and sentence by sentence.

    What is not known stays as it is.
    """
    bare = text.strip()
    if bare != text:
        return text.replace(bare, of(bare), 1) if bare else text
    exact, phrases = _catalogue()
    if text in exact:
        return exact[text]
    sentences = _SENTENCE.split(text)
    known = [_known(one, exact, phrases) for one in sentences] if "\n" not in text else [None]
    if None not in known:
        return "".join(map(str, known))
    found = _known(text, exact, phrases)
    if found is not None:
        return found
    if "\n" in text:
        return "\n".join(map(of, text.split("\n")))
    if len(sentences) == 1:  # a text that became a sentence
        found = _known(text.removesuffix("."), exact, phrases)
        return text if found is None else f"{found}。"
    return "".join(
        f"{sentence} " if chinese is None else chinese
        for sentence, chinese in zip(sentences, known, strict=True)
    ).rstrip()


def _known(text: str, exact: Mapping[str, str], phrases: Iterable[_Phrase]) -> str | None:
    """One sentence, or a text that is in the catalogue as a whole; None if it is in neither way."""
    if text in exact:
        return exact[text]
    for phrase in phrases:
        values = phrase.values_in(text)
        if values is not None:
            return phrase.filled(values)
    return None


def entries() -> Iterator[tuple[str, str]]:
    """Every English text with its Chinese one."""
    for path in FILES:
        yield from json.loads(path.read_text("utf-8")).items()


@cache
def _catalogue() -> tuple[Mapping[str, str], tuple[_Phrase, ...]]:
    """The texts without places, and the others: those with the most own words first."""
    exact: dict[str, str] = {}
    phrases: list[tuple[int, _Phrase]] = []
    for english, chinese in entries():
        own = PLACE.split(english)[::2]
        if len(own) == 1:
            exact[english] = chinese
        else:
            phrases.append((sum(map(len, own)), _phrase(english, own, chinese)))
    phrases.sort(key=lambda one: -one[0])
    return exact, tuple(phrase for _, phrase in phrases)


def _phrase(english: str, own: list[str], chinese: str) -> _Phrase:
    pattern = ""
    for words, name in zip(own, PLACE.findall(english), strict=False):
        place = (
            f"(?P={name})"
            if f"(?P<{name}>" in pattern
            else f"(?P<{name}>{_NARROW.get(name, '.+?')})"
        )
        pattern += re.escape(words) + place
    return _Phrase(own[0], own[-1], pattern + re.escape(own[-1]), chinese)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)  # a value has one line
