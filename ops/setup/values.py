"""From answers to the values of variables. What is there stays, and missing keys are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops import callback_keys, keyring
from ops.command_line import Refused
from ops.setting_faults import is_placeholder, read_by_s
from ops.setup import issuers
from ops.setup.answers import PURPOSES
from ops.setup.answers_file import Given
from ops.setup.questions import OPTION, QUESTIONS, Question
from shared.config.uses import ALWAYS
from shared.config.variables import VARIABLES

NEVER_CHANGED = ("VODPASS_OWNER_KEYS", "VODPASS_ISSUER_ALIAS")
"""What every mark of a video holds. Another value would take the owners from all videos."""

MADE = frozenset(
    {
        "VODPASS_OWNER_KEYS",
        "VODPASS_CALLBACK_URL",
        "VODPASS_CALLBACK_KEYS",
        "VODPASS_WEBHOOK_SECRETS",
    }
)
"""What is made without a question."""

UNKNOWN_HOST = "https://address-not-known.invalid"
"""The host of a CallbackURL before the first deployment. No name ends in .invalid (RFC 6761), so a
signed callback that is sent there reaches nobody. `ops.deploy` puts the real address in its place.
"""

_ONE_OF = ("VODPASS_JWT_KEYS", "VODPASS_JWT_JWKS_URL")

Value = str | Callable[[str], str]
"""A value, or a function that makes one. It gets the present value, which may be empty."""


@dataclass
class Plan:
    """What changes in `.env`: variable -> new value. `kept` differ from the answers and stay."""

    changes: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    kept: list[str] = field(default_factory=list)


def is_set(present: Mapping[str, str], name: str) -> bool:
    """Whether a variable has a value that an operator chose."""
    return bool(present.get(name)) and not is_placeholder(present[name])


def plan(present: Mapping[str, str], given: Given, to_set: frozenset[str]) -> Plan:
    """The changes for these answers. Only variables in `to_set` lose a value that they have.

    Raises Refused.
    """
    made = Plan()
    wanted: dict[str, Value] = {}
    answers = dict(given.answers)
    if is_set(present, "VODPASS_NAME") and "VODPASS_NAME" not in to_set:
        answers["name"] = present["VODPASS_NAME"]
        wanted["VODPASS_NAME"] = given.answers.get("name", "")
    for question in QUESTIONS:
        if question.key in given.answers and not (question.key == "name" and wanted):
            found = _WANTED[question.key](answers[question.key], answers)
            every = {name: found.get(name, "") for name in question.variables} | found
            others = _kept(question, every, present, to_set)
            made.kept += others
            wanted |= {
                name: value
                for name, value in every.items()
                if not others or name in to_set or name in MADE
            }
    stays = {name: present[name] for name in wanted if is_set(present, name) and name not in to_set}
    domain = {**present, **wanted, **stays}.get("VODPASS_DOMAIN", "")
    for name, value in _keys(str(domain)).items():
        if name not in wanted or wanted[name] == "":
            wanted[name] = value
    wanted |= given.secrets
    if given.secrets.get("VODPASS_JWT_KEYS") and wanted.get("VODPASS_JWT_JWKS_URL"):
        raise Refused("secrets.jwt_keys: the issuer of these answers publishes its keys")
    wanted |= _checked_settings(given.settings)
    for name, value in wanted.items():
        _decide(made, present, name, value, to_set, by_hand=name in given.secrets)
    return made


def _kept(
    question: Question,
    wanted: Mapping[str, Value],
    present: Mapping[str, str],
    to_set: frozenset[str],
) -> list[str]:
    """The variables that stay and contradict the answer. Then none of the question is changed.

    Half of one issuer's settings and half of another's could give everyone rights that neither
    issuer gives.
    """
    return [
        name
        for name, value in wanted.items()
        if is_set(present, name)
        and name not in to_set
        and name not in MADE
        and isinstance(value, str)
        and value != present[name]
        and (value or question.key == "issuer")
    ]


def _decide(
    made: Plan,
    present: Mapping[str, str],
    name: str,
    value: Value,
    to_set: frozenset[str],
    *,
    by_hand: bool,
) -> None:
    here = present.get(name, "")
    there = is_set(present, name)
    partner = next((other for other in _ONE_OF if name in _ONE_OF and other != name), name)
    taken = there or (bool(value) and partner != name and is_set(present, partner))
    if taken and (name in NEVER_CHANGED or name not in to_set):
        if value and isinstance(value, str) and value != here:
            made.kept.append(name)
        return
    new = value if isinstance(value, str) else value(here if there else "")
    if new != here:
        made.changes[name] = new
        if not isinstance(value, str) and not by_hand:
            made.made.add(name)


def _keys(domain: str) -> dict[str, Value]:
    """The keys of every deployment, where no answer brings them."""
    base = f"https://{domain}/events" if domain else f"{UNKNOWN_HOST}/events"
    return {
        "VODPASS_OWNER_KEYS": lambda _: keyring.new_owner_keys(),
        "VODPASS_CALLBACK_URL": lambda _: callback_keys.new_url(base),
        "VODPASS_CALLBACK_KEYS": _callback_keys,
        "VODPASS_WEBHOOK_SECRETS": _webhook_secrets,
    }


def _callback_keys(here: str) -> str:
    """A new key, before the one that VOD signs with until it is told the new one."""
    new = callback_keys.new_key()
    return f"{new},{callback_keys.read_keys(here)[0]}" if here else new


def _webhook_secrets(here: str) -> str:
    """A new secret, before the one that the receivers have."""
    return keyring.new_webhook_secrets(keyring.read_webhook_secrets(here) if here else ())


def _jwt_keys(here: str) -> str:
    """A new key, before those whose tokens are still valid."""
    return keyring.new_jwt_keys(keyring.read_jwt_keys(here) if here else None)


# --- by question ------------------------------------------------------------------------------


def _issuer(answer: Any, _answers: Mapping[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = dict(issuers.settings_of(answer[OPTION], answer))
    if answer[OPTION] == "own-shared-key":
        found["VODPASS_JWT_KEYS"] = _jwt_keys
    return found


def _address(answer: Any, _answers: Mapping[str, Any]) -> dict[str, Value]:
    if answer[OPTION] != "domain":
        return {}
    return {
        "VODPASS_DOMAIN": answer["domain"],
        "VODPASS_CERTIFICATE_ID": answer["certificate_id"],
        "VODPASS_LOG_PROJECT": answer["log_project"],
    }


def _callbacks(answer: Any, answers: Mapping[str, Any]) -> dict[str, Value]:
    if answer != "queues":
        # VOD drops a callback after three tries. `watch` then finds the completed upload.
        return {"VODPASS_WATCH": "expiring,abandoned,completed"}
    name = answers.get("name") or "vodpass"
    return {
        "VODPASS_EVENT_QUEUE": f"{name}-events",
        "VODPASS_WATCH_QUEUE": f"{name}-watch",
        "VODPASS_DEAD_LETTER_QUEUE": f"{name}-dead-letters",
    }


def _sts(answer: Any, answers: Mapping[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    name = answers.get("name") or "vodpass"
    for purpose in answer[PURPOSES]:
        variable, role = _ROLES[purpose]
        found[variable] = f"acs:ram::{answer['account_id']}:role/{name}-{role}"
        if purpose == "oss-upload":
            found |= {
                "VODPASS_OSS_BUCKET": answer["bucket"],
                "VODPASS_OSS_PREFIX": answer["prefix"],
            }
    return found


_ROLES: Mapping[str, tuple[str, str]] = {
    "vod-upload": ("VODPASS_STS_UPLOAD_ROLE", "client-upload"),
    "vod-play": ("VODPASS_STS_PLAY_ROLE", "client-play"),
    "oss-upload": ("VODPASS_STS_OSS_ROLE", "client-oss"),
}

_WANTED: Mapping[str, Callable[[Any, Mapping[str, Any]], dict[str, Value]]] = {
    "name": lambda answer, _: {"VODPASS_NAME": answer},
    "region": lambda answer, _: {"VODPASS_REGION": answer},
    "issuer": _issuer,
    "issuer_alias": lambda answer, _: {"VODPASS_ISSUER_ALIAS": answer},
    "address": _address,
    "callbacks": _callbacks,
    "webhook_url": lambda answer, _: {"VODPASS_WEBHOOK_URL": answer},
    "origins": lambda answer, _: {"VODPASS_CORS_ORIGINS": ",".join(answer)},
    "sts": _sts,
    "python": lambda answer, _: {"VODPASS_PYTHON": answer},
}


def _checked_settings(settings: Mapping[str, str]) -> dict[str, str]:
    for name, value in settings.items():
        refuse_unsettable(name)
        if value and name in VARIABLES:
            try:
                VARIABLES[name].parse(value)
            except ValueError:
                raise Refused(f"settings.{name}: must be {VARIABLES[name].allowed}") from None
    return dict(settings)


def refuse_unsettable(name: str) -> None:
    """Raise Refused for a name that is no setting of a deployment."""
    if name not in VARIABLES and name not in read_by_s():
        raise Refused(f"{name}: is not a setting of vodpass")
    if name in ALWAYS:
        raise Refused(f"{name}: is for local development, never for a deployment")
