"""Versions, which keep code and settings, and aliases, which lead to versions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.fc import errors
from fakealiyun.fc.compute import LATEST
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import Fields
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.operations.functions import one
from fakealiyun.fc.paging import page
from fakealiyun.fc.state import MAX_VERSIONS, Alias, Function, Version
from fakealiyun.fc.wire import FcAnswer, FcCall

_FUNCTION = "/2023-03-30/functions/{function}"
_ALIAS_NAME = re.compile(r"(?!LATEST\Z)[A-Za-z_][A-Za-z0-9_-]{0,127}", re.ASCII)
_NAME = "1 to 128 of letters, digits, _ and -, the first a letter or _, and not LATEST"
_DIRECTIONS = ("BACKWARD", "FORWARD")


def operations(context: Context) -> list[FcOperation]:
    """All operations of this module."""
    at = _Versions(context)
    versions, aliases = f"{_FUNCTION}/versions", f"{_FUNCTION}/aliases"
    version, alias = f"{versions}/{{version}}", f"{aliases}/{{alias}}"

    def the_version(call: FcCall) -> str:
        return f"{one(call)}/versions/{call.names['version']}"

    def the_alias(call: FcCall) -> str:
        return f"{one(call)}/aliases/{call.names['alias']}"

    def every_version(call: FcCall) -> str:
        return f"{one(call)}/versions/*"

    def every_alias(call: FcCall) -> str:
        return f"{one(call)}/aliases/*"

    def new_alias(call: FcCall) -> str:
        return f"{one(call)}/aliases/{_name(Fields(call.json(), _KNOWN))}"

    return [
        FcOperation(
            "PublishFunctionVersion", "POST", versions, at.publish, every_version, writes=True
        ),
        FcOperation("ListFunctionVersions", "GET", versions, at.versions, every_version),
        FcOperation(
            "DeleteFunctionVersion", "DELETE", version, at.delete_version, the_version, writes=True
        ),
        FcOperation("CreateAlias", "POST", aliases, at.create_alias, new_alias, writes=True),
        FcOperation("ListAliases", "GET", aliases, at.aliases, every_alias),
        FcOperation("GetAlias", "GET", alias, at.get_alias, the_alias),
        FcOperation("UpdateAlias", "PUT", alias, at.update_alias, the_alias, writes=True),
        FcOperation("DeleteAlias", "DELETE", alias, at.delete_alias, the_alias, writes=True),
    ]


_CHANGEABLE = ("additionalVersionWeight", "description", "versionId")
_KNOWN = (*_CHANGEABLE, "aliasName")


class _Versions:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    # --- versions

    async def publish(self, call: FcCall) -> FcAnswer:
        """Keep code and settings as they are now, under the next number."""
        function = self._account.function(call.function)
        fields = Fields(call.json(), ("description",))
        description = fields.text("description", "at most 256 characters", default="")
        if function.unchanged:
            raise errors.nothing_to_publish(function.name)
        if len(function.versions) >= MAX_VERSIONS:
            raise errors.invalid_argument(f"a function has at most {MAX_VERSIONS} versions here")
        version = Version(
            str(function.published + 1),
            description,
            function.settings,
            function.package,
            self._context.clock.now(),
        )
        changed = replace(
            function,
            versions={**function.versions, version.id: version},
            published=function.published + 1,
            unchanged=True,
        )
        await self._context.keep(changed, version.id)
        return FcAnswer(body=_shown_version(version))

    async def versions(self, call: FcCall) -> FcAnswer:
        """Return the versions in pages, the newest first unless `direction` is FORWARD."""
        function = self._account.function(call.function)
        direction = call.query.get("direction") or "BACKWARD"
        if direction not in _DIRECTIONS:
            raise errors.invalid_argument("direction must be BACKWARD or FORWARD")
        backward = direction == "BACKWARD"
        found, more = page(function.versions.values(), call.query, backward=backward)
        shown = [_shown_version(version) for version in found]
        return FcAnswer(body={"versions": shown, "direction": direction, **more})

    async def delete_version(self, call: FcCall) -> FcAnswer:
        """Delete a version that no alias leads to."""
        function = self._account.function(call.function)
        version = function.versions.get(call.names["version"])
        if version is None:
            raise errors.not_found("Version", call.names["version"][:128])
        for alias in function.aliases.values():
            if alias.version == version.id:
                raise errors.version_in_use(version.id, alias.name)
        _refuse_triggers(function, version.id)
        left = {name: kept for name, kept in function.versions.items() if name != version.id}
        changed = replace(function, versions=left)
        await self._context.drop(changed, version.id)
        if not changed.needs(version.package):
            self._context.code.discard(version.package)
        return FcAnswer(204)

    # --- aliases

    async def create_alias(self, call: FcCall) -> FcAnswer:
        """Name a version."""
        function = self._account.function(call.function)
        fields = Fields(call.json(), _KNOWN)
        name = _name(fields)
        now = self._context.clock.now()
        alias = self._changed(function, Alias(name, "", now, now), fields)
        if name in function.aliases:
            raise errors.already_exists("Alias", name)
        if len(function.aliases) >= MAX_VERSIONS:
            raise errors.invalid_argument(f"a function has at most {MAX_VERSIONS} aliases here")
        return await self._keep(function, alias)

    async def aliases(self, call: FcCall) -> FcAnswer:
        """Return the aliases, sorted by name, in pages."""
        function = self._account.function(call.function)
        found, more = page(function.aliases.values(), call.query)
        return FcAnswer(body={"aliases": [_shown_alias(alias) for alias in found], **more})

    async def get_alias(self, call: FcCall) -> FcAnswer:
        """Return an alias and the version that it leads to."""
        return FcAnswer(body=_shown_alias(self._alias(call)))

    async def update_alias(self, call: FcCall) -> FcAnswer:
        """Let an alias lead to another version, or describe it anew. Calls follow at once."""
        function = self._account.function(call.function)
        fields = Fields(call.json(), _CHANGEABLE)
        old = replace(self._alias(call), modified=self._context.clock.now())
        return await self._keep(function, self._changed(function, old, fields))

    async def delete_alias(self, call: FcCall) -> FcAnswer:
        """Delete an alias. Its version stays. A route to the alias then leads nowhere."""
        function = self._account.function(call.function)
        alias = self._alias(call)
        _refuse_triggers(function, alias.name)
        left = {name: kept for name, kept in function.aliases.items() if name != alias.name}
        await self._context.drop(replace(function, aliases=left), alias.name)
        return FcAnswer(204)

    def _alias(self, call: FcCall) -> Alias:
        found = self._account.function(call.function).aliases.get(call.names["alias"])
        if found is None:
            raise errors.not_found("Alias", call.names["alias"][:128])
        return found

    def _changed(self, function: Function, old: Alias, fields: Fields) -> Alias:
        fields.blank("additionalVersionWeight")
        version = fields.text("versionId", "the number of a version", default=old.version)
        if version not in function.versions:
            if not version or version == LATEST:
                raise fields.refuse("versionId", "the number of a version")
            raise errors.not_found("Version", version[:128])
        described = fields.text("description", "at most 256 characters", default=old.description)
        return replace(old, version=version, description=described)

    async def _keep(self, function: Function, alias: Alias) -> FcAnswer:
        changed = replace(function, aliases={**function.aliases, alias.name: alias})
        await self._context.keep(changed, alias.name)
        return FcAnswer(body=_shown_alias(alias))


def _refuse_triggers(function: Function, qualifier: str) -> None:
    if any(trigger.qualifier == qualifier for trigger in function.triggers.values()):
        raise errors.function_not_empty(function.name, f"triggers of '{qualifier}'")


def _name(fields: Fields) -> str:
    return fields.text("aliasName", _NAME, pattern=_ALIAS_NAME)


def _shown_version(version: Version) -> dict[str, Any]:
    created = utc(version.created)
    return {
        "versionId": version.id,
        "description": version.description,
        "createdTime": created,
        "lastModifiedTime": created,
    }


def _shown_alias(alias: Alias) -> dict[str, Any]:
    return {
        "aliasName": alias.name,
        "versionId": alias.version,
        "description": alias.description,
        "additionalVersionWeight": {},
        "createdTime": utc(alias.created),
        "lastModifiedTime": utc(alias.modified),
    }
