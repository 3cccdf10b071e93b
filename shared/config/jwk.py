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

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # a larger key only makes each verification slow
MAX_KEYS = 16

_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth")


@dataclass(frozen=True)
class VerificationKey:
    """One key: its ``kid`` ("" if it has none), its one ``alg``, and the JWK itself."""

    kid: str
    alg: str
    jwk: Mapping[str, Any] = field(repr=False)
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Holds the prepared key, which is made once and used for every token."""

    @property
    def symmetric(self) -> bool:
        """Whether the key is a shared secret."""
        return self.alg.startswith("HS")


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
        """The key with that ``kid``. For None: the only key of the set, else None.

        A key without a ``kid`` is the only one of its set, and serves every token.
        """
        if kid is not None and "" not in self._keys:
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
    if len(keys) > 1 and any(not key.kid for key in keys):
        raise ValueError("not a JWKS of sound keys")
    return KeySet(keys)


_HMAC_BYTES: Mapping[str, int] = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Algorithm -> the least bytes of its key: as many as its hash has (RFC 7518, section 3.2)."""

_CURVES: Mapping[str, tuple[str, int]] = {
    "ES256": ("P-256", 32),
    "ES384": ("P-384", 48),
    "ES512": ("P-521", 66),
}
"""Algorithm -> its curve, and the bytes of a coordinate (RFC 7518, section 3.4)."""

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})

_DEFAULT_ALGORITHM: Mapping[tuple[Any, Any], str] = {
    ("RSA", None): "RS256",
    ("OKP", "Ed25519"): "EdDSA",
    **{("EC", curve): algorithm for algorithm, (curve, _) in _CURVES.items()},
}
"""Type and curve -> the algorithm of a published key that names none."""


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
        if len(keys) > 1:
            keys.pop("", None)  # nothing says which tokens it is for
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a JWKS") from None
    if not keys:
        raise ValueError("no usable key")
    return KeySet(tuple(keys.values()))


def _published_key(jwk: Mapping[str, Any]) -> VerificationKey | None:
    kind, curve = jwk.get("kty"), jwk.get("crv")
    try:
        default = _DEFAULT_ALGORITHM[kind, None if kind == "RSA" else curve]
        return _key({**jwk, "alg": jwk.get("alg", default)})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _key(jwk: Mapping[str, Any]) -> VerificationKey:
    """The verification key in a JWK. Raises ValueError, KeyError, TypeError or AttributeError."""
    kid, alg = jwk.get("kid", ""), jwk["alg"]
    if not isinstance(kid, str) or len(kid) > 128 or (not kid and "kid" in jwk):
        raise ValueError
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        raise ValueError
    if any(member in jwk for member in _PRIVATE_MEMBERS):
        raise ValueError  # a verifier must not hold a private key
    kind = jwk["kty"]
    if kind == "oct" and alg in _HMAC_BYTES:
        sound = len(decode_base64url(jwk["k"])) >= _HMAC_BYTES[alg]
    elif kind == "RSA" and alg in _RSA:
        sound = _sound_rsa(jwk)
    elif kind == "EC" and alg in _CURVES:
        curve, size = _CURVES[alg]
        sound = jwk["crv"] == curve and _sized(jwk, size, "x", "y")
    else:
        sound = (kind, alg, jwk.get("crv")) == ("OKP", "EdDSA", "Ed25519") and _sized(jwk, 32, "x")
    if not sound:
        raise ValueError
    return VerificationKey(kid, alg, dict(jwk))


def _sound_rsa(jwk: Mapping[str, Any]) -> bool:
    modulus = int.from_bytes(decode_base64url(jwk["n"]), "big")
    exponent = int.from_bytes(decode_base64url(jwk["e"]), "big")
    sized = MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS
    return sized and modulus % 2 == 1 and exponent % 2 == 1 and 3 <= exponent < 2**32


def _sized(jwk: Mapping[str, Any], size: int, *members: str) -> bool:
    return all(len(decode_base64url(jwk[member])) == size for member in members)


_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def decode_base64url(value: str) -> bytes:
    """Unpadded base64url (RFC 7515). Raises ValueError for anything else."""
    if not _BASE64URL.fullmatch(value):
        raise ValueError("not base64url")
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
