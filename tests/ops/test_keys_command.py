"""`python -m ops.keys`: what it makes is what the functions take, and it shows no secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import os
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ops.keys import main
from shared.auth.ownership import Owner, new_mark, owns
from shared.auth.token import authenticate
from shared.config.jwk import MAX_KEYS
from shared.config.settings import Settings, load
from shared.config.uses import USES
from shared.config.variables import VARIABLES

PROJECT = Path(__file__).resolve().parents[2]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WEAK_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - refused
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()

Done = subprocess.CompletedProcess[str]


def keys(
    *arguments: str,
    stdin: str = "",
    environment: dict[str, str] | None = None,
    packages: bool = False,
) -> Done:
    """Run the command as an operator does; without `packages`, where nothing is installed."""
    return subprocess.run(
        [sys.executable, *([] if packages else ["-S"]), "-m", "ops.keys", *arguments],
        input=stdin,
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def made(*arguments: str, stdin: str = "", **further: Any) -> str:
    done = keys(*arguments, stdin=stdin, **further)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return done.stdout.removesuffix("\n")


def pem(public: Any) -> bytes:
    encoded: bytes = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def settings(jwks: str, owner_keys: str) -> Settings:
    environment = {
        "VODPASS_REGION": "cn-shanghai",
        "VODPASS_JWT_KEYS": jwks,
        "VODPASS_JWT_ISSUER": "https://login.example.com/",
        "VODPASS_JWT_AUDIENCE": "vodpass",
        "VODPASS_ISSUER_ALIAS": "main",
        "VODPASS_OWNER_KEYS": owner_keys,
    }
    return load(environment, USES["upload"])


def token(secret: bytes, kid: str) -> str:
    now = int(time.time())
    claims = {
        "iss": "https://login.example.com/",
        "aud": "vodpass",
        "sub": "alice",
        "iat": now,
        "exp": now + 600,
    }
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": kid})


def secret_of(jwk: dict[str, str]) -> bytes:
    return base64.urlsafe_b64decode(jwk["k"] + "==")


def test_a_rotated_jwt_key_refuses_neither_old_nor_new_tokens() -> None:
    first = made("jwt", "new")
    second = made("jwt", "rotate", stdin=first)
    newest, older = json.loads(second)["keys"]
    assert [older] == json.loads(first)["keys"]
    assert newest["kid"] != older["kid"]
    assert re.fullmatch(r"\d{8}-[0-9a-f]{8}", newest["kid"])
    loaded = settings(second, made("owner", "new"))
    assert loaded.jwt_keys is not None
    for jwk in (newest, older):
        assert len(secret_of(jwk)) == 32
        bearer = f"Bearer {token(secret_of(jwk), jwk['kid'])}"
        assert authenticate(bearer, loaded, loaded.jwt_keys).subject == "alice"
    assert json.loads(made("jwt", "retire", older["kid"], stdin=second))["keys"] == [newest]


def test_a_mark_made_before_a_rotation_is_its_owners_after_it() -> None:
    first = made("owner", "new")
    jwks = made("jwt", "new")
    alice = Owner("main", "alice")
    mark = new_mark(settings(jwks, first), alice)
    second = made("owner", "rotate", stdin=first)
    assert second.endswith(f",{first}")
    rotated = settings(jwks, second)
    assert owns(rotated, alice, mark)
    assert new_mark(rotated, alice)[2:4] == second[:2]


def test_an_owner_key_gets_an_id_that_is_free() -> None:
    ids = [a + b for a in "abcdefghijklmnopqrstuvwxyz0123456789" for b in "abcdefghij0123456789"]
    # As many as one call can be given; the free ones are those that end in k to z.
    secret = base64.b64encode(bytes(32)).decode()
    present = ",".join(f"{key_id}:{secret}" for key_id in ids)
    rotated = made("owner", "rotate", stdin=present)
    assert rotated[:2] not in ids
    assert len(VARIABLES["VODPASS_OWNER_KEYS"].parse(rotated)) == len(ids) + 1


def test_no_owner_key_can_be_dropped() -> None:
    done = keys("owner", "retire", "k1", stdin=made("owner", "new"))
    assert (done.returncode, done.stdout) == (2, "")


def test_a_webhook_secret_signs_as_standard_webhooks_asks() -> None:
    first = made("webhook", "new")
    second = made("webhook", "rotate", stdin=first)
    newest, older = second.split(",")
    assert older == first
    for secret in (newest, older):
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        assert secret.startswith("whsec_")
        assert 24 <= len(key) <= 64
        assert len(hmac.digest(key, b"msg_1.1700000000.{}", hashlib.sha256)) == 32
    third = made("webhook", "rotate", stdin=second)
    assert third.split(",")[1] == newest
    assert made("webhook", "retire", stdin=third) == third.split(",")[0]


def test_nothing_is_made_twice() -> None:
    for kind in ("jwt", "owner", "webhook"):
        assert made(kind, "new") != made(kind, "new")


@pytest.mark.parametrize("private", [RSA, EC, ED], ids=["RSA", "EC", "Ed25519"])
@pytest.mark.parametrize("form", ["key", "certificate"])
def test_an_issuers_public_key_becomes_a_jwk_that_verifies(
    tmp_path: Path, private: Any, form: str
) -> None:
    file = tmp_path / "issuer.pem"
    file.write_bytes(pem(private.public_key()) if form == "key" else certificate(private))
    raw = made("jwt", "public", str(file), "--kid", "2026-11", packages=True)
    loaded = settings(raw, made("owner", "new"))
    assert loaded.jwt_keys is not None
    (key,) = loaded.jwt_keys
    now = int(time.time())
    claims = {"iss": loaded.jwt_issuer, "aud": "vodpass", "sub": "a", "iat": now, "exp": now + 9}
    signed = jwt.encode(claims, private, algorithm=key.alg, headers={"kid": "2026-11"})
    assert authenticate(f"Bearer {signed}", loaded, loaded.jwt_keys).subject == "a"


def certificate(private: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    start = datetime.now(timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
    )
    signed = built.sign(private, None if private is ED else hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def test_a_kid_that_nobody_gave_is_the_keys_thumbprint(tmp_path: Path) -> None:
    """The key and the thumbprint of RFC 7638, section 3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ"
        "ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW"
        "2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQ"
        "Fh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    modulus = int.from_bytes(base64.urlsafe_b64decode(n + "=="), "big")
    file = tmp_path / "key.pem"
    file.write_bytes(pem(rsa.RSAPublicNumbers(65537, modulus).public_key()))
    (jwk,) = json.loads(made("jwt", "public", str(file), packages=True))["keys"]
    assert (jwk["n"], jwk["e"]) == (n, "AQAB")
    assert jwk["kid"] == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_an_issuers_next_key_is_put_before_the_present(tmp_path: Path) -> None:
    old, new = tmp_path / "old.pem", tmp_path / "new.pem"
    old.write_bytes(pem(RSA.public_key()))
    new.write_bytes(pem(EC.public_key()))
    present = made("jwt", "public", str(old), "--kid", "old", packages=True)
    both = made("jwt", "public", str(new), "--add", stdin=present, packages=True)
    assert [key["alg"] for key in json.loads(both)["keys"]] == ["ES256", "RS256"]
    again = keys("jwt", "public", str(old), "--kid", "old", "--add", stdin=both, packages=True)
    assert (again.returncode, again.stdout) == (1, "")
    assert "two keys have the same kid" in again.stderr


