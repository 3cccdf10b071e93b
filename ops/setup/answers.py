"""Checked answers, from a file or one by one, and the JSON Schema of that file.

An error names the question and what is allowed. It never repeats an answer, which may be a secret
in a wrong place.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.command_line import LARGEST_INPUT
from ops.setup.parts import Field, Option
from ops.setup.questions import BY_KEY, OPTION, QUESTIONS, Question
from ops.text import Text
from shared.config.variables import PREFIX

SECRETS: Mapping[str, str] = {
    "jwt_keys": "VODPASS_JWT_KEYS",
    "owner_keys": "VODPASS_OWNER_KEYS",
    "callback_keys": "VODPASS_CALLBACK_KEYS",
    "webhook_secrets": "VODPASS_WEBHOOK_SECRETS",
}
"""Secrets that an answer may bring instead of a new one: name in the file, variable."""

PURPOSES = "purposes"
"""The member of the answer to `sts` that lists the chosen options."""

_ENV_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
_REFERENCE = Text(
    'must be {"env": "NAME"}, which names the environment variable that holds it: no secret '
    "stands in this file",
    '必须是 {"env": "NAME"}，其中 NAME 是含有该值的环境变量：文件中不能写机密',
)
_MUST_BE = Text("must be {}", "必须是{}")
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


def _error(where: str, template: Text, en: str = "", zh: str = "") -> AnswerError:
    """The error with `en` or `zh` in the place that the template leaves open."""
    return AnswerError(where, template.filled(en, zh or en))


# --- one answer -------------------------------------------------------------------------------


def check_field(where: str, field: Field, given: Any) -> str:
    """The text of a field. Raises AnswerError."""
    if not isinstance(given, str) or not field.is_valid(given):
        raise _error(where, _MUST_BE, field.allowed.en, field.allowed.zh)
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
            raise _error(question.key, _MUST_BE, "a list of at most 50", "最多 50 项的列表")
        return [
            check_field(f"{question.key}[{at}]", question.field, one)
            for at, one in enumerate(given)
        ]
    if question.many:
        return _check_some(question, given, before)
    if not question.nested:
        if not isinstance(given, str) or question.option(given) is None:
            raise _error(
                question.key,
                _MUST_BE,
                f"one of {allowed_options(question)}",
                f"以下之一：{allowed_options(question)}",
            )
        return given
    if not isinstance(given, dict):
        raise _error(
            question.key,
            _MUST_BE,
            f'an object with the member "{OPTION}"',
            f"含有成员 “{OPTION}” 的对象",
        )
    kind = given.get(OPTION)
    option = question.option(kind) if isinstance(kind, str) else None
    where = f"{question.key}.{OPTION}"
    if option is None:
        raise _error(
            where,
            _MUST_BE,
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
        raise _error(
            f"{question.key}.{PURPOSES}",
            _MUST_BE,
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
                raise _error(
                    where,
                    _MUST_BE,
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
            raise _error(where, _MISSING, field.allowed.en, field.allowed.zh)
        found[field.key] = default
    known = [field.key for field in fields]
    for name in given:
        if name not in {*known, *other}:
            raise _unknown(f"{question.key}.{_name(name)}", name, known)
    return found


def _unknown(where: str, name: str, known: Iterable[str]) -> AnswerError:
    near = difflib.get_close_matches(name, list(known), n=1)
    if not near:
        return _error(where, _UNKNOWN)
    hint = _NEAR.filled(near[0], near[0])
    return _error(where, _UNKNOWN, hint.en, hint.zh)


def _name(name: str) -> str:
    """A member's name, safe to print: a name can be a secret in the wrong place."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,30}", name) else "…"


# --- the file ---------------------------------------------------------------------------------


