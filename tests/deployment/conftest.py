"""The deployment as the real `s` renders it, in a folder of its own and without a network."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
S = PROJECT / "node_modules" / ".bin" / "s"

OVERLAYS = ["s.dev.yaml", "s.no-queue.yaml", "s.prod.yaml"]
OF_PROD = {
    "VODPASS_DOMAIN": "vod.example.com",
    "VODPASS_CERTIFICATE_ID": "1234567",
    "VODPASS_LOG_PROJECT": "vodpass-logs",
}
"""A value for each variable without a default that s.prod.yaml adds."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


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
    """Run `s preview` on a copy of `s.yaml` (or another text), with the environment given alone.

    In a folder of its own, because `s` reads a developer's `.env`. By itself `s` also reports each
    call to its makers and looks for a newer version, in processes of their own; both are off here,
    and if they were not, `serverless_devs_daemon_enable` would make them spoil the output.
    """
    if not S.exists():
        pytest.fail("node_modules is missing: run `make setup`")
    home = tmp_path_factory.mktemp("serverless-devs")
    (home / ".s" / "config").mkdir(parents=True)
    (home / ".s" / "set-config.yml").write_text("analysis: disable\n")
    checked = json.dumps({"lastUpdateCheck": int(time.time() * 1000)})
    (home / ".s" / "config" / "update-notifier.json").write_text(checked)

    def run(
        environment: Mapping[str, str],
        *,
        s_yaml: str | None = None,
        dot_env: str | None = None,
        command: str = f"{S} preview --silent -o json",
        template: str = "s.yaml",
    ) -> "subprocess.CompletedProcess[str]":
        folder = tmp_path_factory.mktemp("project")
        for path in PROJECT.glob("s*.yaml"):
            shutil.copy(path, folder)
        if s_yaml is not None:
            (folder / "s.yaml").write_text(s_yaml)
        if dot_env is not None:
            (folder / ".env").write_text(dot_env)
        for name in ("node_modules", "ops", "shared"):
            (folder / name).symlink_to(PROJECT / name)
        return subprocess.run(
            ["sh", "-c", command if template == "s.yaml" else f"{command} -t {template}"],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "serverless_devs_config_home": str(home),
                "serverless_devs_daemon_enable": "false",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def rendered(s_preview: Run, environment: dict[str, str]) -> dict[str, Any]:
    """What `s` makes of `s.yaml` where only the variables without a default are set.

    Shared by the tests of a session: change a copy, not this.
    """
    done = s_preview(environment)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="session")
def laid_upon(s_preview: Run, environment: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What `s` makes of each file that is laid upon `s.yaml`, by its name. Change copies alone."""
    found = {}
    for name in OVERLAYS:
        done = s_preview(environment | OF_PROD, template=name)
        assert done.returncode == 0, done.stderr
        found[name] = json.loads(done.stdout)
    return found
