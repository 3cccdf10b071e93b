"""Verifies the bearer token of a request.

Each key accepts one algorithm, its own. The token does not choose.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from shared.auth.caller import Caller, caller_of
from shared.config.jwk import KeySource, VerificationKey, decode_base64url
from shared.config.parsers import NONE
from shared.config.settings import Settings
from shared.errors import InvalidToken
from shared.web.request import Request

LEEWAY = 30  # seconds that a clock may be off
MAX_TOKEN = 8 * 1024  # bytes; FC itself allows 8 KB of headers

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REFUSED_HEADERS = ("jku", "x5u", "jwk", "crit")


def by_bearer_token(settings: Settings) -> Callable[[Request], Caller]:
    """Authentication by the user's token.

    Returns a function that returns the Caller whom the bearer token of a request proves. It raises
    what ``authenticate`` raises.
    """
    keys: KeySource
    if settings.jwt_keys is not None:
        keys = settings.jwt_keys
    else:
        from shared.auth.published_keys import PublishedKeys

        keys = PublishedKeys(settings.jwt_jwks_url)
    return lambda request: authenticate(request.headers.get("authorization"), settings, keys)


def authenticate(authorization: str | None, settings: Settings, keys: KeySource) -> Caller:
    """The caller that an Authorization header proves, verified with ``keys``.

    Raises InvalidToken, which names the broken rule, or Unavailable if there are no keys.
    """
    token = _bearer(authorization)
    key = _key_for(token, keys)
    return caller_of(_verified_claims(token, key, settings), settings)


def _bearer(authorization: str | None) -> str:
    """The token in an Authorization header, in the form of a JWT. Raises InvalidToken."""
    if not authorization:
        raise InvalidToken("missing", "Send Authorization: Bearer followed by a JWT.")
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or len(token) > MAX_TOKEN or not _COMPACT.fullmatch(token):
        raise InvalidToken("malformed", "Send Authorization: Bearer followed by one JWT.")
    return token


def _key_for(token: str, keys: KeySource) -> VerificationKey:
    """The key that the token's ``kid`` names, if its ``alg`` is the key's. Raises InvalidToken."""
    try:
        header = json.loads(decode_base64url(token.partition(".")[0]))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise InvalidToken("malformed", "The token's header is not valid.")
    if any(name in header for name in _REFUSED_HEADERS):
        raise InvalidToken("header", f"The headers {', '.join(_REFUSED_HEADERS)} are refused.")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidToken("malformed", "The token's kid must be a string.")
    key = keys.find(kid)
    if key is None:
        raise InvalidToken("unknown_key", "The token's kid names no key that is accepted here.")
    if header.get("alg") != key.alg:
        raise InvalidToken("algorithm", "The token's alg is not the one its key is for.")
    return key


def _verified_claims(token: str, key: VerificationKey, settings: Settings) -> dict[str, Any]:
    """The claims of a token, if ``key`` verifies it and its times, issuer and audience are right.

    Raises InvalidToken.
    """
    jwt = _pyjwt(settings)
    issuer = None if settings.jwt_issuer == NONE else settings.jwt_issuer
    audience = None if settings.jwt_audience == NONE else settings.jwt_audience
    required = ["exp"]
    required += ["iss"] if issuer is not None else []
    required += ["aud"] if audience is not None else []
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _prepared(key, jwt),
            algorithms=[key.alg],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY,
            options={"require": required, "verify_sub": False, "verify_jti": False},
        )
    except jwt.ExpiredSignatureError:
        raise InvalidToken("expired", "The token has expired.") from None
    except jwt.ImmatureSignatureError:
        raise InvalidToken("immature", "The token is not valid yet (nbf or iat).") from None
    except jwt.InvalidAudienceError:
        raise InvalidToken("audience", "The token is not meant for this service (aud).") from None
    except jwt.InvalidIssuerError:
        raise InvalidToken("issuer", "The token is not from an accepted issuer (iss).") from None
    except jwt.MissingRequiredClaimError as fault:
        raise InvalidToken("claim", f"The token lacks the claim {fault.claim}.") from None
    except jwt.InvalidSignatureError:
        raise InvalidToken("signature", "The token's signature does not verify.") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        detail = "The token is not a valid JWT, or its exp, nbf or iat is not a number."
        raise InvalidToken("malformed", detail) from None
    if audience is None and "aud" in claims:  # PyJWT accepts an empty one
        raise InvalidToken("audience", "The token is not meant for this service (aud).")
    return claims


def _prepared(key: VerificationKey, jwt: Any) -> Any:
    """The key in the form PyJWT needs, made once: loading a public key takes 0.1 ms."""
    if "prepared" not in key.cache:
        key.cache["prepared"] = jwt.PyJWK(dict(key.jwk), algorithm=key.alg).key
    return key.cache["prepared"]


def _pyjwt(settings: Settings) -> Any:
    """PyJWT, imported when there is a token to verify.

    PyJWT imports `cryptography` if it finds it, which costs a cold start 50 ms. HMAC keys do not
    need it. So it is hidden from PyJWT if every key is symmetric.
    """
    configured = settings.jwt_keys
    symmetric = configured is not None and all(key.symmetric for key in configured)
    hide = symmetric and "cryptography" not in sys.modules
    if hide and "jwt" not in sys.modules:
        sys.modules["cryptography"] = None  # type: ignore[assignment]
        try:
            import jwt
        finally:
            del sys.modules["cryptography"]
    else:
        import jwt
    return jwt