class Given:
    """What a file of answers holds, checked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.secrets: dict[str, str] = {}
        """Variable -> the secret value that the environment holds."""
        self.settings: dict[str, str] = {}
        """Further variables and their values."""


def read(path: Path, environ: Mapping[str, str]) -> Given:
    """The answers in a file. Raises AnswerError for the first that is not accepted."""
    document = _document(path)
    given = Given()
    known = [question.key for question in QUESTIONS]
    for name in document:
        if name not in {*known, "secrets", "settings", "$schema"}:
            raise _unknown(_name(name), name, [*known, "secrets", "settings"])
    for question in QUESTIONS:
        if question.key in document:
            given.answers[question.key] = check(question, document[question.key], given.answers)
    for name, value in _members(document, "secrets"):
        where = f"secrets.{_name(name)}"
        if name not in SECRETS:
            raise _unknown(where, name, SECRETS)
        given.secrets[SECRETS[name]] = _referred(where, value, environ)
    for name, value in _members(document, "settings"):
        where = f"settings.{_name(name)}"
        if not re.fullmatch(PREFIX + r"[A-Z0-9_]{1,60}", name):
            raise _error(where, _MUST_BE, "the name of a variable", "变量名")
        if isinstance(value, dict):
            given.settings[name] = _referred(where, value, environ)
        elif isinstance(value, str):
            given.settings[name] = value
        else:
            raise _error(where, _MUST_BE, 'text or {"env": "NAME"}', '文本或 {"env": "NAME"}')
    return given


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
        return _error(question.key, _MISSING, allowed.en, allowed.zh)
    one_of = allowed_options(question)
    return _error(question.key, _MISSING, f"one of {one_of}", f"以下之一：{one_of}")


def _document(path: Path) -> dict[str, Any]:
    where = "--answers"
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_INPUT + 1)
    except OSError:
        raise _error(where, _MUST_BE, "a file that can be read", "可以读取的文件") from None
    try:
        if len(raw) > LARGEST_INPUT:
            raise ValueError
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_repeats)
        if not isinstance(document, dict):
            raise ValueError
    except AnswerError:
        raise
    except (ValueError, RecursionError):
        raise _error(
            where,
            _MUST_BE,
            f"one JSON object in UTF-8 of at most {LARGEST_INPUT} bytes",
            f"UTF-8 编码、不超过 {LARGEST_INPUT} 字节的一个 JSON 对象",
        ) from None
    return document


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _error(_name(name), Text("is there twice", "出现了两次"))
        found[name] = value
    return found


def _members(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    given = document.get(name, {})
    if not isinstance(given, dict):
        raise _error(name, _MUST_BE, "an object", "对象")
    yield from given.items()


def _referred(where: str, value: Any, environ: Mapping[str, str]) -> str:
    reference = value.get("env") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(reference, str) or not re.fullmatch(_ENV_NAME, reference):
        raise _error(where, _REFERENCE)
    found = environ.get(reference, "")
    if not found:
        raise _error(
            where,
            Text("the environment variable {} is empty", "环境变量 {} 为空"),
            reference,
        )
    return found


# --- the schema -------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON Schema of the file of answers."""
    reference = {
        "type": "object",
        "properties": {"env": {"type": "string", "pattern": f"^{_ENV_NAME}$"}},
        "required": ["env"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answers for python -m ops.setup --answers FILE",
        "type": "object",
        "properties": {
            "$schema": {"type": "string"},
            **{question.key: _schema_of(question) for question in QUESTIONS},
            "secrets": {
                "description": "Values that exist already, each by the environment variable that "
                "holds it. Without them, new ones are made.",
                "type": "object",
                "properties": dict.fromkeys(SECRETS, reference),
                "additionalProperties": False,
            },
            "settings": {
                "description": "Further variables of .env.example.",
                "type": "object",
                "propertyNames": {"pattern": f"^{PREFIX}[A-Z0-9_]{{1,60}}$"},
                "additionalProperties": {"anyOf": [{"type": "string"}, reference]},
            },
        },
        "additionalProperties": False,
    }


def _schema_of(question: Question) -> dict[str, Any]:
    about: dict[str, Any] = {"description": question.ask.en}
    if question.field is not None:
        one = _schema_of_field(question.field)
        if question.many:
            return {**about, "type": "array", "items": one, "maxItems": 50}
        return {**about, **one}
    keys = [option.key for option in question.options]
    if question.many:
        fields = fields_of(question, question.options)
        return {
            **about,
            "type": "object",
            "properties": {
                PURPOSES: {"type": "array", "items": {"enum": keys}, "uniqueItems": True},
                **{field.key: _described(field) for field in fields},
            },
            "required": [PURPOSES],
            "additionalProperties": False,
        }
    if not question.nested:
        return {**about, "enum": keys}
    return {**about, "oneOf": [_schema_of_option(option) for option in question.options]}


def _schema_of_option(option: Option) -> dict[str, Any]:
    needed = [field.key for field in option.fields if field.default is None]
    return {
        "title": option.label.en,
        "type": "object",
        "properties": {
            OPTION: {"const": option.key},
            **{field.key: _described(field) for field in option.fields},
        },
        "required": [OPTION, *needed],
        "additionalProperties": False,
    }


def _described(field: Field) -> dict[str, Any]:
    return {"description": f"{field.ask.en} {field.allowed.en}.", **_schema_of_field(field)}


def _schema_of_field(field: Field) -> dict[str, Any]:
    if field.choices:
        return {"enum": list(field.choices)}
    pattern = f"^(?:{field.accepts})$"
    if field.default == "":
        pattern = f"^(?:{field.accepts})?$"
    found: dict[str, Any] = {"type": "string", "pattern": pattern}
    if isinstance(field.default, str) and field.default:
        found["default"] = field.default
    return found


def question_of(name: str) -> Question | None:
    """The question of that key, or the one that sets the variable of that name."""
    if name in BY_KEY:
        return BY_KEY[name]
    return next((question for question in QUESTIONS if name in question.variables), None)
