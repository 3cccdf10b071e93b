"""Who asks: the bearer token, verified, as a Caller that knows what it may.

Signature, times, issuer and audience are PyJWT's to check; this module holds it to one algorithm
(the key's), and adds what RFC 7519 leaves open: how long a token may live, what a subject may be,
and the ``vod`` claim that narrows what the scopes allow.
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.auth.ownership import Owner
from shared.config.jwk import KeySource, VerificationKey, decode_base64url
from shared.config.settings import Settings
from shared.config.variables import NONE
from shared.errors import Forbidden, InvalidToken
from shared.web.http import Request

LEEWAY = 30  # seconds a clock may be off
MAX_TOKEN = 8 * 1024  # bytes; FC itself allows 8 KB of headers
MAX_SUBJECT = 128  # bytes of UTF-8

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REFUSED_HEADERS = ("jku", "x5u", "jwk", "crit")
_MEDIA_TYPES = frozenset({"video", "image", "attached"})
_VIDEO_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Caller:
    """A verified caller.

    ``play`` is None (own videos only), or the exhaustive set of VideoIds and the words "*" and
    "own". ``upload_media`` is None for no restriction; ``max_bytes`` bounds FileSize.
    ``sts`` lists the purposes an STS token may be had for; ``life`` is the token's, in seconds,
    and ``age`` what of it has passed (None where the token does not say).
    """

    owner: Owner
    scopes: frozenset[str]
    play: frozenset[str] | None = None
    upload_media: frozenset[str] | None = None
    max_bytes: int | None = None
    sts: frozenset[str] = frozenset()
    life: float = 0.0
    age: float | None = None

    @property
    def subject(self) -> str:
        """The token's subject."""
        return self.owner.subject

    def require(self, scope: str) -> None:
        """Raise Forbidden unless the token carries ``scope``."""
        if scope not in self.scopes:
            raise Forbidden(f"The token lacks the scope {scope}.")

    def may_play(self, video_id: str) -> bool:
        """Whether the ``vod`` claim opens this video whoever owns it."""
        return self.play is not None and ("*" in self.play or video_id in self.play)

    @property
    def may_play_own(self) -> bool:
        """Whether the caller's own videos may be played."""
        return self.play is None or "own" in self.play


def bearer(settings: Settings) -> Callable[[Request], Caller]:
    """What tells a request's caller by its bearer token, with the keys that the settings name."""
    keys: KeySource
    if settings.jwt_keys is not None:
        keys = settings.jwt_keys
    else:
        from shared.auth.published_keys import PublishedKeys

        keys = PublishedKeys(settings.jwt_jwks_url)
    return lambda request: authenticate(request.headers.get("authorization"), settings, keys)


def authenticate(authorization: str | None, settings: Settings, keys: KeySource) -> Caller:
    """Verify an Authorization header against ``keys``.

    Raises InvalidToken, saying which rule was broken, or Unavailable where keys cannot be had.
    """
    token = _bearer(authorization)
    key = _key_for(token, keys)
    return _caller(_verified_claims(token, key, settings), settings)


def _bearer(authorization: str | None) -> str:
    if not authorization:
        raise InvalidToken("missing", "Send Authorization: Bearer followed by a JWT.")
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or len(token) > MAX_TOKEN or not _COMPACT.fullmatch(token):
        raise InvalidToken("malformed", "Send Authorization: Bearer followed by one JWT.")
    return token


def _key_for(token: str, keys: KeySource) -> VerificationKey:
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
        raise InvalidToken("malformed", "The token is not a valid JWT.") from None
    return claims


def _prepared(key: VerificationKey, jwt: Any) -> Any:
    """The key as PyJWT wants it, made once: a public key takes 0.1 ms to load."""
    if "prepared" not in key.cache:
        key.cache["prepared"] = jwt.PyJWK(dict(key.jwk), algorithm=key.alg).key
    return key.cache["prepared"]


