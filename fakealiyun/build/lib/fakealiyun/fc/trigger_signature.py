"""Checks calls of HTTP triggers with `authType: function`: their signature and permission.

The documentation says that callers sign like the SDKs (ACS3-HMAC-SHA256), with `x-acs-date` and an
empty hash of the body. The scheme of 2.0, `FC <AccessKeyId>:<signature>`, is refused: callers
report "invalid authorization" for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from fakealiyun.clock import Clock
from fakealiyun.fc import errors
from fakealiyun.fc.permission import FcPermission
from fakealiyun.fc.state import FcAccount
from fakealiyun.identity import Identities
from fakealiyun.openapi import ApiError, acs3
from fakealiyun.openapi import errors as openapi_errors
from fakealiyun.openapi.authentication import OpenApiAuthenticator
from fakealiyun.openapi.envelope import Envelope, time_of
from fakealiyun.openapi.wire import RawRequest


@dataclass(frozen=True)
class TriggerCalls:
    """Checks the signature of a call, and the caller's permission `fc:InvokeFunction`."""

    identities: Identities
    authenticator: OpenApiAuthenticator
    permission: FcPermission
    account: FcAccount
    clock: Clock

    def check(self, request: RawRequest, function: str) -> None:
        """Raise ApiError, with a code of Function Compute, if the call must be refused."""
        try:
            self._check(request, function)
        except ApiError as error:
            raise errors.translated(error) from None

    def _check(self, request: RawRequest, function: str) -> None:
        if not (request.header("x-acs-date") or request.header("Date")):
            raise errors.missing_header("Date")
        given = request.header("Authorization") or ""
        if not given.startswith(f"{acs3.ALGORITHM} "):
            raise errors.invalid_argument(
                f"invalid authorization: an HTTP trigger accepts {acs3.ALGORITHM}"
            )
        date = request.header("x-acs-date")
        if not date:
            raise errors.missing_header("x-acs-date")
        authorization = acs3.parse_authorization(given)
        signed = authorization.signed_headers
        if "x-acs-date" not in signed or not all(name in request.headers for name in signed):
            raise openapi_errors.incomplete_signature("x-acs-date must be signed")
        token = request.header("x-acs-security-token")
        if token and "x-acs-security-token" not in signed:
            raise openapi_errors.incomplete_signature("x-acs-security-token must be signed")
        message = acs3.string_to_sign(acs3.canonical_request(request, signed))
        hashed = request.header("x-acs-content-sha256")

        def is_signed_with(secret: str) -> bool:
            right_body = not hashed or acs3.payload_hash_matches(request)
            return acs3.matches(acs3.sign(secret, message), authorization.signature) and right_body

        # The documented call has no nonce. It can be repeated while its date is accepted.
        nonce = "x-acs-signature-nonce" in signed and request.header("x-acs-signature-nonce")
        envelope = Envelope(
            access_key_id=authorization.access_key_id,
            nonce=nonce or "",
            timestamp=time_of(date),
            security_token=token or None,
            parameters={},
            is_signed_with=is_signed_with,
            echo="",
        )
        caller = self.authenticator.authenticate(envelope, once=bool(nonce))
        self.permission.require(
            caller, request, "fc:InvokeFunction", self.account.function_arn(function)
        )
