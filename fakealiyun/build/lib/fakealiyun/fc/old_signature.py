"""The signature of Function Compute before 3.0: `Authorization: FC <AccessKeyId>:<signature>`.

The deployment tool still uses it in one call, which gets the credential for uploading code.
Source: the page "Signature authentication" of 2.0.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
from email.utils import parsedate_tz
from urllib.parse import unquote

from fakealiyun.clock import Clock
from fakealiyun.fc import errors
from fakealiyun.identity import Credential, Identities
from fakealiyun.openapi import errors as openapi_errors
from fakealiyun.openapi.authentication import WINDOW, OpenApiAuthenticator
from fakealiyun.openapi.wire import RawRequest

_SCHEME = "FC "


def string_to_sign(request: RawRequest) -> str:
    """The string to sign: method, MD5, type, date, sorted `x-fc-*` headers, unescaped path."""
    named = sorted(
        (name.lower(), value.strip())
        for name, value in request.headers.items()
        if name.lower().startswith("x-fc-")
    )
    parts = [
        request.method,
        request.header("Content-MD5") or "",
        request.header("Content-Type") or "",
        request.header("Date") or "",
    ]
    headers = "".join(f"{name}:{value}\n" for name, value in named)
    return "\n".join(parts) + "\n" + headers + unquote(request.path, errors="strict")


def sign(secret: str, message: str) -> str:
    """The signature: HMAC-SHA256 in base64."""
    digest = hmac.new(secret.encode(), message.encode("utf-8", "surrogateescape"), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def authenticate(
    request: RawRequest, identities: Identities, authenticator: OpenApiAuthenticator, clock: Clock
) -> Credential:
    """The credential that signed the request. Raises ApiError.

    This scheme has no nonce. A request can be repeated while its date is accepted.
    """
    date = request.header("Date")
    if not date:
        raise errors.missing_header("Date")
    parsed = parsedate_tz(date)
    if parsed is None:
        raise errors.invalid_argument("Date must be like Mon, 02 Jan 2006 15:04:05 GMT")
    try:
        seconds = calendar.timegm(parsed[:6]) - (parsed[9] or 0)
    except (ValueError, OverflowError):
        raise errors.invalid_argument("Date must be like Mon, 02 Jan 2006 15:04:05 GMT") from None
    if abs(clock.wall() - seconds) > WINDOW:
        raise openapi_errors.time_stamp_expired()
    authorization = request.header("Authorization") or ""
    key, mark, signature = authorization.removeprefix(_SCHEME).partition(":")
    if not authorization.startswith(_SCHEME) or not mark:
        raise errors.invalid_argument("invalid authorization")
    caller = identities.find(key)
    if caller is None:
        raise openapi_errors.access_key_not_found()
    if not caller.active:
        raise openapi_errors.access_key_inactive()
    try:
        expected = sign(caller.access_key_secret, string_to_sign(request))
    except UnicodeDecodeError:
        raise errors.invalid_argument("the path is not UTF-8") from None
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
        raise openapi_errors.signature_mismatch("")
    authenticator.check_token(caller, request.header("x-fc-security-token"))
    return caller
