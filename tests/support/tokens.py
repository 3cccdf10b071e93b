"""Callers' tokens, as an app's own login signs them."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from typing import Any

import jwt

ISSUER = "https://login.example.com"
AUDIENCE = "vodpass"
SCOPES = "vod:upload vod:refresh vod:play"


def base64url(data: bytes) -> str:
    """Base64 as in a JWS: URL-safe, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """One login service with one HS256 key."""

    def __init__(self, kid: str = "app-1") -> None:
        self.kid = kid
        self.signed: list[str] = []
        self.secret = secrets.token_bytes(48)

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JWK."""
        return {"kty": "oct", "kid": self.kid, "alg": "HS256", "k": base64url(self.secret)}

    def jwks(self, *more: dict[str, str]) -> str:
        """`VODPASS_JWT_KEYS` with this key and `more`."""
        return json.dumps({"keys": [self.jwk, *more]}, separators=(",", ":"))

    def claims(self, sub: Any = "alice", **changes: Any) -> dict[str, Any]:
        """The claims of a valid token, with changes. A change to None removes a claim."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": sub,
            "scope": SCOPES,
            "iat": now,
            "exp": now + 3600,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, sub: Any = "alice", **changes: Any) -> str:
        """A valid token of `sub`, with changes to its claims."""
        return self.sign(self.claims(sub, **changes))

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        """A token with exactly these claims. A header that is None is removed."""
        token = jwt.encode(claims, self.secret, "HS256", headers={"kid": self.kid, **headers})
        self.signed.append(token)
        return token

    def sign_raw(self, claims: dict[str, Any]) -> str:
        """A token with these claims, even if PyJWT would refuse to sign them."""
        header = {"alg": "HS256", "typ": "JWT", "kid": self.kid}
        parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
        signing_input = ".".join(parts).encode()
        signature = hmac.digest(self.secret, signing_input, "sha256")
        self.signed.append(f"{signing_input.decode()}.{base64url(signature)}")
        return self.signed[-1]
