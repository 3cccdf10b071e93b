"""`ops.setup` in a project folder of its own, without a terminal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops import dot_env
from ops.setup.command import main

PROJECT = Path(__file__).resolve().parents[3]

ANSWERS: Mapping[str, Any] = {
    "name": "film",
    "region": "cn-shanghai",
    "issuer": {
        "kind": "auth0",
        "tenant": "example.eu.auth0.com",
        "audience": "https://vod.example.com",
    },
    "issuer_alias": "login",
    "address": {"kind": "function-compute"},
    "callbacks": "queues",
    "webhook_url": "https://app.example.com/webhooks/vod",
    "origins": ["https://app.example.com"],
    "sts": {"purposes": []},
    "python": "3.10",
}
"""A complete set of answers."""


@dataclass
class Run:
    """One run: its exit code and what it printed."""

    exit_code: int
    out: str
    err: str

    @property
    def printed(self) -> str:
        return self.out + self.err


@dataclass
class Setup:
    """A project folder, and the command to run in it."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def path(self) -> Path:
        return self.folder / ".env"

    @property
    def values(self) -> Mapping[str, str]:
        """The variables of `.env`."""
        return dot_env.read(self.path)

    def run(
        self,
        answers: Any = ANSWERS,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        path: Path | None = None,
    ) -> Run:
        file = self.folder / "answers.json"
        text = answers if isinstance(answers, str) else json.dumps(answers)
        file.write_text(text, "utf-8")
        self.capture.readouterr()
        code = main(
            ["--answers", str(path or file), *arguments], dict(environ or {}), project=self.folder
        )
        said = self.capture.readouterr()
        return Run(code, said.out, said.err)


def project_folder(folder: Path, *, with_s: bool) -> Path:
    """A folder with what `ops.setup` reads of the project."""
    for path in [*PROJECT.glob("s*.yaml"), *PROJECT.glob(".env*.example")]:
        shutil.copy(path, folder)
    if with_s:
        (folder / "node_modules").symlink_to(PROJECT / "node_modules")
    return folder


@pytest.fixture
def setup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Setup:
    """A project without `s`, which would take a second for each run."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return Setup(project_folder(tmp_path, with_s=False), capsys)


@pytest.fixture
def setup_with_s(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Setup:
    """A project with the real `s`."""
    return Setup(project_folder(tmp_path, with_s=True), capsys)
