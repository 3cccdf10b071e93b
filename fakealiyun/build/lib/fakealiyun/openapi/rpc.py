"""The RPC signature in the query, also called V1: HMAC-SHA1. Old SDKs and web clients use it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from fakealiyun.openapi.wire import canonical_query, encode

METHOD = "HMAC-SHA1"
VERSION = "1.0"


def string_to_sign(http_method: str, parameters: Mapping[str, str]) -> str:
    """`METHOD&%2F&` and the escaped canonical query of all parameters except `Signature`."""
    query = canonical_query((k, v) for k, v in parameters.items() if k != "Signature")
    return f"{http_method}&%2F&{encode(query)}"


def sign(secret: str, message: str) -> str:
    """The signature: HMAC-SHA1 in base64. The key is the secret and an ampersand."""
    digest = hmac.new(f"{secret}&".encode(), message.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def matches(expected: str, given: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))
