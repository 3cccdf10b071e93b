"""Reads roles from folders: one folder for each role, with its two policies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fakealiyun.ram.policy import Policy, PolicyGrammarError, parse_json

LONGEST_POLICY = 6144
"""Characters. RAM's limit for a custom policy; from memory, no page confirms it."""

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z]+)\}")
_VALUE = re.compile(r"[A-Za-z0-9._/-]+", re.ASCII)


class RoleFileError(ValueError):
    """A file of a role is missing or is not a policy. The message names the file and the reason."""


def read_role(folder: Path, values: Mapping[str, str]) -> tuple[Policy, Policy]:
    """The identity policy and the trust policy of a role, with placeholders filled.

    `values` fills placeholders such as `${AccountId}`. A value may not contain a wildcard, because
    it must not make a policy allow more than the file shows. Raises RoleFileError.
    """
    for name, value in values.items():
        if not _VALUE.fullmatch(value):
            raise RoleFileError(f"{name}: letters, digits, '.', '_', '-' and '/' are allowed")
    policy = _read(folder / "policy.json", values)
    trust = _read(folder / "trust.json", values)
    try:
        identity = Policy.parse(policy)
    except PolicyGrammarError as error:
        raise RoleFileError(f"{folder.name}/policy.json: {error}") from None
    try:
        return identity, Policy.parse_trust(trust)
    except PolicyGrammarError as error:
        raise RoleFileError(f"{folder.name}/trust.json: {error}") from None


def _read(path: Path, values: Mapping[str, str]) -> Any:
    place = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise RoleFileError(f"{place}: cannot be read ({type(error).__name__})") from None
    try:
        document = _fill(parse_json(text), values)
    except PolicyGrammarError as error:
        raise RoleFileError(f"{place}: {error}") from None
    except KeyError as error:
        raise RoleFileError(f"{place}: the placeholder {error.args[0]} has no value") from None
    if len(json.dumps(document, separators=(",", ":"), ensure_ascii=False)) > LONGEST_POLICY:
        raise RoleFileError(f"{place}: longer than {LONGEST_POLICY} characters")
    return document


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    """Fill placeholders after parsing, so that no value can change the structure of the JSON."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [_fill(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, values) for key, item in value.items()}
    return value
