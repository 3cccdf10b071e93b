"""A short token for the smoke test, where the deployment's own key can sign one.

With an HS256 key in VODPASS_JWT_KEYS, whoever verifies tokens can also make them. The operator has
that key, so no token of a test user has to be fetched.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from shared.config.jwk import decode_base64url
from shared.config.parsers import NONE

LIFE = 900  # seconds
SUBJECT = "vodpass-smoke-test"
SCOPES = "vod:upload vod:refresh vod:play"


def token_of(values: Mapping[str, str]) -> str | None:
    """A token that these settings accept; None if their keys only verify."""
    try:
        keys = json.loads(values.get("VODPASS_JWT_KEYS") or "{}").get("keys", [])
        key = next(one for one in keys if one.get("kty") == "oct" and one.get("alg") == "HS256")
        secret = decode_base64url(key["k"])
        import jwt
    except (ValueError, AttributeError, KeyError, StopIteration, ImportError):
        return None
    now = int(time.time())
    claims: dict[str, Any] = {"iat": now, "exp": now + LIFE}
    for name, variable in (("iss", "VODPASS_JWT_ISSUER"), ("aud", "VODPASS_JWT_AUDIENCE")):
        if values.get(variable) not in (None, "", NONE):
            claims[name] = values[variable]
    _put(claims, values.get("VODPASS_JWT_SUBJECT_CLAIM") or "sub", SUBJECT)
    _put(claims, values.get("VODPASS_JWT_SCOPE_CLAIM") or "scope", SCOPES)
    headers = {"kid": key["kid"]} if "kid" in key else {}
    return jwt.encode(claims, secret, algorithm="HS256", headers=headers)


def _put(claims: dict[str, Any], claim: str, value: str) -> None:
    """Set a claim, by its name or by a JSON pointer."""
    if not claim.startswith("/"):
        claims[claim] = value
        return
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in claim[1:].split("/"))
    for part in parents:
        claims = claims.setdefault(part, {})
    claims[last] = value
