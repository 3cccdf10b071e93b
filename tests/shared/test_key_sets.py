"""Which keys verify tokens: the weakest that is sound, and each that is not."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from shared.config.jwk import (
    VerificationKey,
    decode_base64url,
    parse_key_set,
    parse_published_keys,
)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def rsa(bits: int = 2048, exponent: int = 65537, **changes: Any) -> dict[str, Any]:
    """An RSA key whose modulus is odd. It is not a product of primes: nothing here asks."""
    jwk = {"kty": "RSA", "alg": "RS256", "n": number((1 << bits) - 1), "e": number(exponent)}
    return {**jwk, **changes}


def oct_key(length: int = 32, **changes: Any) -> dict[str, Any]:
    return {"kty": "oct", "alg": "HS256", "k": encoded(b"k" * length), **changes}


def curve(alg: str, crv: str, x: int, y: int) -> dict[str, Any]:
    """A key with coordinates of so many bytes."""
    return {"kty": "EC", "alg": alg, "crv": crv, "x": encoded(b"x" * x), "y": encoded(b"y" * y)}


ED25519 = {"kty": "OKP", "alg": "EdDSA", "crv": "Ed25519", "x": encoded(b"x" * 32)}

SOUND = [
    *(rsa(), rsa(8192), rsa(exponent=3), rsa(exponent=2**32 - 1)),
    *(rsa(alg=alg) for alg in ("RS384", "RS512", "PS256", "PS384", "PS512")),
    *(oct_key(), oct_key(48, alg="HS384"), oct_key(64, alg="HS512"), oct_key(100)),
    *(curve("ES256", "P-256", 32, 32), curve("ES384", "P-384", 48, 48)),
    *(curve("ES512", "P-521", 66, 66), ED25519),
    *(rsa(kid="k" * 128), rsa(use="sig"), rsa(key_ops=["verify"]), rsa(key_ops=["sign", "verify"])),
]


@pytest.mark.parametrize("jwk", SOUND)
def test_a_sound_key_is_taken_as_it_is(jwk: dict[str, Any]) -> None:
    [key] = parse_key_set(json.dumps({"keys": [jwk]}))
    assert key == VerificationKey(jwk.get("kid", ""), jwk["alg"], jwk)
    assert key.symmetric is (jwk["kty"] == "oct")
    if jwk["kty"] != "oct":
        [published] = parse_published_keys(json.dumps({"keys": [jwk]}).encode())
        assert published == key


UNSOUND = [
    *(rsa(2047), rsa(8193), rsa(exponent=1), rsa(exponent=2), rsa(exponent=65536)),
    *(rsa(exponent=2**32), rsa(exponent=2**32 + 1), rsa(n=number((1 << 2048) - 2))),
    *(rsa(alg="RS1"), rsa(alg="HS256"), rsa(alg="ES256"), rsa(alg="none"), rsa(alg=None)),
    *(oct_key(31), oct_key(47, alg="HS384"), oct_key(63, alg="HS512"), oct_key(alg="RS256")),
    *(curve("ES256", "P-256", 31, 32), curve("ES256", "P-256", 32, 33)),
    *(curve("ES256", "P-384", 32, 32), curve("ES384", "P-384", 48, 47)),
    *(curve("ES512", "P-521", 65, 66), curve("EdDSA", "Ed25519", 32, 32)),
    *({**ED25519, "crv": "X25519"}, {**ED25519, "x": encoded(b"x" * 31)}),
    *({**ED25519, "alg": "ES256"}, {**ED25519, "kty": "EC"}),
    # The type of a key and its algorithm must agree, whatever members it has.
    *({**oct_key(), "kty": kind} for kind in ("RSA", "EC", "OKP", None)),
    *({**curve("ES256", "P-256", 32, 32), "kty": kind} for kind in ("RSA", "OKP", "oct")),
    *({**rsa(), "kty": kind} for kind in ("EC", "OKP", "oct")),
    *({**rsa(), "kty": []}, {**rsa(), "kty": {}}, {**curve("ES256", "P-256", 32, 32), "crv": []}),
    *(rsa(kid="k" * 129), rsa(kid=""), rsa(kid=5), rsa(kid=None)),
    *(rsa(use="enc"), rsa(use=None), rsa(key_ops=["sign"]), rsa(key_ops=[])),
    *({**rsa(), member: "AQ"} for member in ("d", "p", "q", "dp", "dq", "qi", "oth")),
    *({**ED25519, "d": "AQ"}, rsa(n="A+/="), rsa(e="AQAB="), rsa(n=5), oct_key(k="A")),
    *({"kty": "RSA", "alg": "RS256"}, {"alg": "RS256"}, {}, "a", None, 5),
]


@pytest.mark.parametrize("jwk", UNSOUND, ids=lambda jwk: json.dumps(jwk)[:60])
def test_no_set_holds_an_unsound_key(jwk: Any) -> None:
    for listed in ([jwk], [rsa(kid="a"), jwk]):
        with pytest.raises(ValueError, match=r"^not a JWKS of sound keys$"):
            parse_key_set(json.dumps({"keys": listed}))


@pytest.mark.parametrize(
    "jwk", [one for one in UNSOUND if isinstance(one, dict) and one.get("alg", "")]
)
def test_an_unsound_published_key_is_skipped(jwk: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^no usable key$"):
        parse_published_keys(json.dumps({"keys": [jwk]}).encode())
    kept = parse_published_keys(json.dumps({"keys": [jwk, rsa(kid="a")]}).encode())
    assert [key.kid for key in kept] == ["a"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "null", '{"keys": 5}', '{"keys": null}', '{"keys": [5]}', "[" * 10000],
)
def test_another_document_is_no_set(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a JWKS of sound keys$"):
        parse_key_set(text)
    with pytest.raises(ValueError, match=r"^not a JWKS$"):
        parse_published_keys(text.encode())


def test_a_set_has_1_to_16_keys_of_different_kid() -> None:
    keys = [oct_key(kid=f"k{n}") for n in range(17)]
    found = parse_key_set(json.dumps({"keys": keys[:16]}))
    assert len(found) == 16
    assert [key.kid for key in found] == [f"k{n}" for n in range(16)]
    for wrong in ([], keys, [keys[0], keys[0]], [keys[0], oct_key()], [oct_key(), oct_key()]):
        with pytest.raises(ValueError, match=r"^not a JWKS of sound keys$"):
            parse_key_set(json.dumps({"keys": wrong}))


def test_a_key_is_found_by_its_kid() -> None:
    two = parse_key_set(json.dumps({"keys": [oct_key(kid="a"), oct_key(kid="b")]}))
    found = two.find("b")
    assert found is not None
    assert found.kid == "b"
    assert (two.find("c"), two.find(""), two.find(None)) == (None, None, None)
    one = parse_key_set(json.dumps({"keys": [oct_key(kid="a")]}))
    assert one.find(None) is one.find("a") is not None
    assert one.find("b") is None
    # A key without a kid serves every token.
    nameless = parse_key_set(json.dumps({"keys": [oct_key()]}))
    assert nameless.find("b") is nameless.find(None) is not None


def test_a_set_shows_its_kids_alone() -> None:
    keys = parse_key_set(json.dumps({"keys": [oct_key(kid="a"), oct_key(kid="b")]}))
    assert repr(keys) == "KeySet(['a', 'b'])"
    assert encoded(b"k" * 32) not in repr(list(keys))


def published(*jwks: Any) -> list[tuple[str, str]]:
    """The usable ones: kid and algorithm of each."""
    found = parse_published_keys(json.dumps({"keys": jwks}).encode())
    return [(key.kid, key.alg) for key in found]


def test_a_published_key_may_name_no_algorithm() -> None:
    for jwk in SOUND:
        if jwk["kty"] == "oct" or jwk["alg"] in ("RS384", "RS512", "PS256", "PS384", "PS512"):
            continue
        unnamed = {name: value for name, value in jwk.items() if name != "alg"}
        assert published(unnamed) == [(jwk.get("kid", ""), jwk["alg"])]
        # A member crv says nothing about an RSA key.
        assert jwk["kty"] != "RSA" or published({**unnamed, "crv": "P-256"}) == published(unnamed)
    with pytest.raises(ValueError, match=r"^no usable key$"):
        published({"kty": "EC", "crv": "secp256k1", "x": encoded(b"x" * 32)})


def test_a_published_secret_is_never_a_key() -> None:
    with pytest.raises(ValueError, match=r"^no usable key$"):
        published(oct_key(kid="a"), oct_key(64, alg="HS512", kid="b"))
    assert published(oct_key(kid="a"), rsa(kid="a")) == [("a", "RS256")]


def test_two_published_keys_of_one_kid_make_the_set_useless() -> None:
    with pytest.raises(ValueError, match=r"^not a JWKS$"):
        published(rsa(kid="a"), rsa(kid="b"), rsa(kid="a", alg="PS256"))


def test_a_published_key_without_kid_counts_only_alone() -> None:
    assert published(rsa()) == [("", "RS256")]
    assert published(rsa(), rsa(kid="a")) == [("a", "RS256")]
    assert published(rsa(kid="a"), rsa(kid="b")) == [("a", "RS256"), ("b", "RS256")]


def test_of_many_published_keys_16_are_kept_and_64_looked_at() -> None:
    many = [rsa(kid=f"k{n}") for n in range(17)]
    assert published(*many) == [(f"k{n}", "RS256") for n in range(16)]
    other = {"kty": "other"}
    assert published(*[other] * 63, rsa()) == [("", "RS256")]
    with pytest.raises(ValueError, match=r"^no usable key$"):
        published(*[other] * 64, rsa())


@pytest.mark.parametrize("length", range(6))
def test_base64url_has_no_padding(length: int) -> None:
    data = b"\xfb\xff\xfe"[:length] * 2
    text = encoded(data)
    assert decode_base64url(text) == data
    for wrong in (text + "=", text + " ", text + "+", text + "/", text + "\n", "A", "AAAAA"):
        with pytest.raises(ValueError, match=r"^not base64url$"):
            decode_base64url(wrong)
