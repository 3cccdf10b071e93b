"""Whether a claim may be believed: known key, right token, in time, right signature."""

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
    """The checks in order: dates, key, token, signature.

    What a client signs, dates and the expiry of URLs, is held against the wall clock, because the
    client wrote it by its machine's; what the cloud made, tokens and the URLs of its services,
    against the cloud's. That the token comes before the signature follows from what it is: the
    real one carries the key that the signature is checked with.
    """

    identities: Identities
    clock: Clock
    #: What an expired STS key is told: OSS says InvalidAccessKeyId some time after the expiry.
    expired_code: str = "SecurityTokenExpired"

    def verify(self, claim: Claim, addresses: Sequence[Address]) -> tuple[Credential, Address]:
        """The credential behind the claim, and which of `addresses` it signed.

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
        """Raises OssError unless `token` is the credential's and has not expired."""
        details = {"OSSAccessKeyId": credential.access_key_id}
        try:
            self.identities.check_token(credential, token)
        except TokenMissing:
            raise OssError("InvalidAccessKeyId", details=details) from None
        except TokenMalformed:
            raise OssError("InvalidSecurityToken") from None
        except TokenMismatch:
            raise OssError("AccessKeyIdAndSecurityTokenNotMatch", details=details) from None
        except TokenExpired:
            raise OssError(self.expired_code, details=details) from None

    def check_skew(self, signed_at: float) -> None:
        """Raises OssError RequestTimeTooSkewed; it holds the time that a client may adopt."""
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
        """Now, by the clock of whoever signs with this key.

        A service of the cloud (VOD, for PlayURL and ImageURL) signs by cloud time, with a key of
        its own that never leaves the cloud. Keys that it issues to clients are sessions, and carry
        a token.
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
    """Epoch seconds as OSS writes times in XML: `2026-11-24T08:00:00.000Z`."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
