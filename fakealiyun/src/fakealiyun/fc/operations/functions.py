"""Functions: create, read, change, delete, list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.fc import errors
from fakealiyun.fc.code import CodeInput, Package, read_code
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import FUNCTION_NAME, Fields
from fakealiyun.fc.operation import Operation
from fakealiyun.fc.settings import read_settings
from fakealiyun.fc.state import MAX_FUNCTIONS, Function, check_qualifier, moment, new_id, page
from fakealiyun.fc.wire import Answer, Call

_NAME = "1 to 64 of letters, digits, _ and -, the first a letter or _"
_PATH = "/2023-03-30/functions"


def one(call: Call) -> str:
    """The RAM resource of what concerns the function in the path."""
    return f"functions/{call.function}"


def operations(context: Context) -> list[Operation]:
    """Every operation of this module."""
    at = _Functions(context)
    item = f"{_PATH}/{{function}}"
    return [
        Operation("ListFunctions", "GET", _PATH, at.list, lambda _call: "functions/*"),
        Operation(
            "CreateFunction",
            "POST",
            _PATH,
            at.create,
            lambda call: f"functions/{_name(call.json())}",
            writes=True,
            doubts=(
                "RAM: the page names all resources, here it is the function's ARN.",
                "A role must exist, trust fc.aliyuncs.com and be one that the caller may pass.",
                "Unknown fields are refused. cpu alone has no documented default.",
                "A log project is not looked for.",
            ),
        ),
        Operation("GetFunction", "GET", item, at.get, one),
        Operation("UpdateFunction", "PUT", item, at.update, one, writes=True),
        Operation(
            "DeleteFunction",
            "DELETE",
            item,
            at.delete,
            one,
            writes=True,
            doubts=("Refused while there are triggers; the real rule was not found.",),
        ),
    ]


class _Functions:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list(self, call: Call) -> Answer:
        """Answer the functions by name, in pages."""
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
        return Answer(body={"functions": [self._shown(function) for function in found], **more})

    async def get(self, call: Call) -> Answer:
        """Answer the settings of a function, its variables included."""
        check_qualifier(call.query.get("qualifier"))
        return Answer(body=self._shown(self._account.function(call.function)))

    async def create(self, call: Call) -> Answer:
        """Unpack the code and run it from now on."""
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
        return Answer(body=self._shown(function))

    async def update(self, call: Call) -> Answer:
        """Change the settings that are named, and the code where there is any."""
        old = self._account.function(call.function)
        given = call.json()
        changes = _settings_in(given)
        settings = read_settings({**old.settings, **changes})
        code = self._code(call, given)
        if settings["role"] != old.settings["role"]:
            self._check_role(call, settings)
        now = self._context.clock.now()
        if code is None:
            function = replace(old, settings=settings, modified=now)
            await self._context.keep(function)
            return Answer(body=self._shown(function))
        package = await self._context.code.take(code)
        function = replace(
            old, settings=settings, package=package, code=_without_bytes(code), modified=now
        )
        await self._keep(function, package)
        self._context.code.discard(old.package)
        return Answer(body=self._shown(function))

    async def delete(self, call: Call) -> Answer:
        """End the function and remove its code."""
        function = self._account.function(call.function)
        if function.triggers:
            raise errors.function_not_empty(function.name, "triggers")
        if function.scaling is not None or function.provision is not None:
            raise errors.provision_config_exists(function.name)
        del self._account.functions[function.name]
        if self._context.compute is not None:
            await self._context.compute.remove(function.name)
        self._context.code.discard(function.package)
        if function.code.bucket == self._context.code.bucket:
            self._context.storage.delete(function.code.bucket, function.code.key)
        return Answer(204)

    async def _keep(self, function: Function, package: Package) -> None:
        try:
            await self._context.keep(function)
        except BaseException:
            self._context.code.discard(package)
            raise

    def _code(self, call: Call, given: Mapping[str, Any]) -> CodeInput | None:
        if "code" not in given:
            return None
        if not isinstance(given["code"], dict):
            raise errors.invalid_argument("code must be an object")
        code = read_code(given["code"])
        if code.bucket and code.bucket != self._context.code.bucket:
            # The caller's own bucket: the caller must be able to read it.
            resource = f"acs:oss:*:{self._account.account_id}:{code.bucket}/{code.key}"
            self._context.access.require(call.caller, call.raw, "oss:GetObject", resource)
        return code

    def _check_role(self, call: Call, settings: Mapping[str, Any]) -> None:
        if settings["role"]:
            self._context.access.check_role(call.caller, call.raw, settings["role"])

    def _shown(self, function: Function) -> dict[str, Any]:
        return {
            "functionName": function.name,
            "functionId": function.id,
            "functionArn": self._account.function_arn(function.name),
            **function.settings,
            "codeSize": function.package.size,
            "codeChecksum": function.package.checksum,
            "layers": [],
            "state": "Active",
            "stateReason": "",
            "lastUpdateStatus": "Successful",
            "createdTime": moment(function.created),
            "lastModifiedTime": moment(function.modified),
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
