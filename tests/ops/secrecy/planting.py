"""Secrets of every kind that a deployment can meet, and a search that also knows encoded forms."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ops import keyring

PIECE = 16
"""Characters in a row, of a secret or of an encoded form of it, that count as a leak."""

_PEM = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


@dataclass
class Planted:
    """Secrets by a name for the failure, and the settings that hold some of them."""

    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    settings: dict[str, str] = field(default_factory=dict, repr=False)

    def word(self, name: str) -> str:
        """A new secret of this name."""
        self.secrets[name] = secrets.token_urlsafe(30)
        return self.secrets[name]

    def setting(self, name: str, value: str, *parts: str) -> None:
        """A setting, with the parts of it that are secret; without parts all of it is."""
        self.settings[name] = value
        for number, part in enumerate(parts or (value,)):
            self.secrets[f"{name} {number}"] = part

    def seen_in(self, text: str) -> list[str]:
        """The secrets of which a text holds a piece, plain or encoded."""
        grams = {
            form[at : at + PIECE]: name
            for name, secret in self.secrets.items()
            for form in forms(secret)
            for at in range(len(form) - PIECE + 1)
        }
        found: set[str] = set()
        # Line breaks inside of a secret do not hide it.
        for version in (text, "".join(text.split())):
            for at in range(len(version) - PIECE + 1):
                name = grams.get(version[at : at + PIECE])
                if name is not None:
                    found.add(name)
        return sorted(found)


def forms(secret: str) -> Iterator[str]:
    """A secret as it is, and in each encoding in which it may be on its way."""
    raw = secret.encode()
    yield secret
    yield json.dumps(secret)[1:-1]
    yield quote(secret, safe="")
    yield quote(quote(secret, safe=""), safe="")
    yield raw.hex()
    yield raw.hex().upper()
    yield secret[::-1]
    for before in range(3):
        # Inside of a longer text, base64 has one of three forms.
        whole = base64.b64encode(b"x" * before + raw).decode().rstrip("=")
        inner = whole[-(-before * 8 // 6) : len(whole) - 1]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


def plant() -> Planted:
    """At least forty secrets, in valid settings and around them."""
    made = Planted()
    owner: str | None = None
    for _ in range(4):
        owner = keyring.new_owner_keys(keyring.read_owner_keys(owner) if owner else ())
    parts = [one.partition(":")[2] for one in str(owner).split(",")]
    made.setting("VODPASS_OWNER_KEYS", str(owner), *parts)
    jwt: str | None = None
    for _ in range(4):
        jwt = keyring.new_jwt_keys(keyring.read_jwt_keys(jwt) if jwt else None)
    made.setting("VODPASS_JWT_KEYS", str(jwt), *(key["k"] for key in json.loads(str(jwt))["keys"]))
    for name in ("VODPASS_WEBHOOK_SECRETS", "VODPASS_CREDENTIAL_WEBHOOK_SECRETS"):
        two = keyring.new_webhook_secrets(
            keyring.read_webhook_secrets(keyring.new_webhook_secrets())
        )
        made.setting(name, two, *(one.removeprefix("whsec_") for one in two.split(",")))
    for name, path in (
        ("VODPASS_WEBHOOK_URL", "hooks"),
        ("VODPASS_CREDENTIAL_WEBHOOK_URL", "renewed"),
        ("VODPASS_CALLBACK_URL", "events"),
    ):
        end = secrets.token_urlsafe(24)
        made.setting(name, f"https://vod.example.com/{path}/{end}", end)
    callback = [f"aA1{secrets.token_hex(14)}" for _ in range(2)]
    made.setting("VODPASS_CALLBACK_KEYS", ",".join(callback), *callback)
    made.setting("VODPASS_PLAY_KEY", secrets.token_hex(10))
    password = secrets.token_urlsafe(24)
    made.setting("VODPASS_LIMITS_URL", f"rediss://:{password}@store.example.com:6380", password)
    made.settings["VODPASS_LIMITS"] = '{"uploads_per_minute":10}'
    return made


def around(made: Planted) -> Mapping[str, str]:
    """Secrets of the machine that deploys: the variables of a CI with them."""
    return {
        "CI_JOB_TOKEN": made.word("CI token"),
        "DATABASE_URL": f"postgres://app:{made.word('database password')}@db.example.com/app",
        "NPM_CONFIG__AUTH": base64.b64encode(made.word("npm password").encode()).decode(),
        "HTTPS_PROXY": f"http://ci:{made.word('proxy password')}@127.0.0.1:9",
        "SIGNED_URL": f"https://files.example.com/a?token={made.word('query token')}",
        "TEST_USER_TOKEN": f"eyJhbGciOiJIUzI1NiJ9.{made.word('JWT claims')}.{made.word('JWT MAC')}",
    }


def said_by_s(made: Planted) -> list[str]:
    """Lines with secrets that only `s`, its component or the cloud know: keys in PEM and others."""
    kinds: dict[str, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey] = {
        "TLS key": ec.generate_private_key(ec.SECP256R1()),
        "RSA key": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    }
    lines: list[str] = []
    for kind, key in kinds.items():
        pem = key.private_bytes(*_PEM).decode().splitlines()
        made.secrets[kind] = "".join(pem[1:-1])[64:]  # what all keys of a kind begin with is known
        lines += pem
    for kind in ("AccessKeySecret", "SecurityToken", "x-acs-signature", "Authorization: acs"):
        lines.append(f"{kind}: {made.word(f'said as {kind}')}")
    for number in range(4):
        lines.append(f"AccessDenied: {made.word(f'said in an error {number}')} may not")
    return lines
