"""Authenticates a request: checks version, date, AccessKey, signature and token, in this order.

The date is compared with the wall clock, because clients sign with their own clock. A token expires
by the cloud's clock. The order of the checks in the real service is not documented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from fakealiyun.clock import Clock
from fakealiyun.identity import (
    Credential,
    Identities,
    TokenExpired,
    TokenMalformed,
    TokenMismatch,
    TokenMissing,
)
from fakealiyun.mns.errors import MnsError
from fakealiyun.mns.request import MnsRequest
from fakealiyun.mns.signature import holds, split

VERSION = "2015-06-06"
MAX_SKEW = 900  # seconds, either way
_DATE = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [1-9][0-9]{3} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT", re.ASCII
)


@dataclass(frozen=True)
class MnsAuthenticator:
    """Finds the credential that signed a request."""

    identities: Identities
    clock: Clock

    def authenticate(self, request: MnsRequest) -> Credential:
        """The credential of the caller. Raises MnsError."""
        authorization = request.header("authorization")
        if authorization is None:
            raise MnsError("MissingAuthorizationHeader")
        claim = split(authorization)
        if claim is None:
            raise MnsError("InvalidAuthorizationHeader")
        self._check_version(request)
        self._check_date(request)
        caller = self.identities.find(claim[0])
        if caller is None or not caller.active:
            raise MnsError("InvalidAccessKeyId")
        if not holds(caller.access_key_secret, request, claim[1]):
            raise MnsError("SignatureDoesNotMatch")
        self._check_token(caller, request.header("security-token"))
        return caller

    def _check_version(self, request: MnsRequest) -> None:
        version = request.header("x-mns-version")
        if version is None:
            raise MnsError("MissingVersionHeader")
        if version != VERSION:
            raise MnsError("InvalidVersionHeader")

    def _check_date(self, request: MnsRequest) -> None:
        """Browser code cannot set `Date` and sends `x-mns-date` instead.

        A client that sends both must send the same value: which one counts is not documented.
        """
        dates = {request.header(name) for name in ("date", "x-mns-date")} - {None, ""}
        if not dates:
            raise MnsError("MissingDateHeader")
        date = dates.pop() or ""
        if dates or not _DATE.fullmatch(date):
            raise MnsError("InvalidDateHeader")
        try:
            moment = parsedate_to_datetime(date)
        except ValueError:
            raise MnsError("InvalidDateHeader") from None
        if abs(self.clock.wall() - moment.timestamp()) > MAX_SKEW:
            raise MnsError("TimeExpired")

    def _check_token(self, caller: Credential, token: str | None) -> None:
        """The error codes for a bad token are not documented: see `errors`."""
        try:
            self.identities.check_token(caller, token)
        except TokenMissing:
            raise MnsError("InvalidAccessKeyId") from None
        except (TokenMalformed, TokenMismatch):
            raise MnsError("InvalidSecurityToken") from None
        except TokenExpired:
            raise MnsError("SecurityTokenExpired") from None
