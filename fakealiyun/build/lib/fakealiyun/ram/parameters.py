"""Reads and checks the parameters of RAM's operations. Every function may raise ApiError."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fakealiyun import strict_json
from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.ram import errors
from fakealiyun.ram.files import LONGEST_POLICY
from fakealiyun.ram.managed import PolicyKind
from fakealiyun.ram.policy import Policy, PolicyGrammarError

Parameters = Mapping[str, str]

MOST_TAGS = 20
MOST_NAMES = 50
_ROLE_NAME = re.compile(r"[A-Za-z0-9.-]*", re.ASCII)
_POLICY_NAME = re.compile(r"[A-Za-z0-9-]*", re.ASCII)
_VERSION = re.compile(r"v[1-9][0-9]{0,9}", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,9}", re.ASCII)


def only(given: Parameters, *known: str) -> None:
    """Refuse a parameter that the operation, or the fake of it, does not have."""
    for name in given:
        if name not in known:
            raise errors.not_offered(name if re.fullmatch(r"[A-Za-z0-9.]{1,64}", name) else "?")


def required(given: Parameters, name: str) -> str:
    """The value of a parameter that must be there."""
    if not given.get(name):
        raise missing(name)
    return given[name]


def role_name(given: Parameters) -> str:
    """RoleName: 1 to 64 letters, digits, periods and hyphens."""
    return _name(given, "RoleName", _ROLE_NAME, 64)


def policy_name(given: Parameters) -> str:
    """PolicyName: 1 to 128 letters, digits and hyphens."""
    return _name(given, "PolicyName", _POLICY_NAME, 128)


def policy_kind(given: Parameters) -> PolicyKind:
    """PolicyType: System or Custom."""
    kind = required(given, "PolicyType")
    if kind == "System":
        return "System"
    if kind == "Custom":
        return "Custom"
    raise errors.incorrect("PolicyType")


def version_id(given: Parameters) -> str:
    """VersionId: `v` and a number."""
    value = required(given, "VersionId")
    if not _VERSION.fullmatch(value):
        raise errors.wrong_format("VersionId")
    return value


def description(given: Parameters, name: str = "Description") -> str:
    """A description of at most 1024 characters."""
    value = given.get(name, "")
    if len(value) > 1024:
        raise errors.too_long(name)
    return value


def policy(given: Parameters) -> Policy:
    """PolicyDocument, parsed: at most 6144 characters."""
    text = required(given, "PolicyDocument")
    if len(text) > LONGEST_POLICY:
        raise errors.too_long("PolicyDocument")
    try:
        return Policy.parse(text)
    except PolicyGrammarError as error:
        raise errors.malformed(str(error)) from None


def trust(given: Parameters, name: str = "AssumeRolePolicyDocument") -> Policy:
    """A trust policy, parsed."""
    text = required(given, name)
    if len(text) > LONGEST_POLICY:
        raise errors.too_long(name)
    try:
        return Policy.parse_trust(text)
    except PolicyGrammarError as error:
        raise errors.malformed(str(error)) from None


def integer(given: Parameters, name: str, least: int, most: int, default: int) -> int:
    """A whole number in a range."""
    text = given.get(name)
    if not text:
        return default
    if not _INTEGER.fullmatch(text) or not least <= int(text) <= most:
        raise invalid(name, f"an integer from {least} to {most}")
    return int(text)


def boolean(given: Parameters, name: str) -> bool:
    """true or false, false by default. The Python SDK sends `True`."""
    text = given.get(name, "").lower()
    if text not in ("", "true", "false"):
        raise invalid(name, "true or false")
    return text == "true"


def tags(given: Parameters) -> dict[str, str]:
    """Tag: a JSON list of at most 20 objects with Key and Value."""
    found: dict[str, str] = {}
    for one in _json_list(given, "Tag", MOST_TAGS):
        key, value = (one.get("Key"), one.get("Value", "")) if isinstance(one, dict) else (None, "")
        if not isinstance(key, str) or not 1 <= len(key) <= 128 or key in found:
            raise invalid("Tag", "keys of 1 to 128 characters, each once")
        if key.lower().startswith(("aliyun", "acs:")) or not isinstance(value, str):
            raise invalid("Tag", "keys that do not begin with aliyun or acs:, and values of text")
        if len(value) > 256:
            raise invalid("Tag", "values of at most 256 characters")
        found[key] = value
    return found


def texts(given: Parameters, name: str, most: int) -> list[str]:
    """A JSON list of texts."""
    found = _json_list(given, name, most)
    if not all(isinstance(one, str) and one for one in found):
        raise invalid(name, "a JSON list of texts")
    return found


def json_text(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json_list(given: Parameters, name: str, most: int) -> list[Any]:
    text = given.get(name)
    if not text:
        return []
    try:
        found = strict_json.parse(text)
    except strict_json.StrictJsonError:
        found = None
    if not isinstance(found, list) or len(found) > most:
        raise invalid(name, f"a JSON list of at most {most} items")
    return found


def _name(given: Parameters, name: str, allowed: re.Pattern[str], most: int) -> str:
    value = required(given, name)
    if len(value) > most:
        raise errors.too_long(name)
    if not allowed.fullmatch(value):
        raise errors.invalid_chars(name)
    return value
