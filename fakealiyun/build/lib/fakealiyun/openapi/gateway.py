"""The OpenAPI gateway: it parses, authenticates, authorizes, runs the operation and answers.

The order is the same for every service: operation known → parameters of the scheme → date →
AccessKey → signature → token → nonce → RAM → fault → operation.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from fakealiyun.calls import Calls
from fakealiyun.clock import Clock
from fakealiyun.faults import Faults
from fakealiyun.guard import Guard, GuardError
from fakealiyun.identity import Identities
from fakealiyun.openapi import breakage, errors, render
from fakealiyun.openapi.authentication import OpenApiAuthenticator
from fakealiyun.openapi.envelope import Format, Target, identify, open_envelope
from fakealiyun.openapi.types import ApiError, Call, Operation, Service
from fakealiyun.openapi.wire import MAX_BODY, RawRequest
from fakealiyun.ram.denial import access_denied_detail
from fakealiyun.ram.evaluation import AccessRequest, evaluate, request_context
from fakealiyun.refusal import Refusal

Anonymous = Callable[[Mapping[str, str]], Mapping[str, Any]]
"""Answers a call that web clients make without an AccessKey."""

_log = logging.getLogger(__name__)


class OpenApi:
    """Serves VOD, STS and RAM at the path `/`."""

    def __init__(
        self,
        services: Iterable[Service],
        *,
        identities: Identities,
        clock: Clock,
        faults: Faults,
        calls: Calls,
        guard: Guard,
        anonymous: Mapping[tuple[str, str], Anonymous] | None = None,
    ) -> None:
        self._services = {service.version: service for service in services}
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._guard = guard
        self._anonymous = dict(anonymous or {})
        self._authenticator = OpenApiAuthenticator(identities, clock)

    def reset(self) -> None:
        """Forget all nonces."""
        self._authenticator.reset()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request. Raises GuardError for a page of another origin."""
        exchange = _GatewayExchange(request)
        try:
            return await self._serve(request, exchange)
        except ApiError as error:
            return exchange.refuse(error)
        except (GuardError, ConnectionError):
            # ConnectionError: the client is gone, so nobody can receive an answer.
            raise
        except Exception:  # noqa: BLE001 - a defect must be answered as the real cloud would
            _log.exception("an operation failed")
            return exchange.refuse(errors.internal())

    def refuse(self, request: web.BaseRequest, refusal: Refusal) -> web.Response:
        """The answer to a request that does not reach a service, without CORS headers.

        It is XML only if the query asks for it.
        """
        request_id = str(uuid.uuid4()).upper()
        query = request.raw_path.partition("?")[2] if request.raw_path else ""
        form: Format = "XML" if "format=xml" in query.lower().split("&") else "JSON"
        error = ApiError(refusal.status, refusal.code, refusal.message)
        body = render.error_body(error, request_id, "127.0.0.1", form, "vod")
        return render.response(refusal.status, body, form, request_id, {})

    async def _serve(self, request: web.Request, exchange: _GatewayExchange) -> web.StreamResponse:
        if "Authorization" in request.headers:
            exchange.form = "JSON"
        raw = await _read(request)
        target = identify(raw)
        exchange.form = target.format
        if target.is_anonymous and (target.version, target.action) in self._anonymous:
            return self._answer_anonymous(target, exchange)
        service, operation = self._find(raw, target, exchange)
        envelope = open_envelope(raw, target, web=operation.web)
        caller = self._authenticator.authenticate(envelope)
        call = Call(
            action=target.action,
            parameters=envelope.parameters,
            caller=caller,
            request_id=exchange.request_id,
            host=raw.host,
            source_ip=raw.source_ip,
            secure=raw.secure,
        )
        if operation.needs_permission:
            self._authorize(service, operation, call)
        return await self._run(request, service, operation, call, exchange)

    def _find(
        self, raw: RawRequest, target: Target, exchange: _GatewayExchange
    ) -> tuple[Service, Operation]:
        service = self._services.get(target.version)
        operation = service.operations.get(target.action) if service is not None else None
        if operation is not None and operation.web and target.has_security_token:
            exchange.allow_pages()
        else:
            self._guard.check_page(exchange.request)
            exchange.allow_pages()  # there is no page, or it is one of our own origins
        if raw.method not in ("GET", "POST"):
            raise errors.method_not_supported()
        if not target.action:
            raise errors.missing("Action")
        if not target.version:
            raise errors.missing("Version")
        if service is None:
            raise errors.version_not_found()
        exchange.product = service.name
        if operation is None:
            raise errors.api_not_found()
        self._calls.count(service.name, target.action)
        return service, operation

    def _answer_anonymous(self, target: Target, exchange: _GatewayExchange) -> web.Response:
        exchange.allow_pages()
        exchange.form = "JSON"
        self._calls.count(self._services[target.version].name, target.action)
        fields = self._anonymous[(target.version, target.action)](target.parameters)
        return exchange.answer(target.action, fields)

    def _authorize(self, service: Service, operation: Operation, call: Call) -> None:
        action = f"{service.name}:{call.action}"
        context = request_context(
            source_ip=call.source_ip, secure=call.secure, now=self._clock.now()
        )
        named = operation.resource(call)
        for resource in (named,) if isinstance(named, str) else named:
            decision = evaluate(call.caller, AccessRequest(action, resource, context))
            if not decision.allowed:
                detail = access_denied_detail(call.caller.principal, action, decision)
                raise errors.denied(*operation.denied, detail)

    async def _run(
        self,
        request: web.Request,
        service: Service,
        operation: Operation,
        call: Call,
        exchange: _GatewayExchange,
    ) -> web.StreamResponse:
        fault = self._faults.take(service.name, call.action)
        if fault is None:
            return exchange.answer(call.action, operation.handler(call))
        if fault.kind == "reset_before":
            return breakage.reset(request)
        breakage.raise_refusal(fault)
        if fault.kind == "slow":
            await asyncio.sleep(fault.number("seconds", 1.0))
        whole = exchange.answer(call.action, operation.handler(call))
        if fault.kind == "reset_after":
            return breakage.reset(request)
        return await breakage.apply(fault, request, whole)