def test_what_is_no_public_key_for_the_settings_is_refused(tmp_path: Path) -> None:
    private = RSA.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for content, reason in (
        (pem(WEAK_RSA.public_key()), "of 2048 bits or more"),
        (pem(ec.generate_private_key(ec.SECP384R1()).public_key()), "must be an RSA, P-256 or"),
        (private, "holds a private key"),
        (pem(RSA.public_key()) * 2, "more than one key"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "not a public key"),
        (b"", "not a public key"),
        (os.urandom(200), "not a public key"),
    ):
        file = tmp_path / "key.pem"
        file.write_bytes(content)
        done = keys("jwt", "public", str(file), packages=True)
        assert (done.returncode, done.stdout) == (1, "")
        assert reason in done.stderr
    missing = keys("jwt", "public", str(tmp_path / "none.pem"), packages=True)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "No such file" in missing.stderr
    uneven = keys("jwt", "public", str(file), "--kid", "a", "--kid", "b", packages=True)
    assert (uneven.returncode, uneven.stdout) == (1, "")


def test_without_the_package_a_public_key_is_refused_and_the_remedy_named(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(RSA.public_key()))
    done = keys("jwt", "public", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "make setup" in done.stderr


SHORT = base64.b64encode(b"a short secret").decode()
WEAK = {
    "VODPASS_JWT_KEYS": json.dumps(
        {"keys": [{"kty": "oct", "kid": "a", "alg": "HS256", "k": SHORT.rstrip("=")}]}
    ),
    "VODPASS_OWNER_KEYS": f"k1:{SHORT}",
    "VODPASS_WEBHOOK_SECRETS": f"whsec_{SHORT}",
}
KIND = {
    "jwt": "VODPASS_JWT_KEYS",
    "owner": "VODPASS_OWNER_KEYS",
    "webhook": "VODPASS_WEBHOOK_SECRETS",
}


@pytest.mark.parametrize("kind", sorted(KIND))
@pytest.mark.parametrize("action", ["rotate", "list"])
@pytest.mark.parametrize("from_environment", [False, True])
def test_a_weak_or_strange_present_value_is_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    action: str,
    from_environment: bool,
) -> None:
    main([kind, "new"])
    sound = capsys.readouterr().out.strip()
    for wrong in (WEAK[KIND[kind]], f"x{sound}", sound[:-6], "replace me", "[" * 9000, "é" * 20):
        if from_environment:
            monkeypatch.setenv(KIND[kind], wrong)
        else:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(wrong.encode())))
        assert main([kind, action, *(["--env"] if from_environment else [])]) == 1
        written = capsys.readouterr()
        assert written.out == ""
        assert f"refused: {KIND[kind]} must be " in written.err
        assert SHORT.rstrip("=") not in written.err
        assert wrong[:12] not in written.err


