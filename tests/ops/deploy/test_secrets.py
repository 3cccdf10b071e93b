"""Forty planted secrets: none is on the terminal, in a file other than `.env`, or in an error."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from pathlib import Path

import pytest

from ops import keyring
from ops.deploy.progress import REASONS, Seen
from ops.serverless_devs import NotRendered, preview
from tests.ops.deploy.conftest import Deployer

PIECE = 12  # characters in a row of a secret that nobody may see


def planted(deployer: Deployer) -> dict[str, str]:
    """Secrets in every place where a deployment can have one, by a name for the failure."""
    owner = None
    for _ in range(8):
        owner = keyring.new_owner_keys(keyring.read_owner_keys(owner) if owner else ())
    jwt = None
    for _ in range(6):
        jwt = keyring.new_jwt_keys(keyring.read_jwt_keys(jwt) if jwt else None)
    hooks = keyring.new_webhook_secrets(keyring.read_webhook_secrets(keyring.new_webhook_secrets()))
    others = keyring.new_webhook_secrets()
    callback = ",".join(f"aA1{secrets.token_hex(14)}" for _ in range(2))
    path = secrets.token_urlsafe(24)
    found = {
        "VODPASS_OWNER_KEYS": owner or "",
        "VODPASS_JWT_KEYS": jwt or "",
        "VODPASS_WEBHOOK_SECRETS": hooks,
        "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": others,
        "VODPASS_CREDENTIAL_WEBHOOK_URL": f"https://app.example.com/{secrets.token_hex(16)}",
        "VODPASS_WEBHOOK_URL": f"https://app.example.com/{path}",
        "VODPASS_CALLBACK_KEYS": callback,
        "VODPASS_CALLBACK_URL": f"https://vod.example.com/events/{secrets.token_urlsafe(24)}",
        "VODPASS_PLAY_KEY": secrets.token_hex(10),
    }
    # Secrets that only `s` or its component knows, and says.
    for number in range(14):
        found[f"said {number}"] = secrets.token_urlsafe(30)
    # Secrets of the machine that deploys.
    for number in range(6):
        found[f"CI_SECRET_{number}"] = secrets.token_urlsafe(30)
    deployer.more = {name: value for name, value in found.items() if name.startswith("CI_")}
    return found


def single(found: dict[str, str]) -> dict[str, str]:
    """Each secret of a value by itself."""
    listed: dict[str, str] = {}
    for name, value in found.items():
        whole = json.loads(value) if name == "VODPASS_JWT_KEYS" else None
        parts = [key["k"] for key in whole["keys"]] if whole else value.split(",")
        for number, part in enumerate(parts):
            listed[f"{name} {number}"] = part.rpartition("/" if "://" in part else ":")[2]
    return listed


def seen_in(text: str, listed: dict[str, str]) -> list[str]:
    """The secrets of which a text has a piece, also in base64."""
    plain = re.sub(r"\s", "", text)
    return [
        name
        for name, secret in listed.items()
        if any(
            form[at : at + PIECE] in plain
            for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("="))
            for at in range(max(1, len(form) - PIECE + 1))
        )
    ]


def fill(deployer: Deployer, found: dict[str, str]) -> None:
    """A `.env` with all of them."""
    deployer.setup()
    path = deployer.folder / ".env"
    lines = [f"{name}='{value}'" for name, value in found.items() if name.startswith("VODPASS_")]
    path.write_text(path.read_text() + "\n".join(lines) + "\n")


@pytest.mark.parametrize("outcome", ["deployed", "failed"])
def test_none_of_forty_secrets_is_anywhere_but_in_the_file(
    deployer: Deployer, tmp_path: Path, outcome: str
) -> None:
    found = planted(deployer)
    listed = single(found)
    assert len(listed) >= 40
    fill(deployer, found)
    said = [value for name, value in found.items() if name.startswith("said")]
    deployer.stand_in |= {"records": False, "says": said}
    if outcome == "failed":
        deployer.stand_in |= {"fails": "play", "reasons": ["AccessDenied", *found.values()]}
    own = [name for name in listed if name.startswith("said")]
    done = deployer.run("--callback", "none")
    assert (done.exit_code == 0) == (outcome == "deployed"), done.printed
    assert len(deployer.calls) == 1
    assert seen_in(done.printed, listed) == []
    holders = {
        str(path.relative_to(tmp_path)): names
        for path in tmp_path.rglob("*")
        if path.is_file()
        and not path.is_relative_to(deployer.folder / "build")
        and (names := seen_in(path.read_bytes().decode("latin-1"), listed))
    }
    assert set(holders) == {"project/.env"}
    assert set(listed) - set(holders["project/.env"]) == {
        *own,
        *(name for name in listed if name.startswith("CI_")),
    }
    assert not Path(deployer.calls[0]["home"]).exists()
    # The user's own home has no log of `s`.
    assert sorted(path.name for path in (deployer.home / ".s").iterdir()) == ["components"]


def test_faults_of_the_settings_show_none(deployer: Deployer) -> None:
    found = planted(deployer)
    fill(deployer, {name: f"{value} and more" for name, value in found.items()})
    done = deployer.run()
    assert done.exit_code == 1
    assert seen_in(done.printed, single(found)) == []


def test_the_error_for_what_s_printed_has_nothing_of_it(tmp_path: Path) -> None:
    secret = secrets.token_urlsafe(24)
    script = tmp_path / "s"
    script.write_text(f"#!/bin/sh\necho {secret}\necho {secret} >&2\nexit 3\n")
    script.chmod(0o755)
    with pytest.raises(NotRendered) as error:
        preview(script, tmp_path, "s.yaml", {}, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert secret not in str(error.value)
    assert secret not in repr(error.value)
    assert secret in error.value.output


# --- what is recognised -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("✔ [play] completed (3.21s)", ("play", True, "3.21")),
        ("\x1b[32m✔\x1b[39m \x1b[90m[play] completed (12s)\x1b[39m", ("play", True, "12")),
        ("✖ [play] failed to [deploy] (0.4s)", ("play", False, "0.4")),
        ("✔ [other] completed (3.21s)", None),
        ("✔ [play] completed (3.21s) whsec_abc", None),
        ("whsec_abc ✔ [play] completed (3.21s)", None),
        ("✔ [play] completed (whsec_abc)", None),
        ("✖ [play] failed to [whsec_abc] (0.4s)", None),
        ("VODPASS_WEBHOOK_SECRETS: whsec_abc", None),
        ("", None),
    ],
)
def test_only_the_end_of_a_function_is_recognised(
    line: str, step: tuple[str, bool, str] | None
) -> None:
    seen = Seen(("play", "upload"))
    found = seen.read(line)
    assert (found and (found.function, found.done, found.seconds)) == step
    assert seen.reasons == []


def test_a_reason_is_a_whole_word_of_our_list() -> None:
    seen = Seen(())
    for line in (
        "code: AccessDenied, message: no",
        "getaddrinfo ENOTFOUND api.devsapp.cn",
        "xAccessDenied ENOTFOUNDx AccessDenied-1 my_ENOSPC OverdueBill2",
    ):
        seen.read(line)
    assert seen.reasons == ["AccessDenied", "ENOTFOUND"]
    assert all(text.en.isascii() and text.zh for text in REASONS.values())
