"""The OSS service: authenticates a request, authorizes it, runs its operation and answers it."""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from aiohttp import web

from fakealiyun.clock import Clock
from fakealiyun.faults import Fault, Faults
from fakealiyun.guard import GuardError
from fakealiyun.identity import Credential, Identities
from fakealiyun.oss import cors, delivery, permission, post_object
from fakealiyun.oss.address import Address, addresses, check_key, host_name, region_of_host
from fakealiyun.oss.authentication import OssAuthenticator
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.callback import UploadCallbacks
from fakealiyun.oss.claim import read_claim
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.operations import (
    PUT_ACTIONS,
    OssOperation,
    creates_bucket,
    select,
    select_on_service,
)
from fakealiyun.oss.request import RequestHead, read_head
from fakealiyun.oss.state import Bucket, Storage
from fakealiyun.ram.evaluation import request_context
from fakealiyun.refusal import Refusal

_log = logging.getLogger(__name__)


class OssService:
    """OSS for one account in one region. `handle` answers every request for OSS.

    Signature, token, expiry and permission are always checked and cannot be switched off.
    """

    def __init__(
        self,
        storage: Storage,
        identities: Identities,
        clock: Clock,
        faults: Faults,
        *,
        region: str,
        account_id: str,
    ) -> None:
        self.storage = storage
        self.region = region
        self.account_id = account_id
        self.authenticator = OssAuthenticator(identities, clock)
        self.callbacks = UploadCallbacks()
        self._clock = clock
        self._faults = faults

    def answer_expired_keys_with(self, code: str) -> None:
        """Set the code for an expired STS key: `SecurityTokenExpired` or `InvalidAccessKeyId`.

        The real service answers with the first code, and later with the second. When it changes is
        not documented. Raises ValueError for another code.
        """
        if code not in ("SecurityTokenExpired", "InvalidAccessKeyId"):
            raise ValueError("code must be SecurityTokenExpired or InvalidAccessKeyId")
        self.authenticator = replace(self.authenticator, expired_code=code)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """OssAnswer one request. Errors are answered in the form of OSS."""
        exchange = _OssExchange(self, request)
        try:
            answer = await exchange.run()
        except OssError as error:
            answer = exchange.refuse(error)
        except GuardError:
            raise
        except ConnectionError:
            # A fault closed the connection. Nobody receives this answer.
            return web.Response()
        except Exception:  # noqa: BLE001
            _log.exception("OSS failed on a request")
            answer = exchange.refuse(OssError("InternalError"))
        common = exchange.common(server_time=answer.server_time)
        return await delivery.send(request, answer, common, exchange.fault)

    def refuse(self, request: web.BaseRequest, refusal: Refusal) -> web.Response:
        """The answer to a request that does not reach this service: XML, as for every error."""
        error = OssError(refusal.code, refusal.message, status=refusal.status, ec="")
        request_id = new_request_id()
        answer = error_answer(error, request_id, "127.0.0.1", head=request.method == "HEAD")
        headers = {**answer.headers, "Server": "AliyunOSS", "x-oss-request-id": request_id}
        return web.Response(status=answer.status, headers=headers, body=answer.body)

    async def accept(self, exchange: _OssExchange, head: RequestHead) -> OssAnswer:
        """Make all checks of a request and run its operation. Raises OssError."""
        meant = addresses(head.host, head.raw_path, (b.name for b in self.storage.buckets()))
        exchange.bucket = next(iter(self._candidates(meant)), None)
        if head.method == "OPTIONS":
            return self._preflight(head, meant)
        if meant[0].named and meant[0].bucket and not creates_bucket(head, meant[0].key):
            self._existing(head, meant[0])  # the real service checks this before the AccessKey
        credential, address, operation = await self._authenticate(exchange, head, meant)
        exchange.bucket = self.storage.bucket(address.bucket or "")
        check_key(address.key)
        context = self._context(head)

        def authorize(actions: Sequence[str], bucket: str, key: str) -> None:
            permission.authorize(
                credential,
                actions,
                account_id=self.account_id,
                bucket=bucket,
                key=key,
                context=context,
            )

        if operation.actions:
            authorize(operation.actions, address.bucket or "*", address.key)
        fault = self._faults.take("oss", operation.name)
        call = OssCall(
            exchange.request,
            head,
            address.bucket or "",
            address.key,
            self.storage,
            self._clock,
            self.callbacks,
            authorize,
            self.account_id,
            self.region,
            operation.name,
            exchange.request_id,
        )
        return await exchange.operate(operation, call, fault)

    async def _authenticate(
        self, exchange: _OssExchange, head: RequestHead, meant: Sequence[Address]
    ) -> tuple[Credential, Address, OssOperation]:
        claim = read_claim(head, self.region)
        if claim is not None:
            credential, address = self.authenticator.verify(claim, meant)
            if address.bucket is None:
                return credential, address, select_on_service(head)
            if not creates_bucket(head, address.key):
                self._existing(head, address)
            return credential, address, select(head, address.key)
        if exchange.bucket is None:
            self._existing(head, meant[0])
        if post_object.is_form(exchange.request) and meant[0].bucket and not meant[0].key:
            return await self._by_form(exchange.request, meant[0].bucket)
        raise permission.anonymous()

    async def _by_form(
        self, request: web.Request, bucket: str
    ) -> tuple[Credential, Address, OssOperation]:
        form = await post_object.read_form(request, bucket)
        credential, policy = post_object.authenticate(form, self.authenticator, self.region)
        if not form.key:
            raise OssError("InvalidArgument", "The form has no key.")
        handler = partial(post_object.post_object, form=form, policy=policy)
        return (
            credential,
            Address(bucket, form.key),
            OssOperation("PostObject", PUT_ACTIONS, handler),
        )

    def _existing(self, head: RequestHead, address: Address) -> Bucket:
        name = address.bucket or ""
        bucket = self.storage.bucket(name)
        if bucket is None:
            raise OssError("NoSuchBucket", details={"BucketName": name})
        region = region_of_host(head.host)
        if region is not None and region != bucket.region:
            raise OssError(
                "AccessDenied",
                "The bucket you are attempting to access must be addressed using the specified "
                "endpoint. Please send all future requests to this endpoint.",
                ec="",
                details={"Bucket": name, "Endpoint": f"oss-{bucket.region}.aliyuncs.com"},
            )
        return bucket

    def _context(self, head: RequestHead) -> dict[str, str]:
        context = request_context(
            source_ip=head.source_ip, secure=head.secure, now=self._clock.now()
        )
        for name in ("prefix", "delimiter"):
            if name in head.parameters:
                context[f"oss:{name.title()}"] = head.parameters[name]
        return context

    def _candidates(self, meant: Sequence[Address]) -> list[Bucket]:
        """The buckets whose cross-origin rules may apply, before the signature is checked."""
        pairs = [(self.storage.bucket(a.bucket or ""), a.key) for a in meant]
        known = [(bucket, key) for bucket, key in pairs if bucket is not None]
        if meant[0].named:
            return [bucket for bucket, _ in known[:1] if bucket.name == meant[0].bucket]
        holding = [bucket for bucket, key in known if self._holds(bucket.name, key)]
        return holding or [bucket for bucket, _ in known]

    def _holds(self, bucket: str, key: str) -> bool:
        return self.storage.get(bucket, key) is not None or any(
            upload.key == key for upload in self.storage.uploads(bucket)
        )

    def _preflight(self, head: RequestHead, meant: Sequence[Address]) -> OssAnswer:
        """OptionObject: needs no signature. Without a bucket it may be for any existing bucket."""
        origin = head.header("origin")
        method = head.header("access-control-request-method")
        if not origin or not method:
            raise OssError("AccessForbidden", "CORSResponse: Insufficient information.")
        names = (head.header("access-control-request-headers") or "").split(",")
        wanted = [name.strip() for name in names if name.strip()]
        candidates = self._candidates(meant)
        if not candidates:
            raise OssError("NoSuchBucket", details={"BucketName": meant[0].bucket or ""})
        for bucket in candidates:
            rule = cors.first_match(bucket.cors, origin, method, wanted)
            if rule is not None:
                return OssAnswer(
                    headers=rule.preflight_answer(origin, wanted, vary=bucket.response_vary)
                )
        raise OssError("AccessForbidden")