@pytest.mark.parametrize("kind", sorted(KIND))
def test_nothing_at_all_is_refused(kind: str) -> None:
    for done in (
        keys(kind, "rotate"),
        keys(kind, "rotate", "--env"),
        keys(kind, "list", stdin="\n"),
    ):
        assert (done.returncode, done.stdout) == (1, "")
        assert "is empty" in done.stderr
    noise = subprocess.run(
        [sys.executable, "-S", "-m", "ops.keys", kind, "list"],
        input=bytes(range(128, 256)),
        cwd=PROJECT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (noise.returncode, noise.stdout) == (1, b"")
    assert noise.stderr.startswith(b"refused: ")
    flood = keys(kind, "list", stdin="a" * 70_000)
    assert (flood.returncode, flood.stdout) == (1, "")


@pytest.mark.parametrize("kind", sorted(KIND))
def test_a_list_shows_no_secret(kind: str) -> None:
    present = made(kind, "rotate", stdin=made(kind, "new"))
    for done in (
        keys(kind, "list", stdin=present),
        keys(kind, "list", "--env", environment={KIND[kind]: present}),
    ):
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) == 2
        for line in done.stdout.splitlines():
            assert re.search(r"  (HS256|HMAC-SHA256)  256 bits", line)
        parts = re.findall(r"[A-Za-z0-9+/_-]{20,}", present)
        assert len(parts) >= 2
        assert not any(part in done.stdout for part in parts)


def test_a_list_names_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_bytes(pem(RSA.public_key()))
    present = made(
        *("jwt", "public", str(file), "--kid", "issuer", "--add"),
        stdin=made("jwt", "new"),
        packages=True,
    )
    rsa_line, hmac_line = keys("jwt", "list", stdin=present).stdout.splitlines()
    assert rsa_line.split() == ["issuer", "RS256", "2048", "bits"]
    assert hmac_line.split()[1:] == ["HS256", "256", "bits"]
    owner_keys = made("owner", "rotate", stdin=f"k1:{base64.b64encode(bytes(48)).decode()}")
    newest, older = keys("owner", "list", stdin=owner_keys).stdout.splitlines()
    assert newest.startswith(f"{owner_keys[:2]}  HMAC-SHA256  256 bits  signs and verifies")
    assert older == "k1  HMAC-SHA256  384 bits  verifies"


def test_a_kid_cannot_write_to_the_terminal() -> None:
    (jwk,) = json.loads(made("jwt", "new"))["keys"]
    done = keys("jwt", "list", stdin=json.dumps({"keys": [{**jwk, "kid": "\x1b[2Ja\nb"}]}))
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_a_retired_key_must_be_there_and_not_the_last() -> None:
    present = made("jwt", "new")
    kid = json.loads(present)["keys"][0]["kid"]
    for arguments, reason in (
        ([kid], "no key would be left"),
        (["other"], f"no key has that kid; there are: {kid}"),
    ):
        done = keys("jwt", "retire", *arguments, stdin=present)
        assert (done.returncode, done.stdout) == (1, "")
        assert reason in done.stderr


def test_too_many_keys_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    present = made("jwt", "new")
    for number in range(MAX_KEYS):
        monkeypatch.setenv("VODPASS_JWT_KEYS", present)
        assert main(["jwt", "rotate", "--env"]) == (0 if number < MAX_KEYS - 1 else 1)
        written = capsys.readouterr()
        present = written.out.strip() or present
    assert len(json.loads(present)["keys"]) == MAX_KEYS
    assert f"at most {MAX_KEYS} keys" in written.err


def test_a_value_that_fills_the_environment_is_warned_of() -> None:
    secret = base64.b64encode(bytes(32)).decode()
    present = [f"{number}:{secret}" for number in range(10, 80)]
    few, many = present[:10], present
    assert "4096" not in keys("owner", "rotate", stdin=",".join(few)).stderr
    done = keys("owner", "rotate", stdin=",".join(many))
    assert done.returncode == 0, done.stderr
    assert "All variables of a function together may have 4096" in done.stderr


def test_a_secret_given_as_an_argument_is_neither_taken_nor_repeated() -> None:
    secret = made("webhook", "new")
    for arguments in (
        ("webhook", "rotate", secret),
        ("webhook", secret),
        (secret,),
        ("--key", secret),
    ):
        done = keys(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert secret not in done.stderr
        assert "No secret is an argument" in done.stderr


def test_help_says_what_each_kind_is_for() -> None:
    text = keys("--help").stdout
    for variable in KIND.values():
        assert variable in text
    assert "standard input" in text
    for kind in KIND:
        assert re.search(r"\brotate\b", keys(kind, "--help").stdout)
