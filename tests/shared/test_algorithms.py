"""Every algorithm that issuers sign with, and keys that are too weak for it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from shared.auth.token import authenticate
from shared.config.jwk import KeySet, parse_key_set, parse_published_keys
from shared.config.settings import Settings
from shared.errors import InvalidToken

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVES: dict[str, ec.EllipticCurve] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
}
BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
ALGORITHMS = [*BYTES, "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", *CURVES, "EdDSA"]


def made(alg: str) -> tuple[Any, dict[str, Any]]:
    """A private key and its JWK, without kid."""
    if alg in BYTES:
        secret = secrets.token_bytes(BYTES[alg])
        return secret, {"kty": "oct", "k": encoded(secret), "alg": alg}
    if alg in CURVES:
        key = ec.generate_private_key(CURVES[alg])
        jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return key, {**jwk, "alg": alg}
    if alg == "EdDSA":
        ed = ed25519.Ed25519PrivateKey.generate()
        return ed, {**OKPAlgorithm.to_jwk(ed.public_key(), as_dict=True), "alg": alg}
    return RSA_KEY, {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "alg": alg}


def encoded(data: bytes) -> str:
    return jwt.utils.base64url_encode(data).decode()


def token(key: Any, alg: str, **headers: Any) -> str:
    now = int(time.time())
    claims = {"iss": "i", "aud": "a", "sub": "alice", "iat": now, "exp": now + 600}
    return jwt.encode(claims, key, algorithm=alg, headers=headers)


def accepted(keys: KeySet, text: str) -> bool:
    settings = Settings(jwt_keys=keys, jwt_issuer="i", jwt_audience="a", issuer_alias="main")
    try:
        return authenticate(f"Bearer {text}", settings, keys).subject == "alice"
    except InvalidToken:
        return False


def configured(*jwks: dict[str, Any]) -> KeySet:
    return parse_key_set(json.dumps({"keys": jwks}))


def published(*jwks: dict[str, Any]) -> KeySet:
    return parse_published_keys(json.dumps({"keys": jwks}).encode())


Parse = Callable[..., KeySet]


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("parse", [configured, published])
def test_a_token_verifies_only_with_the_algorithm_of_its_key(parse: Parse, alg: str) -> None:
    key, jwk = made(alg)
    if parse is published and alg in BYTES:
        with pytest.raises(ValueError, match="usable"):
            parse({**jwk, "kid": "k"})
        return
    keys = parse({**jwk, "kid": "k"})
    assert accepted(keys, token(key, alg, kid="k"))
    for other in ALGORITHMS:
        same_kind = other != alg and other[:2] in ("RS", "PS") and alg[:2] in ("RS", "PS")
        shorter = alg in BYTES and other in BYTES and BYTES[other] < BYTES[alg]
        if same_kind or shorter:
            assert not accepted(keys, token(key, other, kid="k")), "each key has one algorithm"


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("parse", [configured, published])
def test_a_single_key_without_kid_verifies_every_token(parse: Parse, alg: str) -> None:
    key, jwk = made(alg)
    if parse is published and alg in BYTES:
        return
    keys = parse(jwk)
    assert accepted(keys, token(key, alg))
    assert accepted(keys, token(key, alg, kid="anything"))
    stranger, _ = made("ES256" if alg != "ES256" else "ES384")
    assert not accepted(keys, token(stranger, "ES256" if alg != "ES256" else "ES384"))


def test_each_of_several_keys_needs_a_kid() -> None:
    _, first = made("ES256")
    key, second = made("ES384")
    with pytest.raises(ValueError, match="not a JWKS"):
        configured(first, {**second, "kid": "k"})
    keys = published(first, {**second, "kid": "k"})
    assert accepted(keys, token(key, "ES384", kid="k"))
    assert [one.kid for one in keys] == ["k"]


def test_a_published_rsa_key_without_alg_uses_rs256() -> None:
    key, jwk = made("RS256")
    del jwk["alg"]
    keys = published({**jwk, "kid": "k"})
    assert accepted(keys, token(key, "RS256", kid="k"))
    assert not accepted(keys, token(key, "PS256", kid="k"))


@pytest.mark.parametrize("alg", list(CURVES))
def test_a_published_curve_without_alg_sets_the_algorithm(alg: str) -> None:
    key, jwk = made(alg)
    del jwk["alg"]
    assert accepted(published({**jwk, "kid": "k"}), token(key, alg, kid="k"))


@pytest.mark.parametrize("alg", list(BYTES))
def test_an_hmac_key_has_at_least_the_bytes_of_its_hash(alg: str) -> None:
    short = {"kty": "oct", "kid": "k", "alg": alg, "k": encoded(b"x" * (BYTES[alg] - 1))}
    with pytest.raises(ValueError, match="not a JWKS"):
        configured(short)


@pytest.mark.parametrize(
    ("alg", "changes"),
    [
        ("ES256", {"alg": "ES384"}),
        ("ES384", {"crv": "P-256"}),
        ("ES512", {"alg": "ES256"}),
        ("EdDSA", {"crv": "Ed448"}),
        ("EdDSA", {"alg": "ES256"}),
        ("RS256", {"alg": "HS256"}),
        ("RS256", {"alg": "ES256"}),
        ("RS256", {"alg": "none"}),
        ("HS256", {"alg": "RS256"}),
        ("HS256", {"kid": ""}),
        ("HS256", {"kid": 5}),
    ],
)
def test_a_key_that_does_not_fit_its_algorithm_is_refused(
    alg: str, changes: dict[str, Any]
) -> None:
    _, jwk = made(alg)
    with pytest.raises(ValueError, match="not a JWKS"):
        configured({**jwk, "kid": "k", **changes})
