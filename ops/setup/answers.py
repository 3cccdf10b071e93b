"""Checks one answer, and fills in the defaults.

An error names the question and what is allowed. It never repeats an answer, which may be a secret
in a wrong place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ops.setup.parts import Field, Option
from ops.setup.questions import BY_KEY, OPTION, QUESTIONS, Question
from ops.text import Text

PURPOSES = "purposes"
"""The member of the answer to `sts` that lists the chosen options."""

MUST_BE = Text("must be {}", "必须是{}")
_MISSING = Text("is missing: {}", "缺失：{}")
_UNKNOWN = Text("is not a question{}", "不是一个问题{}")
_NEAR = Text(" (did you mean {}?)", "（是否应为 {}？）")


class AnswerError(Exception):
    """An answer is not accepted: `where` names the question, `text` says what is allowed."""

    def __init__(self, where: str, text: Text) -> None:
        super().__init__(f"{where}: {text.en}")
        self.where = where
        self.text = text

    def of(self, language: str) -> str:
        """The message in a language."""
        mark = "：" if language == "zh" else ": "
        return f"{self.where}{mark}{self.text.of(language)}"


def error(where: str, template: Text, en: str = "", zh: str = "") -> AnswerError:
    """The error with `en` or `zh` in the place that the template leaves open."""
    return AnswerError(where, template.filled(en, zh or en))


def check_field(where: str, field: Field, given: Any) -> str:
    """The text of a field. Raises AnswerError."""
    if not isinstance(given, str) or not field.is_valid(given):
        raise error(where, MUST_BE, field.allowed.en, field.allowed.zh)
    return given


def allowed_options(question: Question) -> str:
    """The keys of a question's options, as a list with commas."""
    return ", ".join(option.key for option in question.options)


def check(question: Question, given: Any, before: Mapping[str, Any]) -> Any:
    """The answer to a question, with the defaults of its fields filled in. Raises AnswerError.

    `before` has the answers to the questions before it.
    """
    if question.field is not None:
        if not question.many:
            return check_field(question.key, question.field, given)
        if not isinstance(given, list) or len(given) > 50:
            raise error(question.key, MUST_BE, "a list of at most 50", "最多 50 项的列表")
        return [
            check_field(f"{question.key}[{at}]", question.field, one)
            for at, one in enumerate(given)
        ]
    if question.many:
        return _check_some(question, given, before)
    if not question.nested:
        if not isinstance(given, str) or question.option(given) is None:
            raise error(
                question.key,
                MUST_BE,
                f"one of {allowed_options(question)}",
                f"以下之一：{allowed_options(question)}",
            )
        return given
    if not isinstance(given, dict):
        raise error(
            question.key,
            MUST_BE,
            f'an object with the member "{OPTION}"',
            f"含有成员 “{OPTION}” 的对象",
        )
    kind = given.get(OPTION)
    option = question.option(kind) if isinstance(kind, str) else None
    where = f"{question.key}.{OPTION}"
    if option is None:
        raise error(
            where,
            MUST_BE,
            f"one of {allowed_options(question)}",
            f"以下之一：{allowed_options(question)}",
        )
    return {OPTION: option.key, **_check_fields(question, [option], given, {OPTION}, before)}


def _check_some(question: Question, given: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    keys = given.get(PURPOSES) if isinstance(given, dict) else None
    known = {option.key for option in question.options}
    if (
        not isinstance(keys, list)
        or not all(isinstance(key, str) for key in keys)
        or not set(keys) <= known
        or len(set(keys)) < len(keys)
    ):
        raise error(
            f"{question.key}.{PURPOSES}",
            MUST_BE,
            f"a list of some of {allowed_options(question)}, none twice",
            f"以下若干项的列表，不重复：{allowed_options(question)}",
        )
    options = [option for option in question.options if option.key in keys]
    fields = _check_fields(question, options, given, {PURPOSES}, before)
    return {PURPOSES: [option.key for option in options], **fields}


def fields_of(question: Question, options: Iterable[Option]) -> list[Field]:
    """The fields to ask for these options of a question."""
    chosen = list(options)
    own = [field for option in chosen for field in option.fields]
    return [*(question.common if chosen else ()), *own]


def _check_fields(
    question: Question,
    options: Iterable[Option],
    given: Mapping[str, Any],
    other: set[str],
    before: Mapping[str, Any],
) -> dict[str, str]:
    found: dict[str, str] = {}
    fields = fields_of(question, options)
    for field in fields:
        where = f"{question.key}.{field.key}"
        if not field.applies(found):
            if field.key in given:
                name, value = field.only_if or ("", "")
                raise error(
                    where,
                    MUST_BE,
                    f"left out unless {name} is {value}",
                    f"省略，除非 {name} 为 {value}",
                )
            continue
        if field.key in given:
            blank = given[field.key] == "" and field.default_for(before) == ""
            found[field.key] = "" if blank else check_field(where, field, given[field.key])
            continue
        default = field.default_for(before)
        if default is None:
            raise error(where, _MISSING, field.allowed.en, field.allowed.zh)
        found[field.key] = default
    known = [field.key for field in fields]
    for name in given:
        if name not in {*known, *other}:
            raise unknown(f"{question.key}.{safe_name(name)}", name, known)
    return found


def unknown(where: str, name: str, known: Iterable[str]) -> AnswerError:
    """The error for a name that is none of ``known``. It names a similar one."""
    near = difflib.get_close_matches(name, list(known), n=1)
    if not near:
        return error(where, _UNKNOWN)
    hint = _NEAR.filled(near[0], near[0])
    return error(where, _UNKNOWN, hint.en, hint.zh)


def safe_name(name: str) -> str:
    """A member's name, safe to print: a name can be a secret in the wrong place."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,30}", name) else "…"


def with_defaults(answers: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The answers, with the default of each of these questions that has none.

    Raises AnswerError for a question without an answer and without a default.
    """
    found: dict[str, Any] = dict(answers)
    for question in QUESTIONS:
        if question.key in found or question.key not in set(keys):
            continue
        default = question.default_for(found)
        if question.many:
            found[question.key] = {PURPOSES: []} if question.options else []
        elif default is None:
            raise missing(question)
        elif question.nested:
            found[question.key] = check(question, {OPTION: default}, found)
        else:
            found[question.key] = check(question, default, found)
    return found


def missing(question: Question) -> AnswerError:
    """The error for a question that needs an answer."""
    if question.field is not None:
        allowed = question.field.allowed
        return error(question.key, _MISSING, allowed.en, allowed.zh)
    one_of = allowed_options(question)
    return error(question.key, _MISSING, f"one of {one_of}", f"以下之一：{one_of}")


def question_of(name: str) -> Question | None:
    """The question of that key, or the one that sets the variable of that name."""
    if name in BY_KEY:
        return BY_KEY[name]
    return next((question for question in QUESTIONS if name in question.variables), None)
