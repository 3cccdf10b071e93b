"""Invokes a function by its name."""

from __future__ import annotations

import base64

from fakealiyun.fc import errors
from fakealiyun.fc.compute import LATEST, Busy, Result
from fakealiyun.fc.context import Context
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.operations.functions import one
from fakealiyun.fc.state import Function, qualifier_of
from fakealiyun.fc.wire import FcAnswer, FcCall

MAX_SYNC_BYTES = 32 * 1024 * 1024
MAX_ASYNC_BYTES = 128 * 1024


def operations(context: Context) -> list[FcOperation]:
    """All operations of this module."""
    path = "/2023-03-30/functions/{function}/invocations"
    return [
        FcOperation(
            "InvokeFunction",
            "POST",
            path,
            _Invocation(context).invoke,
            one,
        )
    ]


class _Invocation:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def invoke(self, call: FcCall) -> FcAnswer:
        """Call the handler and return its result, or accept the event for later."""
        asynchronous = _word(call, "x-fc-invocation-type", "Sync", "Async")
        tail = _word(call, "x-fc-log-type", "None", "Tail")
        for name in ("x-fc-async-task-id", "x-fc-async-delay"):
            if call.raw.header(name):
                raise errors.not_faked(f"the header {name}")
        function = self._context.account.function(call.function)
        qualifier = qualifier_of(call.query)
        function.version(qualifier)  # refuses one that does not exist
        compute = self._context.running()
        limit = MAX_ASYNC_BYTES if asynchronous else MAX_SYNC_BYTES
        if len(call.raw.body) > limit:
            raise errors.too_large(limit)
        try:
            if asynchronous:
                compute.accept(function.name, qualifier, call.raw.body, call.request_id)
                return FcAnswer(202)
            result = await compute.invoke(function.name, qualifier, call.raw.body, call.request_id)
        except Busy:
            raise errors.exhausted() from None
        except (LookupError, PermissionError):
            # The function has not run yet.
            raise errors.internal("the function's role cannot be assumed") from None
        return _answer(function, qualifier, result, tail)


def _answer(function: Function, qualifier: str, result: Result, tail: bool) -> FcAnswer:
    version = function.version(qualifier)
    package = function.package if version is None else version.package
    headers = {
        "X-Fc-Code-Checksum": package.checksum,
        "X-Fc-Invocation-Service-Version": LATEST if version is None else version.id,
    }
    if result.instance_id:
        headers["X-Fc-Instance-Id"] = result.instance_id
    if result.error_type is not None:
        headers["X-Fc-Error-Type"] = result.error_type
    if tail:
        headers["X-Fc-Log-Result"] = base64.b64encode(result.log_tail).decode()
    return FcAnswer(200, result.payload, headers)


def _word(call: FcCall, header: str, default: str, other: str) -> bool:
    value = call.raw.header(header) or default
    if value not in (default, other):
        raise errors.invalid_argument(f"{header} must be {default} or {other}")
    return value == other
