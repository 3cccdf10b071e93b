"""The keys that verify callers' tokens: a JWKS (RFC 7517), held to strict rules.

The algorithm belongs to the key, never to the token. Weak keys are refused here, when the
function starts, without loading an asymmetric library.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MIN_HMAC_BYTES = 32
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # larger ones only make each verification slow
MAX_KEYS = 16

_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth")


@dataclass(frozen=True)
class VerificationKey:
    """One key: ``kid``, the one ``alg`` it serves, and the JWK itself."""

    kid: str
    alg: str
    jwk: Mapping[str, Any] = field(repr=False)

    @property
    def symmetric(self) -> bool:
        """Whether the key is a shared secret."""
        return self.alg == "HS256"


class KeySet:
    """Verification keys by ``kid``, in order."""

    def __init__(self, keys: tuple[VerificationKey, ...]) -> None:
        self._keys = {key.kid: key for key in keys}
        self._prepared: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[VerificationKey]:
        return iter(self._keys.values())

    def __repr__(self) -> str:
        return f"KeySet({list(self._keys)})"

    def find(self, kid: str | None) -> VerificationKey | None:
        """The key of that ``kid``; without one, the only key there is."""
        if kid is not None:
            return self._keys.get(kid)
        return next(iter(self)) if len(self) == 1 else None

    def prepared(self, key: VerificationKey, prepare: Callable[..., Any]) -> Any:
        """The key as the library wants it, made once (a public key takes 0.1 ms to load)."""
        if key.kid not in self._prepared:
            self._prepared[key.kid] = prepare(dict(key.jwk), algorithm=key.alg).key
        return self._prepared[key.kid]


def parse_key_set(raw: str) -> KeySet:
    """A JWKS text as a KeySet. Raises ValueError, without the text, for anything but sound keys."""
    try:
        document = json.loads(raw)
        listed = document["keys"]
        keys = tuple(_key(jwk) for jwk in listed)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a JWKS of sound keys") from None
    if not 1 <= len(keys) <= MAX_KEYS or len({key.kid for key in keys}) != len(keys):
        raise ValueError("not a JWKS of sound keys")
    return KeySet(keys)


def _key(jwk: Mapping[str, Any]) -> VerificationKey:
    kid, alg = jwk["kid"], jwk["alg"]
    if not isinstance(kid, str) or not 1 <= len(kid) <= 128:
        raise ValueError
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        raise ValueError
    if any(member in jwk for member in _PRIVATE_MEMBERS):
        raise ValueError  # a private key has no business in a verifier
    sound = {
        ("oct", "HS256"): _sound_secret,
        ("RSA", "RS256"): _sound_rsa,
        ("EC", "ES256"): _sound_p256,
        ("OKP", "EdDSA"): _sound_ed25519,
    }.get((jwk["kty"], alg))
    if sound is None or not sound(jwk):
        raise ValueError
    return VerificationKey(kid, alg, dict(jwk))


def _sound_secret(jwk: Mapping[str, Any]) -> bool:
    return len(decode_base64url(jwk["k"])) >= MIN_HMAC_BYTES


def _sound_rsa(jwk: Mapping[str, Any]) -> bool:
    modulus = int.from_bytes(decode_base64url(jwk["n"]), "big")
    exponent = int.from_bytes(decode_base64url(jwk["e"]), "big")
    sized = MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS
    return sized and modulus % 2 == 1 and exponent % 2 == 1 and 3 <= exponent < 2**32


def _sound_p256(jwk: Mapping[str, Any]) -> bool:
    sized = all(len(decode_base64url(jwk[member])) == 32 for member in ("x", "y"))
    return bool(jwk["crv"] == "P-256") and sized


def _sound_ed25519(jwk: Mapping[str, Any]) -> bool:
    return bool(jwk["crv"] == "Ed25519") and len(decode_base64url(jwk["x"])) == 32


_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def decode_base64url(value: str) -> bytes:
    """Unpadded base64url (RFC 7515). Raises ValueError for anything else."""
    if not _BASE64URL.fullmatch(value):
        raise ValueError("not base64url")
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
