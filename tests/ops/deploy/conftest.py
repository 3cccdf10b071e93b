"""A project folder, a fake account that accepts deployments, and a stand-in for `s`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.testing.fc import Fc
from local.checkout_keys import load_keys
from local.stack import Stack
from ops import dot_env
from ops.bundle.target import find_interpreter
from ops.deploy import afterwards
from ops.deploy.afterwards import Examined
from ops.deploy.command import main
from ops.setup.command import main as setup
from tests.ops.setup.conftest import PROJECT, project_folder
from tests.support.code_under_test import CodeUnderTest
from tests.support.serverless import S

FUNCTIONS = ["upload", "refresh", "play", "sts", "events", "watch"]
ANSWERS: Mapping[str, Any] = {
    "issuer": {"kind": "own-shared-key"},
    "webhook_url": "https://app.example.com/webhooks/vod",
}


@dataclass
class Run:
    """One deployment: its exit code and what it printed."""

    exit_code: int
    out: str
    err: str

    @property
    def printed(self) -> str:
        return self.out + self.err

    def step(self, name: str) -> str:
        """The text of the last line of a step."""
        found = [line for line in self.out.splitlines() if line.startswith(f"{name} ")]
        assert found, self.printed
        return found[-1].removeprefix(name).strip()


@dataclass
class Deployer:
    """A project folder to deploy from, and the fake account to deploy to."""

    folder: Path
    stack: Stack
    capture: pytest.CaptureFixture[str]
    stand_in: dict[str, Any]
    previews: Path
    home: Path
    patch: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)
    more: dict[str, str] = field(default_factory=dict)
    code: str = "def handler(event, context): pass\n"
    """The code of each function in the bundle that stands in for the real one."""

    @property
    def env(self) -> Mapping[str, str]:
        return dot_env.read(self.folder / ".env")

    @property
    def fc(self) -> Fc:
        return Fc(self.stack.cloud)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The calls of `s deploy`, the oldest first."""
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def setup(self, answers: Mapping[str, Any] = ANSWERS, *arguments: str) -> None:
        """Fill `.env`. The first one for these answers is kept: previews of it are, too."""
        kept = self.previews / hashlib.sha256(json.dumps(answers).encode()).hexdigest()
        if not arguments and kept.exists():
            shutil.copy(kept, self.folder / ".env")
            return
        file = self.folder / "answers.json"
        file.write_text(json.dumps({**ANSWERS, **answers}))
        code = setup(["--answers", str(file), *arguments], {}, project=self.folder)
        assert code == 0, self.capture.readouterr()
        self.capture.readouterr()
        if not arguments:
            shutil.copy(self.folder / ".env", kept)

    def environ(self) -> dict[str, str]:
        admin = self.stack.cloud.admin
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": str(PROJECT),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": admin.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": admin.access_key_secret,
            "STAND_IN_S": json.dumps(self.stand_in),
            **self.more,
        }

    def build(self, *_arguments: object) -> tuple[int, list[str]]:
        """Put a small bundle in place, instead of building one for each test."""
        for name in FUNCTIONS:
            place = self.folder / "build" / name
            place.mkdir(parents=True, exist_ok=True)
            (place / "index.py").write_text(self.code)
        return 0, []

    def put(self, bundle: Path, *_arguments: object) -> tuple[int, list[str]]:
        """Put a real bundle in place."""
        shutil.copytree(bundle, self.folder / "build", dirs_exist_ok=True)
        return 0, []

    def variables(self, function: str) -> Mapping[str, str]:
        """What the last deployment gave a function."""
        found: Mapping[str, str] = self.calls[-1]["variables"][function]
        return found

    def run(
        self,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        real: bool = False,
        bundle: Path | None = None,
    ) -> Run:
        """Run the command. With `real`, with the real `s`.

        With a real bundle, the functions are deployed, and the doctor and the smoke test run. That
        takes half a minute.
        """
        at = self.stack.cloud.endpoint
        if bundle is not None:
            self.stand_in["fc"] = at
            self.patch.undo()
        else:
            arguments = ("--no-smoke", *arguments)
            self.patch.setattr(afterwards, "doctor", lambda *_, **__: Examined([], []))
        command = S if real else self.folder / "s"
        self.capture.readouterr()
        code = main(
            [
                *("--s", str(command), "--endpoint", at, "--fc-endpoint", at),
                *arguments,
            ],
            {**self.environ(), **(environ or {})},
            project=self.folder,
            build=self.build if bundle is None else partial(self.put, bundle),
        )
        said = self.capture.readouterr()
        return Run(code, said.out, said.err)


@pytest.fixture(scope="session")
def running(
    code_under_test: CodeUnderTest, runtime: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A cloud that accepts deployments."""
    keys = load_keys(tmp_path_factory.mktemp("keys"))
    interpreter = find_interpreter(runtime) or code_under_test.interpreter
    code = CodeUnderTest(code_under_test.folder, interpreter)
    with code.stack(keys=keys, events=True, allow_deploy=True) as stack:
        yield stack


@pytest.fixture(scope="session")
def previews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for settings, and for what `s preview` rendered of them."""
    return tmp_path_factory.mktemp("previews")


@pytest.fixture
def deployer(
    running: Stack,
    previews: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Deployer]:
    """Nothing is deployed, and VOD sends no callbacks."""
    stack = running
    stack.cloud.callback = None
    stack.cloud.reset()
    folder, home = tmp_path / "project", tmp_path / "home"
    folder.mkdir()
    (home / ".s" / "components" / "devsapp.cn" / "v3" / "fc3").mkdir(parents=True)
    (home / ".s/components/devsapp.cn/v3/fc3/package.json").write_text("{}")
    # Without `s`, the setup renders nothing, which takes a second. `--s` names it.
    project_folder(folder, with_s=False)
    script = folder / "s"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.support.stand_in_s "$@"\n')
    script.chmod(0o755)
    # The file for production asks for a Python of the runtime's version, and nothing is compiled.
    here = Path(sys.executable)
    monkeypatch.setattr("ops.deploy.tools.find_interpreter", lambda _python: here)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    stand_in: dict[str, Any] = {
        "real": str(S),
        "calls": str(folder / "calls"),
        "records": True,
        "previews": str(previews),
    }
    made = Deployer(folder, stack, capfd, stand_in, previews, home)
    yield made
    made.patch.undo()
    stack.cloud.reset()
