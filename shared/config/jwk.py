"""Keys that verify callers' tokens: a JWKS (RFC 7517), read by strict rules.

The algorithm comes from the key, never from the token. Weak keys are refused when the function
starts. The check needs no asymmetric library.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

MIN_HMAC_BYTES = 32
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # a larger key only makes each verification slow
MAX_KEYS = 16

_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth")


@dataclass(frozen=True)
class VerificationKey:
    """One key: its ``kid``, its one ``alg``, and the JWK itself."""

    kid: str
    alg: str
    jwk: Mapping[str, Any] = field(repr=False)
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Holds the prepared key, which is made once and used for every token."""

    @property
    def symmetric(self) -> bool:
        """Whether the key is a shared secret."""
        return self.alg == "HS256"


class KeySource(Protocol):
    """A source of keys: the settings or a URL."""

    def find(self, kid: str | None) -> VerificationKey | None:
        """The key with that ``kid``. For None: the only key of the set, else None."""


class KeySet:
    """Verification keys by ``kid``, in order."""

    def __init__(self, keys: tuple[VerificationKey, ...]) -> None:
        self._keys = {key.kid: key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[VerificationKey]:
        return iter(self._keys.values())

    def __repr__(self) -> str:
        return f"KeySet({list(self._keys)})"

    def find(self, kid: str | None) -> VerificationKey | None:
        """The key with that ``kid``. For None: the only key of the set, else None."""
        if kid is not None:
            return self._keys.get(kid)
        return next(iter(self)) if len(self) == 1 else None


def parse_key_set(raw: str) -> KeySet:
    """The keys of a JWKS text. Raises ValueError, without the text, if any key is not sound."""
    try:
        document = json.loads(raw)
        listed = document["keys"]
        keys = tuple(_key(jwk) for jwk in listed)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a JWKS of sound keys") from None
    if not 1 <= len(keys) <= MAX_KEYS or len({key.kid for key in keys}) != len(keys):
        raise ValueError("not a JWKS of sound keys")
    return KeySet(keys)


_ALGORITHM_OF: Mapping[tuple[Any, Any], str] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}


def parse_published_keys(raw: bytes) -> KeySet:
    """The usable public keys of a published JWKS. Raises ValueError if it has none.

    A published JWKS also holds keys for other uses, and often omits ``alg``. Unusable keys are
    skipped. A missing ``alg`` follows from the type of the key. A shared secret is never accepted.
    """
    try:
        listed = json.loads(raw)["keys"]
        keys: dict[str, VerificationKey] = {}
        for jwk in listed[: 4 * MAX_KEYS]:
            key = _published_key(jwk)
            if key is not None and key.kid in keys:
                raise ValueError  # two keys with one kid: neither can be trusted
            if key is not None and len(keys) < MAX_KEYS:
                keys[key.kid] = key
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a JWKS") from None
    if not keys:
        raise ValueError("no usable key")
    return KeySet(tuple(keys.values()))


def _published_key(jwk: Mapping[str, Any]) -> VerificationKey | None:
    kind = jwk.get("kty")
    algorithm = _ALGORITHM_OF.get((kind, None if kind == "RSA" else jwk.get("crv")))
    if algorithm is None or jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        return _key({**jwk, "alg": algorithm})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _key(jwk: Mapping[str, Any]) -> VerificationKey:
    kid, alg = jwk["kid"], jwk["alg"]
    if not isinstance(kid, str) or not 1 <= len(kid) <= 128:
        raise ValueError
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        raise ValueError
    if any(member in jwk for member in _PRIVATE_MEMBERS):
        raise ValueError  # a verifier must not hold a private key
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
