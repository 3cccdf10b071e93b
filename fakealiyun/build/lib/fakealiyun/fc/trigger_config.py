"""The configuration of triggers: JSON inside a JSON string.

This module checks what the vendor documents for each kind. The runner of the functions may support
less; it then refuses the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fakealiyun.fc import errors
from fakealiyun.fc.fields import Fields
from fakealiyun.fc.wire import parse_json

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")
SERVED = ("http", "timer", "eventbridge")
_TYPES = (*SERVED, "cdn_events", "log", "mns_topic", "oss", "tablestore")
_EVERY = re.compile(r"@every [1-9][0-9]{0,4}m", re.ASCII)
# Six fields in UTC, with or without CRON_TZ. The range of each field is not checked.
_CRON = re.compile(r"(CRON_TZ=[A-Za-z_/+-]{1,64} )?([0-9A-Za-z*/,?#-]+ ){5}[0-9A-Za-z*/,?#-]+")
_EVENTBRIDGE = (
    "asyncInvocationType",
    "eventRuleFilterPattern",
    "eventSinkConfig",
    "eventSourceConfig",
    "runOptions",
    "triggerEnable",
)


def read_kind(fields: Fields) -> str:
    """The `triggerType`. Raises ApiError, with status 501 if the fake has no source for it."""
    kind = fields.choice("triggerType", _TYPES)
    if kind not in SERVED:
        raise errors.not_faked(f"triggers of the type {kind}")
    return kind


def read_config(kind: str, text: Any) -> dict[str, Any]:
    """The configuration in the string. Raises ApiError."""
    if not isinstance(text, str):
        raise errors.invalid_argument("triggerConfig must be a string that holds JSON")
    given = parse_json(text, "triggerConfig")
    if kind == "http":
        return _http(given)
    if kind == "timer":
        return _timer(given)
    return _eventbridge(given)


def rendered(config: Mapping[str, Any]) -> str:
    """The configuration as a string, for answers of the API."""
    return json.dumps(config, ensure_ascii=False, separators=(",", ":"))


def read_methods(fields: Fields) -> list[str]:
    """The `methods`: a list of upper-case HTTP methods. Raises ApiError."""
    methods = fields.sequence("methods", len(METHODS))
    if not methods or not all(isinstance(one, str) and one in METHODS for one in methods):
        raise fields.refuse("methods", f"a list of {', '.join(METHODS)}")
    if len(set(methods)) != len(methods):
        raise fields.refuse("methods", "a list without repetitions")
    return methods


def _http(given: Mapping[str, Any]) -> dict[str, Any]:
    known = ("authType", "authConfig", "methods", "disableURLInternet", "corsConfig")
    fields = Fields(given, known, "triggerConfig")
    fields.blank("corsConfig")
    kind = fields.choice("authType", ("anonymous", "function", "jwt"))
    if kind == "jwt":
        raise errors.not_faked("triggerConfig.authType jwt")
    config = fields.get("authConfig")
    if config not in (None, "", {}):
        raise fields.refuse("authConfig", f"absent where authType is {kind}")
    return {
        "methods": read_methods(fields),
        "authType": kind,
        "disableURLInternet": fields.truth("disableURLInternet", False),
    }


def _timer(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = Fields(given, ("cronExpression", "enable", "payload"), "triggerConfig")
    allowed = "'@every Nm' or six fields of cron"
    expression = fields.text("cronExpression", allowed)
    if not _EVERY.fullmatch(expression) and not _CRON.fullmatch(expression):
        raise fields.refuse("cronExpression", allowed)
    return {
        "cronExpression": expression,
        "enable": fields.truth("enable"),
        "payload": fields.text("payload", "a string of at most 4096", longest=4096, default=""),
    }


def _eventbridge(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = Fields(given, _EVENTBRIDGE, "triggerConfig")
    for name in ("eventSinkConfig", "eventSourceConfig", "runOptions"):
        fields.mapping(name)
    if "eventSourceConfig" not in fields:
        raise fields.refuse("eventSourceConfig", "an object")
    for name in ("asyncInvocationType", "triggerEnable"):
        if name in fields:
            fields.truth(name)
    fields.text("eventRuleFilterPattern", "a string of JSON", longest=2048, default="{}")
    return {name: fields.get(name) for name in _EVENTBRIDGE if name in fields}
