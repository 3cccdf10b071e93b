"""Asks at a terminal. A wrong answer is explained and asked for again; it is never repeated."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops.setup.answers import (
    PURPOSES,
    AnswerError,
    check,
    check_field,
    fields_of,
    missing,
)
from ops.setup.parts import Field, Option
from ops.setup.questions import OPTION, Question
from ops.text import Text

Ask = Callable[[str], str]
"""Shows a prompt and returns a line. Raises EOFError at the end of the input."""

_CHOOSE = Text("  number or name", "  编号或名称")
_SEVERAL = Text("  names", "  名称")
_YES_NO = Text("{} [Y/n]: ", "{} [Y/n]：")


class Terminal:
    """The dialogue in one language."""

    def __init__(
        self,
        language: str,
        ask: Ask,
        say: Callable[[str], None],
        ask_hidden: Ask = getpass.getpass,
    ) -> None:
        self._language = language
        self._ask = ask
        self._ask_hidden = ask_hidden
        self._say = say

    def answer(self, question: Question, number: int, of: int, before: Mapping[str, Any]) -> Any:
        """The checked answer to one question."""
        self._say(f"\n{number}/{of}  {question.ask.of(self._language)}")
        if question.field is not None:
            return self._text(question, before)
        if question.many:
            return self._some(question, before)
        return self._one(question, before)

    def setting(self, name: str, *, secret: bool) -> str:
        """The value of a variable that no question sets. A secret is not echoed."""
        prompt = f"\n{name}> "
        return (self._ask_hidden if secret else self._ask)(prompt).strip()

    def agree(self, what: str) -> bool:
        """Whether the operator says yes."""
        said = self._ask(_YES_NO.filled(what).of(self._language)).strip().lower()
        return said in ("", "y", "yes", "是")

    def _text(self, question: Question, before: Mapping[str, Any]) -> Any:
        default = question.default_for(before)
        while True:
            said = self._line("  ", "" if question.many else default)
            try:
                if question.many:
                    parts = [part.strip() for part in said.split(",") if part.strip()]
                    return check(question, parts, before)
                if not said:
                    raise missing(question)
                return check(question, said, before)
            except AnswerError as error:
                self._refuse(error)

    def _one(self, question: Question, before: Mapping[str, Any]) -> Any:
        self._list(question.options)
        default = question.default_for(before)
        while True:
            option = _chosen(question, self._line(_CHOOSE.of(self._language), default))
            if option is not None:
                break
            self._refuse(missing(question))
        if not question.nested:
            return option.key
        given = self._fields(question, [option], before)
        return check(question, {OPTION: option.key, **given}, before)

    def _some(self, question: Question, before: Mapping[str, Any]) -> Any:
        self._list(question.options)
        while True:
            said = self._line(_SEVERAL.of(self._language), "")
            names = [part.strip() for part in said.split(",") if part.strip()]
            options = [_chosen(question, name) for name in names]
            found = [option for option in options if option is not None]
            if len({option.key for option in found}) == len(options):
                break
            self._refuse(missing(question))
        given = self._fields(question, found, before)
        return check(question, {PURPOSES: [option.key for option in found], **given}, before)

    def _fields(
        self, question: Question, options: Sequence[Option], before: Mapping[str, Any]
    ) -> dict[str, str]:
        given: dict[str, str] = {}
        for field in fields_of(question, options):
            if field.applies(given):
                self._say(f"  - {field.ask.of(self._language)}")
                given[field.key] = self.field(f"{question.key}.{field.key}", field, before)
        return given

    def field(self, where: str, field: Field, before: Mapping[str, Any]) -> str:
        """The checked text of one field."""
        default = field.default_for(before)
        while True:
            said = self._line("   ", default)
            if said == "" and default == "":
                return ""
            try:
                return check_field(where, field, said)
            except AnswerError as error:
                self._refuse(error)

    def _line(self, prompt: str, default: str | None) -> str:
        shown = f" [{default}]" if default else ""
        said = self._ask(f"{prompt}{shown}> ").strip()
        return said or default or ""

    def _list(self, options: Sequence[Option]) -> None:
        width = max(len(option.key) for option in options)
        for number, option in enumerate(options, 1):
            label = option.label.of(self._language)
            self._say(f"  {number:>2}  {option.key.ljust(width)}  {label}".rstrip())

    def _refuse(self, error: AnswerError) -> None:
        self._say(f"  ! {error.of(self._language)}")


def _chosen(question: Question, said: str) -> Option | None:
    if said.isascii() and said.isdigit() and 1 <= int(said[:4]) <= len(question.options):
        return question.options[int(said[:4]) - 1]
    return question.option(said)
