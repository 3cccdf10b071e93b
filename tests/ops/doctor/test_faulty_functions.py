"""The doctor finds functions that accept what they must refuse, and does no harm."""

from __future__ import annotations

import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import faulty_function
from tests.support.doctor_target import DoctorRun, DoctorTarget

FORGED = {
    "alg none": {"unsigned (alg none)"},
    "no expiry": {"expired"},
    "any audience": {"for another audience"},
}


def run_doctor(
    target: DoctorTarget, url: str, function: str = "upload", **settings: str
) -> DoctorRun:
    document = target.rendered(VODPASS_CORS_ORIGINS="", **settings)
    document["resources"] = {function: document["resources"][function]}
    return target.check("--no-account", document=document, url=url)


def test_a_correct_function_passes(target: DoctorTarget) -> None:
    keys = target.stack.keys
    with faulty_function.serve("none", keys.secret, keys.kid) as url:
        assert run_doctor(target, url).codes == set()


@pytest.mark.parametrize("mistake", ["alg none", "no signature", "no expiry", "any audience"])
def test_tokens_that_should_be_refused(target: DoctorTarget, mistake: str) -> None:
    keys = target.stack.keys
    with faulty_function.serve(mistake, keys.secret, keys.kid) as url:
        found = run_doctor(target, url)
    assert found.codes == {"forged-token"}
    told = " ".join(one["what"] for one in found.report["findings"])
    for fault in FORGED.get(
        mistake, {"signed with an unknown key (HS256)", "signed with an unknown kid"}
    ):
        assert f"It answers 400, not 401, to a token that is {fault}." in told


def test_a_token_signed_with_the_public_key(target: DoctorTarget) -> None:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
    del jwk["key_ops"]
    keys = json.dumps({"keys": [{**jwk, "kid": "issuer", "alg": "RS256"}]})
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with faulty_function.serve("HS256 with a public key", b"x" * 32, "issuer", pem) as url:
        found = run_doctor(target, url, VODPASS_JWT_KEYS=keys)
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
def test_wrong_answers(target: DoctorTarget, mistake: str, code: str) -> None:
    keys = target.stack.keys
    with faulty_function.serve(mistake, keys.secret, keys.kid) as url:
        assert run_doctor(target, url).codes == {code}


def test_a_receiver_that_accepts_any_signature(target: DoctorTarget) -> None:
    with faulty_function.serve("any signature of a callback", b"", "") as url:
        found = run_doctor(target, url, "events")
    assert found.codes == {"forged-callback"}
    told = {one["what"] for one in found.report["findings"]}
    assert told == {
        "It answers 400, not 401, to a callback that is signed with an unknown key.",
        "It answers 400, not 401, to a callback that is an hour old.",
    }


def test_a_function_that_cannot_verify_is_not_called_faulty(target: DoctorTarget) -> None:
    keys = target.stack.keys
    with faulty_function.serve("no keys", keys.secret, keys.kid) as url:
        found = run_doctor(target, url)
    assert found.codes == set()
    assert found.exit_code == 2
    assert "503 Unavailable" in found.report["could_not"][0]["text"]
