"""Two key pairs that a deployment under attack accepts."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.tokens import base64url

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def public_keys() -> list[dict[str, str]]:
    """The public keys of RSA_KEY and EC_KEY, as JWKs."""
    modulus, point = RSA_KEY.public_key().public_numbers(), EC_KEY.public_key().public_numbers()
    return [
        {
            "kty": "RSA",
            "kid": "rsa-1",
            "alg": "RS256",
            "n": _number(modulus.n),
            "e": _number(modulus.e),
        },
        {
            "kty": "EC",
            "kid": "ec-1",
            "alg": "ES256",
            "crv": "P-256",
            "x": base64url(point.x.to_bytes(32, "big")),
            "y": base64url(point.y.to_bytes(32, "big")),
        },
    ]
