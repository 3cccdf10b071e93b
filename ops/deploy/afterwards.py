"""What runs after a deployment: the doctor, the smoke test, and VOD's callback.

Each is its own command, in a process of its own. It gets what it needs by its environment and its
standard input, so that no secret is in a file or in the list of processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import voice
from ops.account import TOKEN_VARIABLE, Key

_ROOT = Path(__file__).resolve().parents[2]

OF_CALLBACK = (
    "callback-unset",
    "callback-queue",
    "callback-url",
    "callback-unsigned",
    "callback-key",
    "callback-types",
)
"""The doctor's findings that setting VOD's callback corrects."""

TOKEN = "SMOKE_TEST_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True)
class Place:
    """Where the commands run, with which key, and against which fake cloud if there is one."""

    project: Path
    region: str
    key: Key = field(repr=False)
    endpoint: str = ""
    ram_endpoint: str = ""
    fc_endpoint: str = ""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a command: the key, but none of our settings."""
        kept = {
            name: value
            for name, value in self.environ.items()
            if not name.startswith("VODPASS_") and name != "DEBUG"
        }
        kept |= {
            "PYTHONPATH": str(_ROOT),
            "PYTHONIOENCODING": "utf-8",  # as it is read, whatever the locale
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.key.access_key_secret,
        }
        if self.key.security_token:
            kept[TOKEN_VARIABLE] = self.key.security_token
        return {**kept, **more}


@dataclass(frozen=True)
class Examined:
    """What the doctor found. `could_not` are checks that it could not do."""

    findings: Sequence[Mapping[str, Any]]
    could_not: Sequence[Mapping[str, Any]]

    @property
    def sound(self) -> bool:
        """Whether it found nothing and could check everything."""
        return not self.findings and not self.could_not

    @property
    def safe(self) -> bool:
        """Whether nothing is broken; warnings do not count."""
        return not any(finding.get("severity") == "error" for finding in self.findings)


def doctor(
    place: Place,
    rendered: Mapping[str, Any],
    at: Sequence[str],
    token: str,
    *,
    ignore: Sequence[str] = (),
) -> Examined | None:
    """Run the doctor on what `s preview` renders; None if it could not run."""
    arguments = ["--json", *at]
    for code in ignore:
        arguments += ["--ignore", code]
    for option, value in (
        ("--endpoint", place.endpoint),
        ("--ram-endpoint", place.ram_endpoint),
        ("--fc-endpoint", place.fc_endpoint),
    ):
        arguments += [option, value] if value else []
    arguments += ["--token-env", TOKEN] if token else []
    done = _run(place, "ops.doctor", arguments, json.dumps(rendered), {TOKEN: token})
    try:
        report = json.loads(done.stdout)
        return Examined(report["findings"], report["could_not"])
    except (ValueError, KeyError, TypeError):
        return None


def smoke(place: Place, at: Sequence[str], token: str) -> tuple[bool, list[str]]:
    """Run one round of the smoke test. Returns whether it passed, and its lines."""
    arguments = [*at, "--token-env", TOKEN, "--region", place.region]
    arguments += ["--endpoint", place.endpoint] if place.endpoint else []
    done = _run(place, "ops.smoke", arguments, "", {TOKEN: token})
    said = done.stdout.splitlines() + (done.stderr.splitlines() if done.returncode else [])
    return done.returncode == 0, said


def set_callback(
    place: Place, values: Mapping[str, str], target: Sequence[str], *, replace: bool
) -> tuple[bool, list[str]]:
    """Let VOD send its callbacks to `target`, arguments of `ops.callbacks set`."""
    arguments = ["set", *target, "--region", place.region]
    arguments += ["--app-id", values["VODPASS_APP_ID"]] if values.get("VODPASS_APP_ID") else []
    arguments += ["--endpoint", place.endpoint] if place.endpoint else []
    arguments += ["--replace"] if replace else []
    given = {
        name: values[name]
        for name in ("VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS")
        if values.get(name)
    }
    done = _run(place, "ops.callbacks", arguments, "", given)
    return done.returncode == 0, done.stderr.splitlines()


def _run(
    place: Place, module: str, arguments: Sequence[str], given: str, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, voice.OPTION, voice.spoken(), *arguments],
        cwd=place.project,
        env=place.environment(**environ),
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
