"""What the account lacks for a deployment, before anything is sent to it. It only reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.account import Account, NotAnswered, ServiceRefused, needs
from ops.account.command import plan
from ops.account.needs import Needs, NeedsUnknown
from ops.account.plan import Thing
from ops.account.reading import Reader
from ops.deploy import certificate
from ops.deploy.certificate import State
from ops.doctor.deployment import Deployment, UnreadableDeployment, rendered
from ops.text import Text

_MADE_BY_S = "service-linked role"
"""What `s deploy` makes by itself."""


@dataclass(frozen=True)
class Lack:
    """Something that is missing or different: what, the command that corrects it, and whether a
    deployment cannot go on like this."""

    what: Text
    fix: str
    stops: bool


@dataclass(frozen=True)
class Commands:
    """What the fixes add to their commands: `--env prod`, and the file of settings."""

    options: str
    """As ` --env prod`; may be empty."""
    env_file: str
    """As ` --env-file .env.prod`; empty for the file that the commands read by themselves."""

    @property
    def account(self) -> str:
        """The command that makes what is missing."""
        return f"python -m ops.account apply{self.options}{self.env_file}"

    @property
    def deploy(self) -> str:
        """The command that deploys."""
        return f"python -m ops.deploy{self.options}{self.env_file}"

    def set(self, name: str) -> str:
        """The command that changes a setting."""
        return f"python -m ops.setup --set {name}{self.env_file}"


def lacks(
    account: Account,
    account_id: str,
    document: Mapping[str, Any],
    commands: Commands,
    *,
    callback: Sequence[str] | None,
) -> list[Lack]:
    """Everything at once. What this key may not read is left out.

    `document` is what `s preview` prints. `callback` are the queue or the address to which VOD is
    to send its callbacks, or None if they stay as they are.
    """
    try:
        deployment = rendered(json.dumps(document))
        wanted = needs.of(deployment, account_id)
    except (UnreadableDeployment, NeedsUnknown):
        return []  # a fault of the settings, which is named already
    found = [*_things(account, wanted, deployment, commands)]
    found += _certificate(account, document, commands)
    found += _of_vod(account, wanted.app_id, commands, callback)
    return found


# --- roles, queues, logs ----------------------------------------------------------------------

_MISSING = Text("{} is missing", "缺少 {}")
_DIFFERS = Text("{} is not as the deployment needs it", "{} 与部署所需的不一致")
_TAKEN = Text(
    "{} belongs to another deployment, and a queue has one reader",
    "{} 属于另一个部署，而一个队列只能有一个读取方",
)


def _things(
    account: Account, wanted: Needs, deployment: Deployment, commands: Commands
) -> Iterator[Lack]:
    if not account.offers("ram"):
        return
    for thing in plan(Reader(account, wanted.name), wanted, frozenset()):
        if thing.kind == _MADE_BY_S:
            continue
        if thing.state == "create":
            yield Lack(_MISSING.filled(thing.key), commands.account, True)
        elif thing.state == "change":
            yield Lack(_DIFFERS.filled(thing.key), commands.account, False)
        elif thing.state == "not ours":
            yield from _not_ours(thing, deployment, commands)


def _not_ours(thing: Thing, deployment: Deployment, commands: Commands) -> Iterator[Lack]:
    if thing.kind == "queue" and thing.what.startswith("it belongs to"):
        yield Lack(_TAKEN.filled(thing.key), commands.set(_variable_of(thing, deployment)), True)
        return
    adopted = thing.what.partition(" --adopt ")[2]
    if adopted:
        text = _MISSING if thing.what.startswith("missing") else _DIFFERS
        # A log store that is missing has no place to go to; all else still runs.
        stops = thing.kind == "log store"
        yield Lack(text.filled(thing.key), f"{commands.account} --adopt {_word(adopted)}", stops)


def _word(text: str) -> str:
    return f"'{text}'" if " " in text else text


def _variable_of(queue: Thing, deployment: Deployment) -> str:
    """The setting that names a queue."""
    if queue.name in deployment.queues("events"):
        return "VODPASS_EVENT_QUEUE"
    if "watch" in deployment.functions and queue.name in deployment.queues("watch"):
        return "VODPASS_WATCH_QUEUE"
    return "VODPASS_DEAD_LETTER_QUEUE"


# --- the certificate --------------------------------------------------------------------------

_CERTIFICATES: Mapping[State, Text] = {
    State.ABSENT: Text(
        "VODPASS_CERTIFICATE_ID: Certificate Management has no certificate of this number",
        "VODPASS_CERTIFICATE_ID：数字证书管理服务中没有该编号的证书",
    ),
    State.EXPIRED: Text(
        "VODPASS_CERTIFICATE_ID: the certificate has expired",
        "VODPASS_CERTIFICATE_ID：证书已过期",
    ),
    State.OTHER_NAME: Text(
        "VODPASS_CERTIFICATE_ID: the certificate is not for VODPASS_DOMAIN",
        "VODPASS_CERTIFICATE_ID：证书与 VODPASS_DOMAIN 不匹配",
    ),
}


def _certificate(
    account: Account, document: Mapping[str, Any], commands: Commands
) -> Iterator[Lack]:
    domains = {
        (str(domain.get("domainName")), str(number))
        for resource in document["resources"].values()
        if (domain := resource["props"].get("customDomain"))
        and (number := (domain.get("certConfig") or {}).get("certId"))
    }
    for name, number in sorted(domains):
        state = certificate.state_of(account, number, name)
        if state in _CERTIFICATES:
            # A rehearsal without `s` makes up a certificate.
            stops = not account.rehearsal
            yield Lack(_CERTIFICATES[state], commands.set("VODPASS_CERTIFICATE_ID"), stops)


# --- VOD --------------------------------------------------------------------------------------

_NO_APPLICATION = Text(
    "VODPASS_APP_ID: VOD has no such application", "VODPASS_APP_ID：视频点播中没有该应用"
)
_ELSEWHERE = Text(
    "VOD's callback: another system receives it now, and there is room for one",
    "视频点播的回调：目前由另一个系统接收，且只能设置一个",
)


def _of_vod(
    account: Account, app_id: str, commands: Commands, callback: Sequence[str] | None
) -> Iterator[Lack]:
    try:
        answer = account.vod("GetMessageCallback", app_id=app_id)
    except ServiceRefused as refusal:
        if refusal.code.startswith("InvalidApp"):
            yield Lack(_NO_APPLICATION, commands.set("VODPASS_APP_ID"), True)
        return
    except NotAnswered:
        return
    there = answer.body.get("MessageCallback") or {}
    now = [str(there[name]) for name in ("CallbackURL", "MnsQueueName") if there.get(name)]
    if callback is not None and now and not set(now) & set(callback):
        yield Lack(_ELSEWHERE, f"{commands.deploy} --replace-callback", False)