class _GatewayExchange:
    """One request, and what is known so far about its answer."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.request_id = str(uuid.uuid4()).upper()
        self.form: Format = "XML"
        self.product = "vod"
        self._headers: dict[str, str] = {}
        if "Origin" not in request.headers and "Sec-Fetch-Site" not in request.headers:
            self.allow_pages()

    def allow_pages(self) -> None:
        """Add the CORS headers with which the real gateway answers every request.

        Here they would open the cloud to every page that the developer visits. So an answer to a
        page has them only if the page has a credential, if the call needs none, or if the page is
        one of our own. The others are refused. With `*`, browsers never send cookies.
        """
        self._headers["Access-Control-Allow-Origin"] = "*"
        self._headers["Access-Control-Expose-Headers"] = "*"

    def answer(self, action: str, fields: Mapping[str, Any]) -> web.Response:
        body = render.success_body(action, fields, self.request_id, self.form)
        return render.response(200, body, self.form, self.request_id, self._headers)

    def refuse(self, error: ApiError) -> web.Response:
        host = self.request.headers.get("Host", "")
        body = render.error_body(error, self.request_id, host, self.form, self.product)
        headers = {**self._headers, **error.headers}
        return render.response(error.status, body, self.form, self.request_id, headers)


async def _read(request: web.Request) -> RawRequest:
    target = request.raw_path
    path, _, query = target.partition("?")
    if len(request.headers.getall("Content-Length", [])) > 1:
        raise errors.malformed("header content-length occurs more than once")
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            raise errors.too_large(MAX_BODY)
    return RawRequest(
        method=request.method,
        path=path,
        query=query,
        headers=request.headers,
        body=bytes(body),
        host=request.headers.get("Host", ""),
        source_ip=request.remote or "",
        secure=request.secure,
    )
