"""The command line of `python -m ops.rehearse`: from no settings to a deployment that works.

It runs the three commands that an operator runs, against a fake cloud on this machine: the setup,
the account, the deployment with the doctor and the smoke test. Instead of `s` and its component it
calls Function Compute by the official client.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import dot_env, readiness, serverless_devs, voice
from ops.account import Account, Key
from ops.account import command as account_command
from ops.command_line import Parser
from ops.deploy import command as deploy_command
from ops.deploy.run_s import Deployer, Job
from ops.rehearse.with_sdk import WithSdk
from ops.serverless_devs import NotRendered
from ops.setup import command as setup_command
from ops.voice import say, told

PROJECT = Path(__file__).resolve().parents[2]
REGION = "cn-shanghai"
"""The region of the fake cloud."""

ANSWERS: Mapping[str, Any] = {
    "name": "rehearsal",
    "region": REGION,
    "issuer": {"kind": "own-shared-key"},
    "webhook_url": "https://app.example.com/webhooks/vod",
}
"""The answers without a file. With this name it shares no role and no queue with `make run`."""

_KEY = Key("LTAIlocaladmin", "local-admin-secret")
"""The public key of the fake account, which opens nothing else."""

_READY = re.compile(r"vodpass ready: functions (http://\S+) +cloud http://(127\.0\.0\.1:\d+)")


class CannotRehearse(Exception):
    """The rehearsal ends; the message says why."""


@dataclass(frozen=True)
class Fake:
    """A running fake cloud, by the address of its API."""

    endpoint: str


def main(argv: Sequence[str] | None = None) -> int:
    """Rehearse; returns 0 if every step was right, else the first other exit code."""
    arguments = _arguments().parse_args(argv)
    try:
        with _folder() as project, _fake() as fake:
            return _rehearse(project, fake, arguments.answers)
    except CannotRehearse as reason:
        say(f"cannot rehearse: {reason}")
        return 1
    except KeyboardInterrupt:
        return 130


def _rehearse(project: Path, fake: Fake, answers: Path | None) -> int:
    command = serverless_devs.find(PROJECT)
    if command is None:
        raise CannotRehearse("`s preview` renders the settings: run `make setup`")
    environ = {
        **{name: text for name, text in os.environ.items() if not name.startswith("VODPASS_")},
        "PYTHONPATH": str(PROJECT),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": _KEY.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": _KEY.access_key_secret,
    }
    environ.pop("ALIBABA_CLOUD_SECURITY_TOKEN", None)
    if answers is None:
        answers = project / "answers.json"
        answers.write_text(json.dumps(ANSWERS))

    _title("python -m ops.setup --answers FILE")
    arguments = ["--answers", str(answers), "--env-file", str(project / ".env"), *_spoken()]
    code = setup_command.main(arguments, environ, project=project)
    if code:
        return code
    values = dot_env.read(project / ".env")
    if values["VODPASS_REGION"] != REGION:
        raise CannotRehearse(f"the fake cloud is in {REGION}")
    env = "prod" if values.get("VODPASS_DOMAIN") else ""
    template = f"s.{env}.yaml" if env else "s.yaml"
    rendered = _rendered(command, project, template, values)

    for title in ("python -m ops.account apply", "python -m ops.account apply    # once more"):
        _title(title)
        code = _apply(rendered, fake, environ)
        if code:
            return code

    _title(f"python -m ops.deploy{f' --env {env}' if env else ''}    # without `s`")
    at = fake.endpoint
    options = ["--env", env, "--env-file", str(project / ".env"), "--s", str(command)]

    def deployer(_command: Path | None, key: Key, account_id: str) -> Deployer:
        account = Account(key, REGION, endpoint=at, fc_endpoint=at)

        def of_job(job: Job) -> Mapping[str, Any]:
            return serverless_devs.preview(command, project, job.template, job.settings, environ)

        return WithSdk(account, account_id, project, of_job)

    return deploy_command.main(
        # The fake cloud calls the functions that `make run` serves, as another system.
        [*options, *_spoken(), "--replace-callback", "--endpoint", at, "--fc-endpoint", at],
        environ,
        project=project,
        deployer=deployer,
    )


def _spoken() -> list[str]:
    """The arguments for the language of this command."""
    return [voice.OPTION, voice.spoken()]


def _title(text: str) -> None:
    print(f"\n$ {told(text)}", flush=True)


def _rendered(
    command: Path, project: Path, template: str, values: Mapping[str, str]
) -> Mapping[str, Any]:
    needed = serverless_devs.read_by(project, template)
    try:
        chosen = readiness.chosen(values, needed)
        return serverless_devs.preview(command, project, template, chosen)
    except NotRendered:
        raise CannotRehearse("`s preview` printed no document") from None


def _apply(rendered: Mapping[str, Any], fake: Fake, environ: Mapping[str, str]) -> int:
    # The document has secrets, so it goes through memory, not through a file.
    before, sys.stdin = sys.stdin, io.StringIO(json.dumps(rendered))
    try:
        return account_command.main(
            ["apply", "--settings", "-", "--endpoint", fake.endpoint, *_spoken()], environ
        )
    finally:
        sys.stdin = before


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder to deploy from, with mode 0700. It is removed afterwards, with its `.env`."""
    folder = Path(tempfile.mkdtemp(prefix="vodpass-rehearsal-"))
    try:
        for path in [*PROJECT.glob("s*.yaml"), *PROJECT.glob(".env*.example")]:
            shutil.copy(path, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _fake() -> Iterator[Fake]:
    """A fake cloud with its gateway, on ports of its own. It accepts deployments."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--allow-deploy"],
        cwd=PROJECT,
        env={
            **{name: text for name, text in os.environ.items() if not name.startswith("VODPASS_")},
            "PORT": "0",
            "CLOUD_PORT": "0",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield _ready(process)
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[str]) -> Fake:
    while process.stdout is not None and (line := process.stdout.readline()):
        found = _READY.match(line)
        if found:
            _drain(process)
            return Fake(found[2])
    raise CannotRehearse("the fake cloud does not start: try `make run`")


def _drain(process: subprocess.Popen[str]) -> None:
    """Read on in the background, so that the fake cloud never waits for a reader."""

    def read() -> None:
        with contextlib.suppress(ValueError, OSError):
            while process.stdout is not None and process.stdout.readline():
                pass

    threading.Thread(target=read, daemon=True).start()


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.rehearse",
        description="Rehearse a deployment on this machine, against a fake cloud: the setup, the "
        "account, the deployment without `s`, the doctor, the smoke test, VOD's callback. It needs "
        "no account and leaves nothing behind.",
        epilog="exit codes: 0 everything was right; else that of the command that failed",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="answers for the setup; default: our own"
    )
    return parser
