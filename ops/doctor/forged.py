"""Forged tokens, which a function must refuse, made from the keys that verify its tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from shared.config.jwk import KeySet, VerificationKey, decode_base64url
from shared.config.parsers import NONE
from shared.config.settings import Settings


@dataclass(frozen=True)
class Forged:
    """A token, and what is wrong with it."""

    fault: str
    token: str = field(repr=False)


def tokens(settings: Settings, keys: KeySet) -> Iterator[Forged]:
    """One token for each kind of forgery that can be tried with these keys."""
    key = next(iter(keys))
    claims = _claims(settings)
    # RFC 7519 has an empty signature. Try another too: a verifier may refuse an empty part as such.
    for signature in ("", _base64url(b"none")):
        yield Forged("unsigned (alg none)", f"{_unsigned(claims, key)}.{signature}")
    for one in _one_of_each_kind(keys):
        yield Forged(f"signed with an unknown key ({one.alg})", _by_a_stranger(claims, one))
        if not one.symmetric:
            for form, secret in _public_forms(one):
                fault = f"HS256, signed with the public key as {form}"
                yield Forged(fault, _hs256(claims, one.kid, secret))
    yield Forged(
        "signed with an unknown kid",
        _hs256(claims, f"no-{secrets.token_hex(4)}", secrets.token_bytes(32)),
    )
    # With a shared secret the doctor can sign tokens in which only one claim is wrong.
    for one in (key for key in keys if key.symmetric):
        secret = decode_base64url(one.jwk["k"])
        for fault, changes in _wrong_claims(settings):
            yield Forged(fault, _hs256({**claims, **changes}, one.kid, secret))
        break


def leaves_open(keys: KeySet) -> str:
    """What cannot be tried with these keys, or an empty text."""
    if any(key.symmetric for key in keys):
        return ""
    return "tokens that have expired or have another audience: only the issuer can sign them"


def _one_of_each_kind(keys: KeySet) -> list[VerificationKey]:
    return list({key.alg: key for key in keys}.values())


def _claims(settings: Settings) -> dict[str, Any]:
    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": "vodpass-doctor",
        "scope": "vod:upload vod:refresh vod:play vod:sts",
        "iat": now,
        "exp": now + 300,
    }
    if settings.jwt_issuer != NONE:
        claims["iss"] = settings.jwt_issuer
    if settings.jwt_audience != NONE:
        claims["aud"] = settings.jwt_audience
    return claims


def _wrong_claims(settings: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    now = int(time.time())
    yield "expired", {"iat": now - 7200, "exp": now - 3600}
    yield "not valid yet", {"nbf": now + 3600, "exp": now + 7200}
    yield "valid for too long", {"exp": now + settings.jwt_max_life + 3600}
    yield "for another audience", {"aud": "https://vodpass-doctor.invalid"}
    if settings.jwt_issuer != NONE:
        yield "from another issuer", {"iss": "https://vodpass-doctor.invalid"}


def _by_a_stranger(claims: Mapping[str, Any], key: VerificationKey) -> str:
    if key.symmetric:
        return _hs256(claims, key.kid, secrets.token_bytes(32))
    private: Any
    if key.alg == "RS256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif key.alg == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        private = ed25519.Ed25519PrivateKey.generate()
    return jwt.encode(dict(claims), private, algorithm=key.alg, headers={"kid": key.kid})


def _public_forms(key: VerificationKey) -> Iterator[tuple[str, bytes]]:
    """The forms of a public key that a faulty verifier may use as an HMAC secret."""
    public = jwt.PyJWK(dict(key.jwk), algorithm=key.alg).key
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    yield "PEM", pem
    yield "JWK", json.dumps(dict(key.jwk), separators=(",", ":")).encode()


# Signed by hand: PyJWT refuses to sign with a public key, and to make an unsigned token with a kid.
def _hs256(claims: Mapping[str, Any], kid: str, secret: bytes) -> str:
    signed = _signed_part({"alg": "HS256", "kid": kid, "typ": "JWT"}, claims)
    return f"{signed}.{_base64url(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _unsigned(claims: Mapping[str, Any], key: VerificationKey) -> str:
    return _signed_part({"alg": "none", "kid": key.kid, "typ": "JWT"}, claims)


def _signed_part(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    return ".".join(_base64url(part) for part in parts)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
