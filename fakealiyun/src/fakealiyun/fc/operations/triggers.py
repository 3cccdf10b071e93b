"""Triggers: create, read, update, delete, list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.fc import errors
from fakealiyun.fc.compute import LATEST
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import QUALIFIER, TRIGGER_NAME, Fields
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.operations.functions import one
from fakealiyun.fc.paging import page
from fakealiyun.fc.state import MAX_TRIGGERS, Function, Trigger, new_id, role_of
from fakealiyun.fc.trigger_config import read_config, read_kind, rendered
from fakealiyun.fc.wire import FcAnswer, FcCall

_NAME = "1 to 128 of letters, digits, _ and -, the first a letter or _"
_PATH = "/2023-03-30/functions/{function}/triggers"
_CHANGEABLE = ("description", "invocationRole", "qualifier", "triggerConfig")


def operations(context: Context) -> list[FcOperation]:
    """All operations of this module."""
    at = _Triggers(context)
    item = f"{_PATH}/{{trigger}}"

    def trigger(call: FcCall) -> str:
        return f"functions/{call.function}/triggers/{call.names['trigger']}"

    return [
        FcOperation("ListTriggers", "GET", _PATH, at.list, lambda call: f"{one(call)}/triggers/*"),
        FcOperation(
            "CreateTrigger",
            "POST",
            _PATH,
            at.create,
            lambda call: f"{one(call)}/triggers/{_name(call.json())}",
            writes=True,
        ),
        FcOperation("GetTrigger", "GET", item, at.get, trigger),
        FcOperation("UpdateTrigger", "PUT", item, at.update, trigger, writes=True),
        FcOperation("DeleteTrigger", "DELETE", item, at.delete, trigger, writes=True),
    ]


class _Triggers:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list(self, call: FcCall) -> FcAnswer:
        """Return the triggers of a function, sorted by name, in pages."""
        function = self._account.function(call.function)
        found, more = page(function.triggers.values(), call.query)
        shown = [self._shown(function, trigger) for trigger in found]
        return FcAnswer(body={"triggers": shown, **more})

    async def get(self, call: FcCall) -> FcAnswer:
        """Return a trigger. An HTTP trigger has its URL."""
        function = self._account.function(call.function)
        trigger = self._account.trigger(call.function, call.names["trigger"])
        return FcAnswer(body=self._shown(function, trigger))

    async def create(self, call: FcCall) -> FcAnswer:
        """Add a trigger to a function. It works at once."""
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
        self._check_alone(function, trigger)
        await self._keep(function, trigger)
        return FcAnswer(body=self._shown(function, trigger))

    async def update(self, call: FcCall) -> FcAnswer:
        """Change the configuration, description or role of a trigger."""
        function = self._account.function(call.function)
        old = self._account.trigger(call.function, call.names["trigger"])
        fields = Fields(call.json(), _CHANGEABLE)
        trigger = replace(old, modified=self._context.clock.now(), **_rest(fields, old))
        if "triggerConfig" in fields:
            config = read_config(old.kind, fields.get("triggerConfig"))
            trigger = replace(trigger, config=config)
        self._check_alone(function, trigger)
        await self._keep(function, trigger, old.qualifier)
        return FcAnswer(body=self._shown(function, trigger))

    async def delete(self, call: FcCall) -> FcAnswer:
        """Delete a trigger."""
        function = self._account.function(call.function)
        trigger = self._account.trigger(call.function, call.names["trigger"])
        left = {name: one for name, one in function.triggers.items() if name != trigger.name}
        await self._context.keep(replace(function, triggers=left), trigger.qualifier)
        return FcAnswer(204)

    def _check_alone(self, function: Function, trigger: Trigger) -> None:
        """Refuse a qualifier that does not exist, or that has an HTTP trigger already."""
        function.version(trigger.qualifier)
        others = [one for one in function.triggers.values() if one.name != trigger.name]
        if trigger.kind == "http" and any(
            one.kind == "http" and one.qualifier == trigger.qualifier for one in others
        ):
            raise errors.invalid_argument("a version or alias has at most one HTTP trigger")

    async def _keep(self, function: Function, trigger: Trigger, before: str = "") -> None:
        changed = replace(function, triggers={**function.triggers, trigger.name: trigger})
        await self._context.keep(changed, trigger.qualifier)
        if before and before != trigger.qualifier:
            await self._context.keep(changed, before)

    def _shown(self, function: Function, trigger: Trigger) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "triggerName": trigger.name,
            "triggerId": trigger.id,
            "triggerType": trigger.kind,
            "triggerConfig": rendered(trigger.config),
            "description": trigger.description,
            "qualifier": trigger.qualifier,
            "sourceArn": trigger.source_arn,
            "invocationRole": trigger.invocation_role,
            "targetArn": self._account.function_arn(function.name),
            "status": "",
            "createdTime": utc(trigger.created),
            "lastModifiedTime": utc(trigger.modified),
        }
        if trigger.kind == "http":
            url = self._context.url(function.name, trigger.qualifier)
            shown["httpTrigger"] = {"urlInternet": url, "urlIntranet": url}
        return shown


def _name(given: Mapping[str, Any]) -> str:
    return Fields({"triggerName": given.get("triggerName")}, ("triggerName",)).text(
        "triggerName", _NAME, pattern=TRIGGER_NAME
    )


def _rest(fields: Fields, old: Trigger | None = None) -> dict[str, Any]:
    qualifier = fields.text("qualifier", QUALIFIER, longest=128, default="")
    role = role_of(fields, "invocationRole")
    return {
        "description": fields.text(
            "description", "at most 256 characters", default=old.description if old else ""
        ),
        "invocation_role": role or (old.invocation_role if old else ""),
        "qualifier": qualifier or (old.qualifier if old else LATEST),
    }
