"""Triggers: create, read, change, delete, list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.fc import errors
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import TRIGGER_NAME, Fields
from fakealiyun.fc.operation import Operation
from fakealiyun.fc.operations.functions import one
from fakealiyun.fc.state import MAX_TRIGGERS, Function, Trigger, moment, new_id, page, role_of
from fakealiyun.fc.triggers import read_config, read_kind, rendered
from fakealiyun.fc.wire import Answer, Call

_NAME = "1 to 128 of letters, digits, _ and -, the first a letter or _"
_PATH = "/2023-03-30/functions/{function}/triggers"
_CHANGEABLE = ("description", "invocationRole", "qualifier", "triggerConfig")


def operations(context: Context) -> list[Operation]:
    """Every operation of this module."""
    at = _Triggers(context)
    item = f"{_PATH}/{{trigger}}"

    def trigger(call: Call) -> str:
        return f"functions/{call.function}/triggers/{call.names['trigger']}"

    return [
        Operation("ListTriggers", "GET", _PATH, at.list, lambda call: f"{one(call)}/triggers/*"),
        Operation(
            "CreateTrigger",
            "POST",
            _PATH,
            at.create,
            lambda call: f"{one(call)}/triggers/{_name(call.json())}",
            writes=True,
            doubts=(
                "RAM: the resource below a function is formed after that of 2.0.",
                "oss, log, mns_topic, tablestore and cdn_events have no source here: refused.",
                "The ranges of the six fields of cron are not checked.",
            ),
        ),
        Operation("GetTrigger", "GET", item, at.get, trigger),
        Operation("UpdateTrigger", "PUT", item, at.update, trigger, writes=True),
        Operation("DeleteTrigger", "DELETE", item, at.delete, trigger, writes=True),
    ]


class _Triggers:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list(self, call: Call) -> Answer:
        """Answer a function's triggers by name, in pages."""
        function = self._account.function(call.function)
        found, more = page(function.triggers.values(), call.query)
        shown = [self._shown(function, trigger) for trigger in found]
        return Answer(body={"triggers": shown, **more})

    async def get(self, call: Call) -> Answer:
        """Answer a trigger, an HTTP trigger with its address."""
        function = self._account.function(call.function)
        trigger = self._account.trigger(call.function, call.names["trigger"])
        return Answer(body=self._shown(function, trigger))

    async def create(self, call: Call) -> Answer:
        """Give the function a trigger, which works at once."""
        function = self._account.function(call.function)
        given = call.json()
        name = _name(given)
        fields = Fields(given, (*_CHANGEABLE, "triggerName", "triggerType", "sourceArn"))
        kind = read_kind(fields)
        now = self._context.clock.now()
        trigger = Trigger(
            name=name,
            kind=kind,
            config=read_config(kind, fields.get("triggerConfig")),
            id=new_id(),
            created=now,
            modified=now,
            source_arn=fields.text("sourceArn", "an ARN", default=""),
            **_rest(fields),
        )
        if name in function.triggers:
            raise errors.already_exists("Trigger", name)
        if len(function.triggers) >= MAX_TRIGGERS:
            raise errors.invalid_argument(f"a function has at most {MAX_TRIGGERS} triggers")
        if kind == "http" and any(one.kind == "http" for one in function.triggers.values()):
            raise errors.invalid_argument("a version or alias has at most one HTTP trigger")
        await self._keep(function, trigger)
        return Answer(body=self._shown(function, trigger))

    async def update(self, call: Call) -> Answer:
        """Change configuration, description or role of a trigger."""
        function = self._account.function(call.function)
        old = self._account.trigger(call.function, call.names["trigger"])
        fields = Fields(call.json(), _CHANGEABLE)
        trigger = replace(old, modified=self._context.clock.now(), **_rest(fields, old))
        if "triggerConfig" in fields:
            config = read_config(old.kind, fields.get("triggerConfig"))
            trigger = replace(trigger, config=config)
        await self._keep(function, trigger)
        return Answer(body=self._shown(function, trigger))

    async def delete(self, call: Call) -> Answer:
        """Take a trigger away."""
        function = self._account.function(call.function)
        trigger = self._account.trigger(call.function, call.names["trigger"])
        left = {name: one for name, one in function.triggers.items() if name != trigger.name}
        await self._context.keep(replace(function, triggers=left))
        return Answer(204)

    async def _keep(self, function: Function, trigger: Trigger) -> None:
        triggers = {**function.triggers, trigger.name: trigger}
        await self._context.keep(replace(function, triggers=triggers))

    def _shown(self, function: Function, trigger: Trigger) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "triggerName": trigger.name,
            "triggerId": trigger.id,
            "triggerType": trigger.kind,
            "triggerConfig": rendered(trigger.config),
            "description": trigger.description,
            "qualifier": "LATEST",
            "sourceArn": trigger.source_arn,
            "invocationRole": trigger.invocation_role,
            "targetArn": self._account.function_arn(function.name),
            "status": "",
            "createdTime": moment(trigger.created),
            "lastModifiedTime": moment(trigger.modified),
        }
        if trigger.kind == "http":
            url = self._context.url(function.name)
            shown["httpTrigger"] = {"urlInternet": url, "urlIntranet": url}
        return shown


def _name(given: Mapping[str, Any]) -> str:
    return Fields({"triggerName": given.get("triggerName")}, ("triggerName",)).text(
        "triggerName", _NAME, pattern=TRIGGER_NAME
    )


def _rest(fields: Fields, old: Trigger | None = None) -> dict[str, Any]:
    if fields.get("qualifier") not in (None, "", "LATEST"):
        raise errors.not_faked("triggers of a version or alias")
    role = role_of(fields, "invocationRole")
    return {
        "description": fields.text(
            "description", "at most 256 characters", default=old.description if old else ""
        ),
        "invocation_role": role or (old.invocation_role if old else ""),
    }