class _OssExchange:
    """One request and the state of its answer during the checks."""

    def __init__(self, service: OssService, request: web.Request) -> None:
        self.request = request
        self.bucket: Bucket | None = None
        self.fault: Fault | None = None
        self._service = service
        self.request_id = new_request_id()
        self._began = time.monotonic()

    async def run(self) -> OssAnswer:
        return await self._service.accept(self, read_head(self.request))

    async def operate(
        self, operation: OssOperation, call: OssCall, fault: Fault | None
    ) -> OssAnswer:
        """Run the operation and apply `fault`. Raises OssError and ConnectionResetError."""
        await delivery.apply_before(self.request, fault)
        answer = await operation.handler(call)
        if fault is not None and fault.kind == "reset_after":
            if answer.file is not None:
                answer.file.close()
            delivery.reset(self.request)
            raise ConnectionResetError
        self.fault = fault
        return answer

    def refuse(self, error: OssError) -> OssAnswer:
        if error.status == 304:
            return OssAnswer(304, error.headers)
        host = host_name(self.request.host)
        return error_answer(error, self.request_id, host, head=self.request.method == "HEAD")

    def common(self, *, server_time: bool) -> Mapping[str, str]:
        """The headers of every answer, including errors."""
        headers = {
            "Server": "AliyunOSS",
            "x-oss-request-id": self.request_id,
        }
        if server_time:
            headers["x-oss-server-time"] = str(int((time.monotonic() - self._began) * 1000))
        origin = self.request.headers.get("Origin")
        if origin and self.bucket is not None and self.request.method != "OPTIONS":
            rule = cors.first_match(self.bucket.cors, origin, self.request.method)
            if rule is not None:
                headers |= rule.answer(origin, vary=self.bucket.response_vary)
        return headers


def new_request_id() -> str:
    """A request id in the form of OSS."""
    return secrets.token_hex(12).upper()


def error_answer(error: OssError, request_id: str, host: str, *, head: bool) -> OssAnswer:
    """The answer of an error. For HEAD, a header has the XML."""
    # The details of a wrong signature are too long for a header.
    brief = head and error.code == "SignatureDoesNotMatch"
    xml = error.xml(request_id, host, brief=brief)
    headers = {"Content-Type": "application/xml", **error.headers}
    if error.ec:
        headers["x-oss-ec"] = error.ec
    if head:
        headers["x-oss-err"] = base64.b64encode(xml).decode()
        xml = b""
    return OssAnswer(error.status, headers, xml, server_time=error.code != "NoSuchBucket")
