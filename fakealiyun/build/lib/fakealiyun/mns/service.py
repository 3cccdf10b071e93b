"""The API of SMQ: authenticates a request, authorizes it, runs its operation and answers it."""

from __future__ import annotations

import asyncio
import logging
import secrets

from aiohttp import web

from fakealiyun.clock import Clock
from fakealiyun.faults import Fault, Faults
from fakealiyun.guard import Guard, GuardError
from fakealiyun.identity import Credential, Identities
from fakealiyun.mns.address import check_host
from fakealiyun.mns.authentication import VERSION, MnsAuthenticator
from fakealiyun.mns.call import MnsAnswer, MnsCall
from fakealiyun.mns.documents import render
from fakealiyun.mns.errors import MnsError
from fakealiyun.mns.operations import MnsOperation, select
from fakealiyun.mns.queues import Queues
from fakealiyun.mns.request import MnsRequest, read
from fakealiyun.openapi import breakage
from fakealiyun.ram.evaluation import AccessRequest, evaluate, request_context
from fakealiyun.refusal import Refusal

_log = logging.getLogger(__name__)


class MnsService:
    """The queues of one account in one region, through the API 2015-06-06.

    Signature, token, expiry and permission are always checked and cannot be switched off.
    """

    def __init__(
        self,
        queues: Queues,
        identities: Identities,
        clock: Clock,
        faults: Faults,
        guard: Guard,
        *,
        region: str,
        account_id: str,
    ) -> None:
        self.region = region
        self.account_id = account_id
        self._queues = queues
        self._clock = clock
        self._faults = faults
        self._guard = guard
        self._authenticator = MnsAuthenticator(identities, clock)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request. Bad requests get an error answer.

        Raises only for a request from a web page of another site.
        """
        self._guard.check_page(request)
        request_id = secrets.token_hex(12).upper()
        try:
            operation, call = await self._accept(request)
            return await self._run(request, operation, call, request_id)
        except MnsError as error:
            body = error.xml(request_id, f"mns.{self.region}.aliyuncs.com")
            return _response(error.status, body, request_id)
        except (GuardError, ConnectionError):
            raise
        except Exception:  # noqa: BLE001 - a defect is answered with InternalError
            _log.exception("an operation failed")
            body = MnsError("InternalError").xml(request_id, f"mns.{self.region}.aliyuncs.com")
            return _response(500, body, request_id)

    def refuse(self, _request: web.BaseRequest, refusal: Refusal) -> web.Response:
        """The answer to a request that does not reach this service: XML, as for every error."""
        request_id = secrets.token_hex(12).upper()
        error = MnsError(refusal.code, refusal.message, status=refusal.status)
        body = error.xml(request_id, f"mns.{self.region}.aliyuncs.com")
        return _response(error.status, body, request_id)

    async def _accept(self, web_request: web.Request) -> tuple[MnsOperation, MnsCall]:
        """Make all checks that come before the operation runs. Raises MnsError."""
        request = await read(web_request)
        caller = self._authenticator.authenticate(request)
        check_host(request.host, self.account_id, self.region)
        request.check_body()
        operation, queue_name = select(request)
        self._authorize(caller, request, operation, queue_name)

        def connected() -> bool:
            transport = web_request.transport
            return transport is not None and not transport.is_closing()

        return operation, MnsCall(request, queue_name, self._queues, self._clock, connected)

    def _authorize(
        self, caller: Credential, request: MnsRequest, operation: MnsOperation, queue_name: str
    ) -> None:
        path = operation.resource(queue_name)
        asked = AccessRequest(
            f"mns:{operation.name}",
            f"acs:mns:{self.region}:{self.account_id}:{path}",
            request_context(
                source_ip=request.source_ip, secure=request.secure, now=self._clock.now()
            ),
        )
        if caller.principal.account_id != self.account_id or not evaluate(caller, asked).allowed:
            raise MnsError("AccessDenied")

    async def _run(
        self, request: web.Request, operation: MnsOperation, call: MnsCall, request_id: str
    ) -> web.StreamResponse:
        fault = self._faults.take("mns", operation.name)
        if fault is None:
            return _answer(await operation.handler(call), request_id)
        if fault.kind == "reset_before":
            return breakage.reset(request)
        _raise_refusal(fault)
        if fault.kind == "slow":
            await asyncio.sleep(fault.number("seconds", 1.0))
        whole = _answer(await operation.handler(call), request_id)
        if fault.kind == "reset_after":
            return breakage.reset(request)
        return await breakage.apply(fault, request, whole)


def _raise_refusal(fault: Fault) -> None:
    """Raise the MnsError of a fault that is an error answer. Do nothing for other faults."""
    codes = {"throttle": "QpsLimitExceeded", "error": "InternalError"}
    if fault.kind in codes:
        raise MnsError(
            fault.text("code", codes[fault.kind]),
            fault.text("message", ""),
            status=int(fault.number("status", 0)),
        )


def _answer(answer: MnsAnswer, request_id: str) -> web.Response:
    body = render(answer.root, answer.content) if answer.root else None
    response = _response(answer.status, body, request_id)
    response.headers.update(answer.headers)
    return response


def _response(status: int, body: bytes | None, request_id: str) -> web.Response:
    headers = {
        "Server": "AliyunMNS",
        "x-mns-request-id": request_id,
        "x-mns-version": VERSION,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        # Also without a body: the official client for Node reads it from every answer.
        "Content-Type": "text/xml;charset=utf-8",
    }
    return web.Response(status=status, body=body, headers=headers)
