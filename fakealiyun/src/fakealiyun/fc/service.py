"""The API of Function Compute: it authenticates, authorizes, runs the operation and answers."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from fakealiyun.calls import Calls
from fakealiyun.clock import Clock, utc
from fakealiyun.faults import Faults
from fakealiyun.fc import errors, old_signature, wire
from fakealiyun.fc.code import BUCKET_REGION, CodeStore
from fakealiyun.fc.compute import Compute
from fakealiyun.fc.context import Context
from fakealiyun.fc.operation import FcOperation, FcOperations
from fakealiyun.fc.operations import (
    configs,
    domains,
    functions,
    invocation,
    older,
    tags,
    triggers,
    versions,
)
from fakealiyun.fc.permission import FcPermission
from fakealiyun.fc.state import FcAccount
from fakealiyun.fc.trigger_signature import TriggerCalls
from fakealiyun.fc.wire import FcAnswer, FcCall
from fakealiyun.guard import Guard, GuardError
from fakealiyun.identity import Credential, Identities
from fakealiyun.openapi import ApiError, breakage
from fakealiyun.openapi.authentication import OpenApiAuthenticator
from fakealiyun.openapi.envelope import Target, open_envelope
from fakealiyun.openapi.wire import RawRequest, parse
from fakealiyun.oss.state import Storage
from fakealiyun.ram.state import Ram
from fakealiyun.refusal import Refusal

PATHS = ("/2023-03-30/", "/2021-04-06/", "/2016-08-15/")
"""The beginnings of the API's paths, one for each version."""
UPLOAD_KEY = "/2016-08-15/tempBucketToken"

_MODULES = (functions, triggers, configs, domains, versions, tags, invocation, older)
_log = logging.getLogger(__name__)


