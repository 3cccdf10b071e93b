"""Reads the file of answers: answers, references to secrets, and further settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.command_line import LARGEST_INPUT
from ops.setup.answers import MUST_BE, AnswerError, check, error, safe_name, unknown
from ops.setup.questions import QUESTIONS
from ops.text import Text
from shared.config.variables import PREFIX

SECRETS: Mapping[str, str] = {
    "jwt_keys": "VODPASS_JWT_KEYS",
    "owner_keys": "VODPASS_OWNER_KEYS",
    "callback_keys": "VODPASS_CALLBACK_KEYS",
    "webhook_secrets": "VODPASS_WEBHOOK_SECRETS",
}
"""Secrets that an answer may bring instead of a new one: name in the file, variable."""

ENV_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
"""A pattern for the name of an environment variable."""

_REFERENCE = Text(
    'must be {"env": "NAME"}, which names the environment variable that holds it: no secret '
    "stands in this file",
    '必须是 {"env": "NAME"}，其中 NAME 是含有该值的环境变量：文件中不能写机密',
)


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
            raise unknown(safe_name(name), name, [*known, "secrets", "settings"])
    for question in QUESTIONS:
        if question.key in document:
            given.answers[question.key] = check(question, document[question.key], given.answers)
    for name, value in _members(document, "secrets"):
        where = f"secrets.{safe_name(name)}"
        if name not in SECRETS:
            raise unknown(where, name, SECRETS)
        given.secrets[SECRETS[name]] = _referred(where, value, environ)
    for name, value in _members(document, "settings"):
        where = f"settings.{safe_name(name)}"
        if not re.fullmatch(PREFIX + r"[A-Z0-9_]{1,60}", name):
            raise error(where, MUST_BE, "the name of a variable", "变量名")
        if isinstance(value, dict):
            given.settings[name] = _referred(where, value, environ)
        elif isinstance(value, str):
            given.settings[name] = value
        else:
            raise error(where, MUST_BE, 'text or {"env": "NAME"}', '文本或 {"env": "NAME"}')
    return given


def _document(path: Path) -> dict[str, Any]:
    where = "--answers"
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_INPUT + 1)
    except OSError:
        raise error(where, MUST_BE, "a file that can be read", "可以读取的文件") from None
    try:
        if len(raw) > LARGEST_INPUT:
            raise ValueError
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_repeats)
        if not isinstance(document, dict):
            raise ValueError
    except AnswerError:
        raise
    except (ValueError, RecursionError):
        raise error(
            where,
            MUST_BE,
            f"one JSON object in UTF-8 of at most {LARGEST_INPUT} bytes",
            f"UTF-8 编码、不超过 {LARGEST_INPUT} 字节的一个 JSON 对象",
        ) from None
    return document


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise error(safe_name(name), Text("is there twice", "出现了两次"))
        found[name] = value
    return found


def _members(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    given = document.get(name, {})
    if not isinstance(given, dict):
        raise error(name, MUST_BE, "an object", "对象")
    yield from given.items()


def _referred(where: str, value: Any, environ: Mapping[str, str]) -> str:
    reference = value.get("env") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(reference, str) or not re.fullmatch(ENV_NAME, reference):
        raise error(where, _REFERENCE)
    found = environ.get(reference, "")
    if not found:
        raise error(
            where,
            Text("the environment variable {} is empty", "环境变量 {} 为空"),
            reference,
        )
    return found
