"""Functions: create, read, update, delete, list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.fc import errors
from fakealiyun.fc.code import CodeInput, Package, read_code
from fakealiyun.fc.compute import LATEST
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import FUNCTION_NAME, Fields
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.paging import page
from fakealiyun.fc.settings import read_settings
from fakealiyun.fc.state import MAX_FUNCTIONS, Function, new_id, qualifier_of
from fakealiyun.fc.wire import FcAnswer, FcCall

_NAME = "1 to 64 of letters, digits, _ and -, the first a letter or _"
_PATH = "/2023-03-30/functions"


def one(call: FcCall) -> str:
    """The RAM resource of the function in the path."""
    return f"functions/{call.function}"


def operations(context: Context) -> list[FcOperation]:
    """All operations of this module."""
    at = _Functions(context)
    item = f"{_PATH}/{{function}}"
    return [
        FcOperation("ListFunctions", "GET", _PATH, at.list, lambda _call: "functions/*"),
        FcOperation(
            "CreateFunction",
            "POST",
            _PATH,
            at.create,
            lambda call: f"functions/{_name(call.json())}",
            writes=True,
        ),
        FcOperation("GetFunction", "GET", item, at.get, one),
        FcOperation("UpdateFunction", "PUT", item, at.update, one, writes=True),
        FcOperation(
            "DeleteFunction",
            "DELETE",
            item,
            at.delete,
            one,
            writes=True,
        ),
    ]


class _Functions:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list(self, call: FcCall) -> FcAnswer:
        """Return the functions, sorted by name, in pages."""
        for name in ("description", "functionName", "gpuType", "resourceGroupId", "tags"):
            if call.query.get(name):
                raise errors.not_faked(f"ListFunctions with {name}")
        version = call.query.get("fcVersion") or "v3"
        if version not in ("v2", "v3"):
            raise errors.invalid_argument("fcVersion must be v2 or v3")
        runtime = call.query.get("runtime")
        functions = [
            function
            for function in self._account.functions.values()
            if version == "v3" and runtime in (None, "", function.settings["runtime"])
        ]
        found, more = page(functions, call.query)
        return FcAnswer(body={"functions": [self._shown(function) for function in found], **more})

    async def get(self, call: FcCall) -> FcAnswer:
        """Return the settings of a function or of a version, with its environment variables."""
        function = self._account.function(call.function)
        return FcAnswer(body=self._shown(function, qualifier_of(call.query)))

    async def create(self, call: FcCall) -> FcAnswer:
        """Unpack the code and start to serve the function."""
        given = call.json()
        name = _name(given)
        settings = read_settings(_settings_in(given, "functionName"))
        code = self._code(call, given)
        if code is None:
            raise errors.invalid_argument("code must be an object")
        self._check_role(call, settings)
        if name in self._account.functions:
            raise errors.already_exists("Function", name)
        if len(self._account.functions) >= MAX_FUNCTIONS:
            raise errors.invalid_argument(f"there are {MAX_FUNCTIONS} functions already")
        now = self._context.clock.now()
        package = await self._context.code.take(code)
        function = Function(name, new_id(), settings, package, _without_bytes(code), now, now)
        await self._keep(function, package)
        return FcAnswer(body=self._shown(function))

    async def update(self, call: FcCall) -> FcAnswer:
        """Change the given settings, and the code if it is given."""
        old = self._account.function(call.function)
        given = call.json()
        changes = _settings_in(given)
        settings = read_settings({**old.settings, **changes})
        code = self._code(call, given)
        if settings["role"] != old.settings["role"]:
            self._check_role(call, settings)
        now = self._context.clock.now()
        if code is None:
            same = old.unchanged and settings == old.settings
            function = replace(old, settings=settings, modified=now, unchanged=same)
            await self._context.keep(function)
            return FcAnswer(body=self._shown(function))
        package = await self._context.code.take(code)
        same = old.unchanged and settings == old.settings
        function = replace(
            old,
            settings=settings,
            package=package,
            code=_without_bytes(code),
            modified=now,
            unchanged=same and package.checksum == old.package.checksum,
        )
        await self._keep(function, package)
        if not function.needs(old.package):
            self._context.code.discard(old.package)
        return FcAnswer(body=self._shown(function))

    async def delete(self, call: FcCall) -> FcAnswer:
        """Stop the function and delete its code."""
        function = self._account.function(call.function)
        if function.triggers:
            raise errors.function_not_empty(function.name, "triggers")
        if function.versions or function.aliases:
            raise errors.function_not_empty(function.name, "versions or aliases")
        if function.scaling is not None or function.provision is not None:
            raise errors.provision_config_exists(function.name)
        del self._account.functions[function.name]
        if self._context.compute is not None:
            await self._context.compute.remove(function.name, LATEST)
        self._context.code.discard(function.package)
        if function.code.bucket == self._context.code.bucket:
            self._context.storage.delete(function.code.bucket, function.code.key)
        return FcAnswer(204)

    async def _keep(self, function: Function, package: Package) -> None:
        try:
            await self._context.keep(function)
        except BaseException:
            self._context.code.discard(package)
            raise

    def _code(self, call: FcCall, given: Mapping[str, Any]) -> CodeInput | None:
        if "code" not in given:
            return None
        if not isinstance(given["code"], dict):
            raise errors.invalid_argument("code must be an object")
        code = read_code(given["code"])
        if code.bucket and code.bucket != self._context.code.bucket:
            # The object is in the caller's own bucket. The caller must be allowed to read it.
            resource = f"acs:oss:*:{self._account.account_id}:{code.bucket}/{code.key}"
            self._context.permission.require(call.caller, call.raw, "oss:GetObject", resource)
        return code

    def _check_role(self, call: FcCall, settings: Mapping[str, Any]) -> None:
        if settings["role"]:
            self._context.permission.check_role(call.caller, call.raw, settings["role"])

    def _shown(self, function: Function, qualifier: str = LATEST) -> dict[str, Any]:
        version = function.version(qualifier)
        package = function.package if version is None else version.package
        return {
            "functionName": function.name,
            "functionId": function.id,
            "functionArn": self._account.function_arn(function.name),
            **(function.settings if version is None else version.settings),
            "codeSize": package.size,
            "codeChecksum": package.checksum,
            "layers": [],
            "state": "Active",
            "stateReason": "",
            "lastUpdateStatus": "Successful",
            "createdTime": utc(function.created),
            "lastModifiedTime": utc(function.modified if version is None else version.created),
        }


def _name(given: Mapping[str, Any]) -> str:
    value = given.get("functionName")
    return Fields({"functionName": value}, ("functionName",)).text(
        "functionName", _NAME, pattern=FUNCTION_NAME
    )


def _settings_in(given: Mapping[str, Any], *besides: str) -> dict[str, Any]:
    return {name: item for name, item in given.items() if name not in ("code", *besides)}


def _without_bytes(code: CodeInput) -> CodeInput:
    return replace(code, zip_file=None)
