"""The API of Simple Log Service: authenticates, authorizes, runs the operation and answers."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any

from aiohttp import web

from fakealiyun.clock import Clock
from fakealiyun.faults import Fault, Faults
from fakealiyun.guard import Guard, GuardError
from fakealiyun.identity import Credential, Identities
from fakealiyun.openapi import breakage
from fakealiyun.ram.evaluation import AccessRequest, evaluate, request_context
from fakealiyun.refusal import Refusal
from fakealiyun.sls.errors import SlsError
from fakealiyun.sls.operations import OPERATIONS, SlsCall, SlsOperation
from fakealiyun.sls.request import SlsRequest, authenticate, read, rendered
from fakealiyun.sls.state import Logs

_log = logging.getLogger(__name__)


class SlsService:
    """The projects of one account in one region, through the API 0.6.0."""

    def __init__(
        self,
        logs: Logs,
        identities: Identities,
        clock: Clock,
        faults: Faults,
        guard: Guard,
        *,
        region: str,
        account_id: str,
    ) -> None:
        self._logs = logs
        self._identities = identities
        self._clock = clock
        self._faults = faults
        self._guard = guard
        self._region = region
        self._account_id = account_id

    async def handle(self, web_request: web.Request) -> web.StreamResponse:
        """Answer one request. Raises only for a request from a web page of another site."""
        self._guard.check_page(web_request)
        try:
            request = await read(web_request)
            caller = authenticate(request, self._identities, self._clock)
            operation, store = _select(request)
            self._authorize(caller, operation, request, store)
            call = SlsCall(request, self._logs, self._account_id, self._region, store)
            return await self._run(web_request, operation, call)
        except SlsError as error:
            return _response(error.status, error.body)
        except (GuardError, ConnectionError):
            raise
        except Exception:  # noqa: BLE001 - a defect is answered as the real service would
            _log.exception("an operation failed")
            return _response(500, SlsError("InternalServerError").body)

    def refuse(self, _request: web.BaseRequest, refusal: Refusal) -> web.Response:
        """The answer to a request that does not reach this service."""
        error = SlsError(refusal.code, refusal.message, status=refusal.status)
        return _response(error.status, error.body)

    def _authorize(
        self, caller: Credential, operation: SlsOperation, request: SlsRequest, store: str
    ) -> None:
        if request.region and request.region != self._region:
            raise SlsError("ProjectNotExist")
        resource = operation.resource(request, store)
        asked = AccessRequest(
            operation.ram_action,
            f"acs:log:{self._region}:{self._account_id}:{resource}",
            request_context(
                source_ip=request.source_ip, secure=request.secure, now=self._clock.now()
            ),
        )
        if caller.principal.account_id != self._account_id or not evaluate(caller, asked).allowed:
            raise SlsError("Unauthorized", "denied by sts or ram")

    async def _run(
        self, request: web.Request, operation: SlsOperation, call: SlsCall
    ) -> web.StreamResponse:
        fault = self._faults.take("sls", operation.name)
        if fault is None:
            return _answer(operation.handler(call))
        if fault.kind == "reset_before":
            return breakage.reset(request)
        _raise_refusal(fault)
        if fault.kind == "slow":
            await asyncio.sleep(fault.number("seconds", 1.0))
        whole = _answer(operation.handler(call))
        if fault.kind == "reset_after":
            return breakage.reset(request)
        return await breakage.apply(fault, request, whole)


def _select(request: SlsRequest) -> tuple[SlsOperation, str]:
    for operation in OPERATIONS:
        found = operation.match(request)
        if found is not None:
            return operation, found.groupdict().get("store") or ""
    raise SlsError("NotSupported")


def _raise_refusal(fault: Fault) -> None:
    codes = {"throttle": "WriteQuotaExceed", "error": "InternalServerError"}
    if fault.kind in codes:
        raise SlsError(
            fault.text("code", codes[fault.kind]),
            fault.text("message", ""),
            status=int(fault.number("status", 0)),
        )


def _answer(value: Any) -> web.Response:
    return _response(200, b"" if value is None else rendered(value))


def _response(status: int, body: bytes) -> web.Response:
    headers = {
        "Server": "AliyunSLS",
        "x-log-requestid": secrets.token_hex(12).upper(),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if body:
        headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=body, headers=headers)
