"""Convert a public key in PEM to a JWK for the settings."""

import base64
import hashlib
import json
from typing import Any

_NUMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
"""The members of a thumbprint, in its order (RFC 7638, RFC 8037)."""


class PublicKeyError(Exception):
    """The text is not a usable public key; the message says why."""


def jwk_of_pem(pem: bytes, kid: str | None = None) -> dict[str, Any]:
    """The JWK of an RSA, P-256 or Ed25519 public key, or of the key in a certificate.

    `kid` defaults to the key's thumbprint (RFC 7638). Raises PublicKeyError. The settings check
    whether the key is strong enough.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.x509 import load_pem_x509_certificate
    except ImportError:
        raise PublicKeyError(
            "reading it needs the package cryptography: run `make setup`"
        ) from None
    if b"PRIVATE KEY" in pem:
        raise PublicKeyError(
            "holds a private key, which only the issuer may have; "
            "`openssl pkey -pubout` writes its public key"
        )
    if pem.count(b"-----BEGIN ") > 1:
        raise PublicKeyError("holds more than one key; put each into its own file")
    try:
        if b"CERTIFICATE" in pem:
            public: Any = load_pem_x509_certificate(pem).public_key()
        else:
            public = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PublicKeyError("is not a public key in PEM") from None
    jwk = _jwk(public)
    return {**jwk, "kid": kid or _thumbprint(jwk), "use": "sig"}


def _jwk(public: Any) -> dict[str, Any]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "alg": "RS256", "n": _number(numbers.n), "e": _number(numbers.e)}
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
        point = public.public_numbers()
        x, y = _text(point.x.to_bytes(32, "big")), _text(point.y.to_bytes(32, "big"))
        return {"kty": "EC", "alg": "ES256", "crv": "P-256", "x": x, "y": y}
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "alg": "EdDSA", "crv": "Ed25519", "x": _text(raw)}
    raise PublicKeyError("must be an RSA, P-256 or Ed25519 key, for RS256, ES256 or EdDSA")


def _thumbprint(jwk: dict[str, Any]) -> str:
    members = {name: jwk[name] for name in _NUMBERS[jwk["kty"]]}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return _text(hashlib.sha256(text.encode()).digest())


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
