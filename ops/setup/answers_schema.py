"""The JSON Schema of the file of answers."""

from __future__ import annotations

from typing import Any

from ops.setup.answers import PURPOSES, fields_of
from ops.setup.answers_file import ENV_NAME, SECRETS
from ops.setup.parts import Field, Option
from ops.setup.questions import OPTION, QUESTIONS, Question
from shared.config.variables import PREFIX


def schema() -> dict[str, Any]:
    """The JSON Schema of the file of answers."""
    reference = {
        "type": "object",
        "properties": {"env": {"type": "string", "pattern": f"^{ENV_NAME}$"}},
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