def _pyjwt(settings: Settings) -> Any:
    """PyJWT, imported once a token is worth verifying.

    It takes the asymmetric library along wherever it finds one, which HMAC keys have no use for
    and a cold start pays 50 ms for: hidden from it while every key is symmetric.
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


def _caller(claims: Mapping[str, Any], settings: Settings) -> Caller:
    life, age = _life(claims, settings)
    subject = _subject(_claim(claims, settings.jwt_subject_claim))
    grants = _grants(_claim(claims, settings.jwt_vod_claim, _ABSENT))
    owner = Owner(settings.issuer_alias, subject)
    return Caller(owner, _scopes(claims, settings), life=life, age=age, **grants)


def _life(claims: Mapping[str, Any], settings: Settings) -> tuple[float, float | None]:
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name)
        if value is None and name != "exp":
            continue
        # PyJWT takes text and booleans for a NumericDate; RFC 7519 does not.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
            raise InvalidToken("claim", f"The claim {name} must be a number of seconds.")
    now = time.time()
    issued = claims.get("iat")
    life = claims["exp"] - (now if issued is None else issued)
    if life > settings.jwt_max_life:
        limit = settings.jwt_max_life
        raise InvalidToken("too_long", f"The token may live at most {limit} seconds.")
    return life, None if issued is None else max(0.0, now - issued)


def _finite(value: float) -> bool:
    return abs(value) < 2**53 and math.isfinite(value)


_ABSENT: Any = object()


def _claim(claims: Mapping[str, Any], name: str, absent: Any = None) -> Any:
    """A claim by name, or by JSON pointer where the setting begins with a slash."""
    if not name.startswith("/"):
        return claims.get(name, absent)
    value: Any = claims
    for step in name[1:].split("/"):
        if not isinstance(value, dict):
            return absent
        value = value.get(step.replace("~1", "/").replace("~0", "~"), absent)
    return value


def _subject(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        value = str(value)
    try:
        sized = isinstance(value, str) and 1 <= len(value.encode("utf-8")) <= MAX_SUBJECT
    except UnicodeEncodeError:
        sized = False
    if not sized or any(c < " " or c == "\x7f" for c in value):
        raise InvalidToken("subject", f"The subject must be text of 1 to {MAX_SUBJECT} bytes.")
    return str(value)


def _scopes(claims: Mapping[str, Any], settings: Settings) -> frozenset[str]:
    if settings.jwt_scope_claim:
        value = _claim(claims, settings.jwt_scope_claim)
    else:
        value = claims.get("scope")
        value = claims.get("scp") if value is None else value
    if value is None:
        return settings.default_scopes
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InvalidToken("claim", "The scope must be text or an array of text.")
    return frozenset(listed)


def _grants(value: Any) -> dict[str, Any]:
    """What the ``vod`` claim narrows. Anything unknown in it is refused: it may be a limit."""
    if value is _ABSENT:
        return {}
    if not isinstance(value, dict) or not value.keys() <= {"play", "upload", "sts"}:
        raise InvalidToken("vod_claim", "The vod claim may hold play, upload and sts, no more.")
    grants: dict[str, Any] = {}
    if "play" in value:
        grants["play"] = _play(value["play"])
    if "upload" in value:
        grants.update(_upload(value["upload"]))
    if "sts" in value:
        if not _is_text_list(value["sts"]):
            raise InvalidToken("vod_claim", "vod.sts must be an array of purposes.")
        grants["sts"] = frozenset(value["sts"])
    return grants


def _play(value: Any) -> frozenset[str]:
    if value == "*":
        return frozenset({"*"})
    if not _is_text_list(value) or not all(v == "own" or _VIDEO_ID.fullmatch(v) for v in value):
        raise InvalidToken("vod_claim", 'vod.play must be "*" or an array of VideoIds and "own".')
    return frozenset(value)


def _upload(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= {"media", "max_bytes"}:
        raise InvalidToken("vod_claim", "vod.upload may hold media and max_bytes, no more.")
    grants: dict[str, Any] = {}
    if "media" in value:
        if not _is_text_list(value["media"]) or not _MEDIA_TYPES.issuperset(value["media"]):
            raise InvalidToken("vod_claim", "vod.upload.media lists video, image and attached.")
        grants["upload_media"] = frozenset(value["media"])
    if "max_bytes" in value:
        size = value["max_bytes"]
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidToken("vod_claim", "vod.upload.max_bytes must be a positive integer.")
        grants["max_bytes"] = size
    return grants


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
