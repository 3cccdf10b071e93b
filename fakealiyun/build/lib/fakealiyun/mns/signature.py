"""The signature of the SMQ API 2015-06-06: `Authorization: MNS <AccessKeyId>:<signature>`.

Source: the page "Request protocol", and the official clients, which agree with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from fakealiyun.mns.request import MnsRequest

_SCHEME = "MNS "


def split(authorization: str) -> tuple[str, str] | None:
    """AccessKeyId and signature from an Authorization header; None if it has another form."""
    key, mark, signature = authorization.removeprefix(_SCHEME).partition(":")
    if not authorization.startswith(_SCHEME) or not (key and mark and signature):
        return None
    return key, signature


def string_to_sign(request: MnsRequest) -> str:
    """The text to sign: method, MD5, type, date, the sorted `x-mns-*` headers, path and query."""
    named = sorted(
        f"{name}:{value}\n" for name, value in request.headers.items() if name.startswith("x-mns-")
    )
    parts = (
        request.method,
        request.header("content-md5") or "",
        request.header("content-type") or "",
        request.header("date") or request.header("x-mns-date") or "",
        "".join(named) + request.path + (f"?{request.query}" if request.query else ""),
    )
    return "\n".join(parts)


def sign(secret: str, text: str) -> str:
    """HMAC-SHA1 of the text, in base64."""
    message = text.encode("utf-8", "surrogateescape")
    return base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha1)).decode()


def holds(secret: str, request: MnsRequest, signature: str) -> bool:
    """Whether this secret gives this signature for the request."""
    expected = sign(secret, string_to_sign(request))
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))
