"""An operator's desk: a project folder, a shell, and a fake account instead of the real one.

The shell is the real bash. `python`, `make`, `curl` and `s` are stand-ins that hand a command to
this process, which runs it here, once the addresses of the guide are those of the fake.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from ops import callbacks, keys, playkey, s_yaml, serverless_devs
from ops.account import Account, Key
from ops.account import command as account
from ops.deploy import afterwards, tools
from ops.deploy import command as deploy
from ops.deploy.afterwards import Examined
from ops.deploy.run_s import Deployer, Job
from ops.doctor import command as doctor
from ops.rehearse.with_sdk import WithSdk
from ops.setup import command as setup
from ops.smoke import command as smoke
from tests.ops.setup.conftest import project_folder
from tests.support import operator, stand_in_s
from tests.support.serverless import S, quiet_home, render_once

PROJECT = Path(__file__).resolve().parents[3]
FUNCTIONS = ("upload", "refresh", "play", "sts", "events", "watch")
DOMAIN = "https://vod.example.com"
_STAND_INS = ("python", "python3", "make", "curl")


class Typed(io.TextIOWrapper):
    """A terminal at which somebody answers: with what a prompt is known for, else with Enter."""

    def __init__(self, answers: Mapping[str, str], shown: Callable[[], str]) -> None:
        super().__init__(io.BytesIO())
        self._answers = dict(answers)
        self._shown = shown
        self._seen = 0
        self._left = 60

    def isatty(self) -> bool:
        return True

    def readline(self, *_: object) -> str:  # type: ignore[override]
        self._left -= 1
        assert self._left, "it asks without end"
        asked, self._seen = self._shown()[self._seen :], len(self._shown())
        for text, answer in self._answers.items():
            if text in asked:
                return f"{answer}\n"
        return "\n"


@dataclass
class Said:
    """What a command line did: its exit code, and what the operator saw."""

    code: int
    out: str
    err: str


@dataclass
class Desk:
    """Runs command lines in the project folder."""

    folder: Path
    home: Path
    stack: Stack
    patch: pytest.MonkeyPatch
    at: dict[str, str] = field(default_factory=dict)
    """Where an address of the guide is here."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """What is typed at a prompt with this text."""
    template: str = ""
    """The file that `s preview` renders instead of the one that is named."""
    code: str = "def handler(event, context): pass\n"
    """The code of every function in the bundle."""
    more: dict[str, str] = field(default_factory=dict)
    """Further variables of the shell."""

    @property
    def env(self) -> Path:
        return self.folder / ".env"

    def run(self, line: str, stdin: str = "") -> Said:
        """Run a command line as it is pasted, after `…`, ACCOUNT and REGION are filled in."""
        line = self._filled(line)
        stdin = stdin.replace("SECRET", self.stack.cloud.admin.access_key_secret)
        stdin = stdin.replace("JWKS", self.stack.keys.jwks)
        address = self.home / "socket"
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.bind(str(address))
                door.listen()
                door.settimeout(0.05)
                return self._shell(line, stdin, door)
        finally:
            address.unlink()

    def _shell(self, line: str, stdin: str, door: socket.socket) -> Said:
        """Run the line in bash, and serve its stand-ins until it has ended."""
        with (
            tempfile.TemporaryFile("w+") as given,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            given.write(stdin)
            given.seek(0)
            shell = subprocess.Popen(
                ["bash", "-eu", "-o", "pipefail", "-c", line],
                cwd=self.folder,
                env=self._environ(str(self.home / "socket")),
                stdin=given,
                stdout=out,
                stderr=err,
            )
            with shell:
                while shell.poll() is None:
                    with contextlib.suppress(TimeoutError):
                        self._serve(door.accept()[0])
            out.seek(0)
            err.seek(0)
            return Said(shell.returncode, out.read(), err.read())

    def _filled(self, line: str) -> str:
        cloud = self.stack.cloud
        for text, value in (
            ("TOKEN=… ", f"TOKEN={operator.user_token(self.stack)} "),
            ("AccountID=…", f"AccountID={cloud.account_id}"),
            ("AccessKeyID=…", f"AccessKeyID={cloud.admin.access_key_id}"),
            ("//ACCOUNT.", f"//{cloud.account_id}."),
            (".REGION.", ".cn-shanghai."),
        ):
            line = line.replace(text, value)
        return line

    def _environ(self, address: str) -> dict[str, str]:
        admin = self.stack.cloud.admin
        return {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "DESK": address,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": admin.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": admin.access_key_secret,
            "TOKEN": operator.user_token(self.stack),
            "serverless_devs_config_home": str(self.home),
            "serverless_devs_daemon_enable": "false",
            **self.more,
        }

    # --- the stand-ins ------------------------------------------------------------------------

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(60)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
            call = json.loads(b"".join(parts))
            said = self._command(call)
            answer = {"code": said.code, "out": said.out, "err": said.err}
            connection.sendall(json.dumps(answer).encode())

    def _command(self, call: Mapping[str, Any]) -> Said:
        name, arguments = call["name"], list(call["arguments"])
        environ = {key: text for key, text in call["environ"].items() if key != "DESK"}
        if name == "make":
            return self._make(arguments, environ)
        if name == "curl":
            return _process(["curl", "-sS", *map(self._here, arguments)], environ)
        if name == "s":
            return self._s(arguments, environ)
        if arguments[:1] == ["-c"]:
            return _process([sys.executable, *arguments], environ, call["stdin"])
        assert arguments[0] == "-m", arguments
        return self.module(arguments[1], arguments[2:], environ, call["stdin"])

    def _make(self, arguments: list[str], environ: Mapping[str, str]) -> Said:
        """What the Makefile runs."""
        done = subprocess.run(
            ["make", "-n", "--no-print-directory", *arguments],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        [line] = [one for one in done.stdout.splitlines() if " -m ops." in one]
        words = shlex.split(line)
        return self.module(words[2], words[3:], environ, "")

    def _s(self, arguments: list[str], environ: Mapping[str, str]) -> Said:
        if arguments[0] == "preview":
            if self.template and "-t" in arguments:
                arguments[arguments.index("-t") + 1] = self.template
            return _process([str(S), *arguments], environ, folder=self.folder)
        told = {
            "real": str(S),
            "fc": self.stack.cloud.endpoint,
            "calls": str(self.folder / "calls"),
            "says": ["url: https://film-upload-abcdef.cn-shanghai.fcapp.run"],
        }
        self._build()
        with_stand_in = {**environ, "STAND_IN_S": json.dumps(told)}
        self.patch.setattr(sys, "argv", ["s", *arguments])
        return self._here_and_now(stand_in_s.main, with_stand_in, "")

    def module(
        self, name: str, arguments: list[str], environ: Mapping[str, str], stdin: str
    ) -> Said:
        """Run `python -m NAME` in this process."""
        arguments = [self._here(one) for one in arguments]
        at = self.stack.cloud.endpoint
        cloud = ["--endpoint", at]
        if "--endpoint" in arguments:
            cloud = []
        run: Mapping[str, Callable[[], int]] = {
            "ops.setup": lambda: setup.main(arguments, os.environ, project=self.folder),
            "ops.account": lambda: account.main([*arguments, *cloud], os.environ),
            "ops.deploy": lambda: self._deploy(arguments),
            "ops.doctor": lambda: doctor.main([*arguments, *cloud], os.environ),
            "ops.smoke": lambda: smoke.main(
                [*arguments, *cloud], os.environ, self.stack.cloud.clock.advance
            ),
            "ops.callbacks": lambda: callbacks.main([*arguments, *cloud]),
            "ops.keys": lambda: keys.main(arguments),
            "ops.playkey": lambda: playkey.main([*arguments, *cloud]),
            "ops.s_yaml": lambda: s_yaml.main(arguments),
        }
        return self._here_and_now(run[name], environ, stdin)

    def _deploy(self, arguments: list[str]) -> int:
        at = self.stack.cloud.endpoint

        def deployer(_command: Path | None, key: Key, account_id: str) -> Deployer:
            def rendered(job: Job) -> Any:
                return serverless_devs.preview(
                    S, self.folder, job.template, job.settings, os.environ
                )

            own = Account(key, self.stack.cloud.region, endpoint=at, fc_endpoint=at)
            return WithSdk(own, account_id, self.folder, rendered)

        return deploy.main(
            [*arguments, "--endpoint", at, "--fc-endpoint", at],
            os.environ,
            project=self.folder,
            deployer=deployer,
            build=lambda *_: self._build(),
        )

    def _build(self) -> tuple[int, list[str]]:
        for name in FUNCTIONS:
            place = self.folder / "build" / name
            place.mkdir(parents=True, exist_ok=True)
            (place / "index.py").write_text(self.code)
        return 0, []

    def _here(self, text: str) -> str:
        for address, here in self.at.items():
            text = text.replace(address, here)
        return text

    def _here_and_now(
        self, main: Callable[[], int], environ: Mapping[str, str], stdin: str
    ) -> Said:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))

        def text(of: io.TextIOWrapper) -> str:
            buffer = of.buffer
            assert isinstance(buffer, io.BytesIO)
            return buffer.getvalue().decode()

        given = (
            Typed(self.typed, lambda: text(out))
            if self.typed
            else io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8", "surrogateescape")), "utf-8")
        )
        with self.patch.context() as now:
            now.chdir(self.folder)
            for name in list(os.environ):
                now.delenv(name)
            for name, value in environ.items():
                now.setenv(name, value)
            now.setattr(sys, "stdin", given)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    code = main()
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else 1
        return Said(code, text(out), text(err))


def _process(
    command: list[str], environ: Mapping[str, str], stdin: str = "", folder: Path | None = None
) -> Said:
    real = dict(environ)
    real["PATH"] = real["PATH"].partition(":")[2]  # without the stand-ins
    done = subprocess.run(
        command, env=real, input=stdin, cwd=folder, capture_output=True, text=True, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def desk(stack: Stack, place: Path, patch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk in a new folder, in front of an account whose cloud has been reset."""
    folder, home = place / "project", place / "home"
    (home / "bin").mkdir(parents=True)
    quiet_home(home)
    folder.mkdir()
    project_folder(folder, with_s=False)
    client = f'exec {sys.executable} -SI {Path(__file__).with_name("client.py")} "$DESK"'
    for name, where in (
        *((name, home / "bin" / name) for name in _STAND_INS),
        ("python", folder / ".venv" / "bin" / "python"),
        ("s", folder / "node_modules" / ".bin" / "s"),
    ):
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(f'#!/bin/sh\n{client} {name} "$@"\n')
        where.chmod(0o755)
    stack.cloud.callback = None
    stack.cloud.reset()
    # The file for production asks for a Python of the runtime's version. Nothing is compiled.
    here = Path(sys.executable)
    patch.setattr(tools, "find_interpreter", lambda _python: here)
    # What a deployment does afterwards is tried by tests/ops/deploy. VOD's callback is set here.
    patch.setattr(afterwards, "doctor", lambda *_, **__: Examined([], []))
    patch.setattr(afterwards, "smoke", lambda *_, **__: (True, []))
    render_once(patch)
    patch.setattr(serverless_devs, "find", lambda *_: S)
    patch.setattr(account, "PROJECT", folder)
    made = Desk(folder, home, stack, patch)

    def after(place: Any, module: str, arguments: Any, given: str, environ: Any) -> Any:
        said = made.module(module, list(arguments), place.environment(**environ), given)
        return subprocess.CompletedProcess([], said.code, said.out, said.err)

    patch.setattr(afterwards, "_run", after)
    yield made
    stack.cloud.reset()
    shutil.rmtree(place, ignore_errors=True)
