"""The `Match` expression of SearchMedia: a subset of the documented search protocol.

    field = 'value'                exact; for Title, Tags, Description: contains
    field in ('a', 'b')            one of
    field = [a, b)                 a range; each end is open or closed
    x and y, (x or y)              `or` only inside parentheses

Anything else is refused. Keywords can be in upper or lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fakealiyun.openapi.errors import invalid
from fakealiyun.openapi.types import ApiError
from fakealiyun.vod.media import Media
from fakealiyun.vod.parameters import parse_time

Predicate = Callable[[Media], bool]

MAX_LENGTH = 8192  # characters
MAX_VALUES = 100  # the documented limit of VideoId in a multi-value query
_MAX_CONDITIONS = 64
_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()\[\],=])|(?P<quoted>'[^']*'|\"[^\"]*\")"
    r"|(?P<number>-?\d{1,18}(?:\.\d{1,9})?)(?![\w.])|(?P<word>[A-Za-z]\w*))"
)

_TEXT: dict[str, Callable[[Media, str], str]] = {
    "VideoId": lambda m, _: m.video_id,
    "AudioId": lambda m, _: m.video_id,
    "AppId": lambda m, _: m.app_id,
    "Status": lambda m, _: m.status,
    "ReferenceId": lambda m, _: m.reference_id or "",
    "StorageLocation": lambda _, location: location,
    "CateId": lambda m, _: "" if m.cate_id is None else str(m.cate_id),
}
_FUZZY: dict[str, Callable[[Media], str]] = {
    "Title": lambda m: m.title,
    "Tags": lambda m: m.tags,
    "Description": lambda m: m.description,
}
_RANGE: dict[str, Callable[[Media], float]] = {
    "Size": lambda m: m.size,
    "Duration": lambda m: m.duration,
    "CreationTime": lambda m: int(m.created),
    "ModificationTime": lambda m: int(m.modified),
}
_TIMES = ("CreationTime", "ModificationTime")


def parse_match(text: str, location: str) -> Predicate:
    """The expression as a function that tests one asset. Raises ApiError (InvalidParameter).

    `location` is the StorageLocation of every asset.
    """
    return _Parser(text, location).whole()


def _refusal(allowed: str) -> ApiError:
    return invalid("Match", allowed)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str

    def is_word(self, word: str) -> bool:
        return self.kind == "word" and self.text.lower() == word


_END = _Token("end", "")


class _Parser:
    def __init__(self, text: str, location: str) -> None:
        if len(text) > MAX_LENGTH:
            raise _refusal(f"at most {MAX_LENGTH} characters")
        self._location = location
        self._tokens: list[_Token] = []
        self._at = 0
        self._conditions = 0
        position = 0
        while position < len(text.rstrip()):
            found = _TOKEN.match(text, position)
            if found is None or found.lastgroup is None:
                raise _refusal("fields, quoted values, numbers, = in and or ( ) [ ] and commas")
            self._tokens.append(_Token(found.lastgroup, found.group(found.lastgroup)))
            position = found.end()

    def whole(self) -> Predicate:
        result = self._conjunction()
        if self._peek() is not _END:
            raise _refusal("conditions joined by and; or only inside parentheses")
        return result

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, mark: str) -> None:
        token = self._next()
        if token.kind != "mark" or token.text != mark:
            raise _refusal(f"a {mark} where something else stands")

    def _conjunction(self) -> Predicate:
        terms = [self._term()]
        while self._peek().is_word("and"):
            self._next()
            terms.append(self._term())
        return lambda media: all(term(media) for term in terms)

    def _term(self) -> Predicate:
        self._conditions += 1
        if self._conditions > _MAX_CONDITIONS:
            raise _refusal(f"at most {_MAX_CONDITIONS} conditions")
        if self._peek() == _Token("mark", "("):
            self._next()
            options = [self._conjunction()]
            while self._peek().is_word("or"):
                self._next()
                options.append(self._conjunction())
            self._expect(")")
            return lambda media: any(option(media) for option in options)
        return self._condition()

    def _condition(self) -> Predicate:
        field = self._next()
        if field.kind != "word":
            raise _refusal("a field name before = or in")
        operator = self._next()
        if operator.is_word("in"):
            return self._one_of(field.text, self._values())
        if operator != _Token("mark", "="):
            raise _refusal("= or in after a field name")
        if self._peek().kind == "mark":
            return self._range(field.text)
        return self._one_of(field.text, [self._value()])

    def _value(self) -> str:
        token = self._next()
        if token.kind == "quoted":
            return token.text[1:-1]
        if token.kind == "number":
            return token.text
        raise _refusal("a quoted value or a number")

    def _values(self) -> list[str]:
        self._expect("(")
        values = [self._value()]
        while self._peek() == _Token("mark", ","):
            self._next()
            values.append(self._value())
        self._expect(")")
        if len(values) > MAX_VALUES:
            raise _refusal(f"at most {MAX_VALUES} values")
        return values

    def _one_of(self, field: str, values: list[str]) -> Predicate:
        if field in _FUZZY:
            read = _FUZZY[field]
            return lambda media: any(value in read(media) for value in values)
        if field in _TEXT:
            exact, location, known = _TEXT[field], self._location, frozenset(values)
            return lambda media: exact(media, location) in known
        raise _refusal(f"one of the fields {', '.join([*_TEXT, *_FUZZY])} with = or in")

    def _range(self, field: str) -> Predicate:
        if field not in _RANGE:
            raise _refusal(f"one of the fields {', '.join(_RANGE)} with a range")
        opening = self._next().text
        low = self._bound(field)
        self._expect(",")
        high = self._bound(field)
        closing = self._next().text
        if opening not in "([" or closing not in (")", "]"):
            raise _refusal("a range in ( ) or [ ]")
        read = _RANGE[field]

        def inside(media: Media) -> bool:
            value = read(media)
            above = value >= low if opening == "[" else value > low
            below = value <= high if closing == "]" else value < high
            return above and below

        return inside

    def _bound(self, field: str) -> float:
        token = self._next()
        if field in _TIMES and token.kind == "quoted":
            seconds = parse_time(token.text[1:-1])
            if seconds is not None:
                return seconds
        elif field not in _TIMES and token.kind == "number":
            return float(token.text)
        raise _refusal("two times in quotes, or two numbers, as the ends of a range")
