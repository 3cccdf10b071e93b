"""Authenticates a request: checks its dates, AccessKey, token and signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from fakealiyun.clock import Clock
from fakealiyun.identity import (
    Credential,
    Identities,
    TokenExpired,
    TokenMalformed,
    TokenMismatch,
    TokenMissing,
)
from fakealiyun.oss.address import Address
from fakealiyun.oss.claim import Claim
from fakealiyun.oss.errors import OssError

MAX_SKEW = 900  # seconds, either way


@dataclass(frozen=True)
class OssAuthenticator:
    """Makes the checks in this order: dates, key, token, signature.

    Dates and URL expiry that a client signed are compared with the wall clock, because the client
    used the clock of its machine. Tokens and URLs that the cloud made are compared with the cloud's
    clock. The token is checked before the signature, because a real token contains the key that
    the signature is checked with.
    """

    identities: Identities
    clock: Clock
    #: The code for an expired STS key. Real OSS changes to InvalidAccessKeyId some time later.
    expired_code: str = "SecurityTokenExpired"

    def verify(self, claim: Claim, addresses: Sequence[Address]) -> tuple[Credential, Address]:
        """The credential of the claim, and which of `addresses` it signed.

        Raises OssError: RequestTimeTooSkewed, AccessDenied (expired URL), InvalidAccessKeyId,
        InvalidSecurityToken, AccessKeyIdAndSecurityTokenNotMatch, SecurityTokenExpired,
        SignatureDoesNotMatch.
        """
        self._check_time(claim)
        credential = self.find(claim.access_key_id)
        self.check_token(credential, claim.token)
        for address in addresses:
            if claim.holds(credential.access_key_secret, address):
                return credential, address
        raise OssError("SignatureDoesNotMatch", details=claim.explanation(addresses[0]))

    def find(self, access_key_id: str) -> Credential:
        """The credential of a key. Raises OssError InvalidAccessKeyId."""
        credential = self.identities.find(access_key_id)
        if credential is None:
            raise OssError("InvalidAccessKeyId", details={"OSSAccessKeyId": access_key_id})
        if not credential.active:
            raise OssError("InvalidAccessKeyId", "The OSS Access Key Id is disabled.", ec="")
        return credential

    def check_token(self, credential: Credential, token: str | None) -> None:
        """Raises OssError unless `token` belongs to the credential and has not expired."""
        details = {"OSSAccessKeyId": credential.access_key_id}
        try:
            self.identities.check_token(credential, token)
        except TokenMissing:
            raise OssError("InvalidAccessKeyId", details=details) from None
        except TokenMalformed:
            if credential.security_token is None:  # source: the answers that suites recorded
                raise OssError("InvalidAccessKeyId", details=details) from None
            raise OssError("InvalidSecurityToken") from None
        except TokenMismatch:
            raise OssError("AccessKeyIdAndSecurityTokenNotMatch", details=details) from None
        except TokenExpired:
            raise OssError(self.expired_code, details=details) from None

    def check_skew(self, signed_at: float) -> None:
        """Raises OssError RequestTimeTooSkewed. It has the server time, which a client can use."""
        now = self.clock.wall()
        if abs(now - signed_at) > MAX_SKEW:
            raise OssError(
                "RequestTimeTooSkewed",
                details={
                    "MaxAllowedSkewMilliseconds": str(MAX_SKEW * 1000),
                    "RequestTime": iso(signed_at),
                    "ServerTime": iso(now),
                },
            )

    def _check_time(self, claim: Claim) -> None:
        if claim.expires_at is None:
            if claim.signed_at is not None:
                self.check_skew(claim.signed_at)
            return
        if claim.signed_at is not None and claim.signed_at - self.clock.wall() > MAX_SKEW:
            self.check_skew(claim.signed_at)
        now = self._time_for(claim.access_key_id)
        if now >= claim.expires_at:
            raise OssError(
                "AccessDenied",
                "Request has expired.",
                ec="0002-00000069",
                details={"Expires": iso(claim.expires_at), "ServerTime": iso(now)},
            )

    def _time_for(self, access_key_id: str) -> float:
        """The current time by the clock of the signer.

        A service of the cloud (VOD, for PlayURL and ImageURL) signs by cloud time. It uses its own
        key, which never leaves the cloud. Keys that it issues to clients have a token.
        """
        signer = self.identities.find(access_key_id)
        if (
            signer is not None
            and signer.principal.kind == "Service"
            and signer.security_token is None
        ):
            return self.clock.now()
        return self.clock.wall()


def iso(seconds: float) -> str:
    """Epoch seconds in the form of times in OSS XML: `2026-11-24T08:00:00.000Z`."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
