"""Functions that admit what they should refuse are found out, without harm."""

from __future__ import annotations

import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.ops.doctor import careless
from tests.ops.doctor.conftest import Examined, Hospital

FORGED = {
    "alg none": {"unsigned (alg none)"},
    "no expiry": {"expired"},
    "any audience": {"of another audience"},
}


def examined(hospital: Hospital, url: str, function: str = "upload", **settings: str) -> Examined:
    document = hospital.rendered(VODPASS_CORS_ORIGINS="", **settings)
    document["resources"] = {function: document["resources"][function]}
    return hospital.examine("--no-account", document=document, url=url)


def test_a_careful_function_passes(hospital: Hospital) -> None:
    keys = hospital.stack.keys
    with careless.serve("none", keys.secret, keys.kid) as url:
        assert examined(hospital, url).codes == set()


@pytest.mark.parametrize("mistake", ["alg none", "no signature", "no expiry", "any audience"])
def test_tokens_that_should_be_refused(hospital: Hospital, mistake: str) -> None:
    keys = hospital.stack.keys
    with careless.serve(mistake, keys.secret, keys.kid) as url:
        found = examined(hospital, url)
    assert found.codes == {"forged-token"}
    told = " ".join(one["what"] for one in found.report["findings"])
    for fault in FORGED.get(mistake, {"signed with a key of its own (HS256)", "kid of no key"}):
        assert f"A token that is {fault} is answered with 400" in told


def test_a_token_signed_with_the_public_key(hospital: Hospital) -> None:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
    del jwk["key_ops"]
    keys = json.dumps({"keys": [{**jwk, "kid": "issuer", "alg": "RS256"}]})
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with careless.serve("HS256 with a public key", b"x" * 32, "issuer", pem) as url:
        found = examined(hospital, url, VODPASS_JWT_KEYS=keys)
    assert "HS256, signed with the public key as PEM" in found.found("forged-token")["what"]


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ("no token", "no-token-accepted"),
        ("stored", "header"),
        ("any origin", "cors-open"),
        ("no Allow", "methods"),
    ],
)
def test_answers_that_are_not_as_they_should_be(
    hospital: Hospital, mistake: str, code: str
) -> None:
    keys = hospital.stack.keys
    with careless.serve(mistake, keys.secret, keys.kid) as url:
        assert examined(hospital, url).codes == {code}


def test_a_receiver_that_takes_any_signature(hospital: Hospital) -> None:
    with careless.serve("any signature of a callback", b"", "") as url:
        found = examined(hospital, url, "events")
    assert found.codes == {"forged-callback"}
    told = {one["what"] for one in found.report["findings"]}
    assert told == {
        "It answers 400, not 401, to a callback that is signed with a key of nobody's.",
        "It answers 400, not 401, to a callback that is an hour old.",
    }


def test_a_function_that_cannot_tell_is_not_taken_for_a_careless_one(hospital: Hospital) -> None:
    keys = hospital.stack.keys
    with careless.serve("no keys", keys.secret, keys.kid) as url:
        found = examined(hospital, url)
    assert found.codes == set()
    assert found.exit_code == 2
    assert "503 Unavailable" in found.report["could_not"][0]["text"]