class FcService:
    """Functions, triggers and domains of one account in one region.

    It always checks signatures, nonces and permissions. Without `allow_deploy` it refuses every
    call that changes what is deployed. `serve_with` says what runs the functions; without it, they
    are only stored.
    """

    def __init__(
        self,
        *,
        account_id: str,
        region: str,
        storage: Storage,
        identities: Identities,
        ram: Ram,
        clock: Clock,
        calls: Calls,
        faults: Faults,
        guard: Guard,
        allow_deploy: bool,
    ) -> None:
        self.account = FcAccount(account_id, region)
        self.allow_deploy = allow_deploy
        self._identities = identities
        self._clock = clock
        self._calls = calls
        self._faults = faults
        self._guard = guard
        self._authenticator = OpenApiAuthenticator(identities, clock)
        self._permission = FcPermission(ram, clock)
        self._code = CodeStore(storage, identities, clock, region=region, account_id=account_id)
        self._context = Context(self.account, self._code, storage, self._permission, clock)
        self._changing = asyncio.Lock()
        self.operations = FcOperations(
            operation for module in _MODULES for operation in module.operations(self._context)
        )
        self.trigger_calls = TriggerCalls(
            identities, self._authenticator, self._permission, self.account, clock
        )

    def serve_with(self, compute: Compute) -> None:
        """Run functions that are deployed from now on with `compute`, in this event loop."""
        self._context.compute = compute

    def reset(self) -> None:
        """Forget every function, domain and nonce. Processes stop in the background."""
        self._authenticator.reset()
        if self._context.compute is not None:
            self._context.compute.clear()
        self.account.domains.clear()
        self.account.functions.clear()
        self._code.close()

    def close(self) -> None:
        """Delete the unpacked code."""
        self._code.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request. Raises GuardError for a page of another origin."""
        self._guard.check_page(request)
        request_id = wire.new_request_id()
        try:
            raw = await wire.read(request)
            if raw.path == UPLOAD_KEY:
                return wire.response(self._bucket_token(raw), request_id)
            operation, call = self._accept(raw, request_id)
            return await self._run(request, operation, call)
        except ApiError as error:
            return wire.refusal(errors.translated(error), request_id, request.path)
        except (GuardError, ConnectionError):
            raise
        except Exception:  # noqa: BLE001 - a defect must be answered as the real cloud would
            _log.exception("an operation failed")
            return wire.refusal(errors.internal(), request_id, request.path)

    def refuse(self, request: web.BaseRequest, refusal: Refusal) -> web.Response:
        """The answer to a request that does not reach this service: JSON, as for every error."""
        error = ApiError(refusal.status, refusal.code, refusal.message)
        return wire.refusal(error, wire.new_request_id(), request.path)

    def _accept(self, raw: RawRequest, request_id: str) -> tuple[FcOperation, FcCall]:
        """Find the operation and check the caller. Raises ApiError."""
        operation, names = self.operations.find(raw.method, raw.path)
        self._calls.count("fc", operation.name)
        pairs = parse(raw.query)
        query = dict(pairs)
        if len(query) != len(pairs):
            raise errors.invalid_argument("a parameter occurs more than once")
        caller = self._authenticate(raw, operation)
        call = FcCall(operation.name, names, query, raw, caller, request_id)
        resource = self.account.arn(operation.resource(call))
        self._permission.require(caller, raw, f"fc:{operation.name}", resource)
        if operation.writes and not self.allow_deploy:
            raise errors.deployment_not_allowed()
        return operation, call

    async def _run(
        self, request: web.Request, operation: FcOperation, call: FcCall
    ) -> web.StreamResponse:
        fault = self._faults.take("fc", call.action)
        if fault is None:
            return wire.response(await self._change(operation, call), call.request_id)
        if fault.kind == "reset_before":
            return breakage.reset(request)
        breakage.raise_refusal(fault)
        if fault.kind == "slow":
            await asyncio.sleep(fault.number("seconds", 1.0))
        whole = wire.response(await self._change(operation, call), call.request_id)
        if fault.kind == "reset_after":
            return breakage.reset(request)
        return await breakage.apply(fault, request, whole)

    async def _change(self, operation: FcOperation, call: FcCall) -> FcAnswer:
        """Run a handler. Changes run one at a time; reads and invocations do not wait."""
        if not operation.writes:
            return await operation.handler(call)
        async with self._changing:
            return await operation.handler(call)

    def _authenticate(self, raw: RawRequest, operation: FcOperation) -> Credential:
        """The credential that signed the request, with path and body in the signature.

        The headers for version and action must match the path. Whether the real service checks
        this is not known. Raises ApiError.
        """
        if raw.header("Authorization") is None:
            raise errors.missing_header("Authorization")
        version = operation.path.split("/")[1]
        for header, value in (("x-acs-version", version), ("x-acs-action", operation.name)):
            if raw.header(header) not in (None, value):
                raise errors.invalid_argument(f"{header} must be {value} for this path")
        target = Target("acs3", operation.name, version, "JSON", {})
        return self._authenticator.authenticate(open_envelope(raw, target, web=False))

    def _bucket_token(self, raw: RawRequest) -> FcAnswer:
        """A credential to upload one package. Raises ApiError.

        Which permission the call needs is not documented. Every identity of the account gets the
        credential, because it is useless without CreateFunction.
        """
        if raw.method != "GET" or raw.query:
            raise errors.path_not_supported(raw.method, raw.path)
        self._calls.count("fc", "GetTempBucketToken")
        caller = old_signature.authenticate(raw, self._identities, self._authenticator, self._clock)
        account = raw.header("x-fc-account-id")
        if account not in (None, caller.principal.account_id):
            raise errors.invalid_argument("x-fc-account-id must be the caller's account")
        if not self.allow_deploy:
            raise errors.deployment_not_allowed()
        credential, name = self._code.offer_upload()
        return FcAnswer(
            body={
                "credentials": {
                    "AccessKeyId": credential.access_key_id,
                    "AccessKeySecret": credential.access_key_secret,
                    "SecurityToken": credential.security_token,
                    "Expiration": utc(credential.expires_at or 0),
                },
                "ossRegion": f"oss-{BUCKET_REGION}",
                "ossBucket": self._code.bucket,
                "objectName": name,
            }
        )
