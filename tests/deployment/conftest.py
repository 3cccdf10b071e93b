"""The deployment as the real `s` renders it."""

import base64
import json
import secrets
from typing import Any

import pytest

from tests.support.serverless import OF_OVERLAYS, OVERLAYS, Run, preview


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """A value for each variable without a default, as large as a careful deployment has them:
    two RSA keys while one replaces the other, one HMAC key, four owner keys."""
    rsa = [
        {"kty": "RSA", "kid": secrets.token_hex(8), "alg": "RS256", "use": "sig", "e": "AQAB"}
        | {"n": _base64url(b"\xc5" + secrets.token_bytes(254) + b"\x01")}
        for _ in range(2)
    ]
    hmac = {"kty": "oct", "kid": "app", "alg": "HS256", "k": _base64url(secrets.token_bytes(32))}
    owner_keys = [
        f"k{number}:{base64.b64encode(secrets.token_bytes(32)).decode()}" for number in range(4)
    ]
    return {
        "VODPASS_JWT_KEYS": json.dumps({"keys": [*rsa, hmac]}, separators=(",", ":")),
        "VODPASS_JWT_ISSUER": "https://login.example.com/",
        "VODPASS_JWT_AUDIENCE": "https://vod.example.com",
        "VODPASS_ISSUER_ALIAS": "login",
        "VODPASS_OWNER_KEYS": ",".join(owner_keys),
        "VODPASS_CALLBACK_URL": f"https://vod.example.com/events/{secrets.token_urlsafe(16)}",
        "VODPASS_CALLBACK_KEYS": f"aA1{secrets.token_hex(12)}",
        "VODPASS_WEBHOOK_URL": "https://app.example.com/webhooks/vod",
        "VODPASS_WEBHOOK_SECRETS": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }


@pytest.fixture(scope="session")
def s_preview(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `s preview` on a copy of the project's files, with the given environment only."""
    return preview(tmp_path_factory)


@pytest.fixture(scope="session")
def rendered(s_preview: Run, environment: dict[str, str]) -> dict[str, Any]:
    """What `s` renders for `s.yaml` if only the variables without a default are set.

    All tests of a session share it: change only a copy.
    """
    done = s_preview(environment)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="session")
def overlays(s_preview: Run, environment: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What `s` renders for each file that extends `s.yaml`, by its name. Change only copies."""
    found = {}
    for name in OVERLAYS:
        done = s_preview(environment | OF_OVERLAYS, template=name)
        assert done.returncode == 0, done.stderr
        found[name] = json.loads(done.stdout)
    return found
