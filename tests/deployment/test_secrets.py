"""A missing secret stops `s`, which names it. A given secret is in no output of our tools."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.bundle import __main__ as bundle
from tests.support import sample_project as sample
from tests.support.serverless import OF_LIMITS, OF_OVERLAYS, OF_PROD, S

PROJECT = Path(__file__).resolve().parents[2]
WITHOUT_DEFAULT = re.compile(r"\$\{env\('(\w+)'\)\}")
REQUIRED = sorted(set(WITHOUT_DEFAULT.findall((PROJECT / "s.yaml").read_text())))
SECRETS = [
    "VODPASS_CALLBACK_KEYS",
    "VODPASS_CALLBACK_URL",
    "VODPASS_CREDENTIAL_WEBHOOK_SECRETS",
    "VODPASS_JWT_KEYS",
    "VODPASS_LIMITS_URL",
    "VODPASS_OWNER_KEYS",
    "VODPASS_PLAY_KEY",
    "VODPASS_WEBHOOK_SECRETS",
]


@pytest.fixture(scope="module")
def secret(environment: dict[str, str]) -> dict[str, str]:
    """The whole environment, with every variable that holds a secret."""
    own = f"whsec_{base64.b64encode(os.urandom(32)).decode()}"
    return environment | {
        "VODPASS_CREDENTIAL_WEBHOOK_URL": "https://app.example.com/credentials",
        "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": own,
        "VODPASS_PLAY_KEY": os.urandom(10).hex(),
        "VODPASS_LIMITS": "{}",
        "VODPASS_LIMITS_URL": f"rediss://:{os.urandom(20).hex()}@a.example.com",
    }


def shown(text: str, values: Mapping[str, str]) -> list[str]:
    """The secrets of which a text has any 12 characters in a row."""
    found = []
    for name in SECRETS:
        pieces = re.findall(r"[A-Za-z0-9+/_-]{12,}", values.get(name, ""))
        if any(piece[at : at + 12] in text for piece in pieces for at in range(len(piece) - 11)):
            found.append(name)
    return found


@pytest.mark.parametrize("missing", [*REQUIRED, *OF_OVERLAYS])
def test_a_missing_variable_stops_s_and_is_named(
    s_preview: Callable[..., Any], environment: dict[str, str], missing: str
) -> None:
    given = {name: value for name, value in (environment | OF_OVERLAYS).items() if name != missing}
    template = "s.prod.yaml" if missing in OF_PROD else "s.yaml"
    template = "s.limits.yaml" if missing in OF_LIMITS else template
    done = s_preview(given, template=template)
    assert done.returncode != 0
    assert f"env('{missing}') not found" in done.stdout + done.stderr
    assert shown(done.stdout + done.stderr, given) == []


@pytest.mark.parametrize("command", ["deploy -y", "remove -y"])
def test_it_stops_every_command_before_any_request(
    s_preview: Callable[..., Any], environment: dict[str, str], command: str
) -> None:
    # Empty, as a line of .env that was not filled in.
    given = environment | {"VODPASS_WEBHOOK_SECRETS": ""}
    key = {"AccountID": "1", "AccessKeyID": "unused", "AccessKeySecret": "unused"}
    done = s_preview(given | key, command=f"{S} {command}")
    assert done.returncode != 0
    assert "env('VODPASS_WEBHOOK_SECRETS') not found" in done.stdout + done.stderr


def test_the_check_shows_no_secret_whether_it_passes_or_not(
    s_preview: Callable[..., Any], secret: dict[str, str]
) -> None:
    done = s_preview(secret)
    assert shown(done.stdout, secret) == SECRETS, "what `s preview` prints is not for a log"

    def check(text: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-S", "-m", "ops.s_yaml"],
            input=text,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    sound = check(done.stdout)
    assert (sound.returncode, shown(sound.stdout + sound.stderr, secret)) == (0, [])
    # A value that cannot be parsed, and a value in a wrong place.
    document = json.loads(done.stdout)
    for resource in document["resources"].values():
        variables = resource["props"]["environmentVariables"]
        for name in set(SECRETS) & set(variables):
            variables[name] += " and more"
    misplaced = json.loads(done.stdout)
    misplaced["resources"]["sts"]["props"]["timeout"] = secret["VODPASS_OWNER_KEYS"]
    misplaced["resources"]["play"]["props"]["role"] = secret["VODPASS_CALLBACK_KEYS"]
    for wrong in (document, misplaced):
        told = check(json.dumps(wrong))
        assert (told.returncode, shown(told.stdout + told.stderr, secret)) == (1, [])
    # Cut off, as when `s` stops in the middle.
    broken = check(done.stdout[: len(done.stdout) // 2])
    assert (broken.returncode, shown(broken.stdout + broken.stderr, secret)) == (1, [])


@pytest.mark.parametrize("name", ["VODPASS_VOD_ENDPOINT", "VODPASS_NONE"])
def test_the_bundle_shows_no_secret_whether_it_refuses_or_fails(
    secret: dict[str, str], tmp_path: Path, name: str
) -> None:
    """If pip finds no package, the bundle fails with pip's own message."""
    done = subprocess.run(
        [sys.executable, "-m", "ops.bundle", "--out", str(tmp_path / "out")],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
            **secret,
            name: secret["VODPASS_OWNER_KEYS"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert ("VODPASS_VOD_ENDPOINT is set" if name != "VODPASS_NONE" else "pip") in done.stderr
    assert shown(done.stdout + done.stderr, secret) == []


def test_the_bundle_shows_no_secret_when_it_succeeds(
    secret: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in secret.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    project = sample.project(tmp_path / "project", sample.INDEX, sample.wheel(tmp_path))
    monkeypatch.setattr(bundle, "PROJECT", project)
    monkeypatch.setattr("sys.argv", ["ops.bundle", "--out", str(tmp_path / "out")])
    assert bundle.main() == 0
    said = capfd.readouterr()
    assert "one: Python 3.10, zip " in said.out
    assert shown(said.out + said.err, secret) == []
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert shown(path.read_bytes().decode("latin-1"), secret) == []
