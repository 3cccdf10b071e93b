"""The commands of the guides: each is one that its tool accepts, and the three of the guide to
deployments are those that the rehearsal runs (`tests/ops/test_rehearse.py`). `tests/docs/commands`
runs those of the guides for operators."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ops import callbacks, keys, playkey
from ops.account import command as account
from ops.deploy import arguments as deploy
from ops.doctor import command as doctor
from ops.rehearse import command as rehearse
from ops.setup import command as setup
from ops.setup.answers_file import read
from ops.smoke import command as smoke

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [
    PROJECT / name
    for name in (
        *("README.md", "README.zh-CN.md", "ram/README.md", "docs/rehearsal.md"),
        *("docs/deploy.md", "docs/zh/deploy.md", "docs/operations.md", "docs/zh/operations.md"),
        *("docs/events.md", "docs/zh/events.md", "docs/tokens.md", "docs/zh/tokens.md"),
    )
]
PARSERS: Mapping[str, Callable[[], argparse.ArgumentParser]] = {
    "account": account._arguments,
    "callbacks": callbacks._arguments,
    "deploy": deploy.arguments_of,
    "doctor": doctor._arguments,
    "keys": keys._arguments,
    "playkey": playkey._arguments,
    "rehearse": rehearse._arguments,
    "setup": setup._arguments,
    "smoke": smoke._arguments,
}
MAKEFILE = (PROJECT / "Makefile").read_text()

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))


def commands(page: Path) -> list[str]:
    """The commands in the page's blocks and in its sentences, without comments."""
    text = page.read_text("utf-8")
    lines = [
        line
        for block in re.findall(r"^```(?:sh|bash)\n(.*?)^```", text, re.M | re.S)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    lines += re.findall(r"`([^`\n]*(?:python -m ops\.|make deploy)[^`\n]*)`", text)
    return [re.sub(r"\s+# .*", "", line) for line in lines]


def accepts(tool: str, words: list[str]) -> bool:
    """Whether the tool can read these arguments. Help and a schema end it with 0."""
    try:
        PARSERS[tool]().parse_args(words)
    except SystemExit as end:
        return end.code == 0
    return True


@each_page
def test_a_tool_accepts_each_of_its_commands(page: Path) -> None:
    for line in commands(page):
        for name, rest in re.findall(r"python3? -m ops\.(\w+)(?![\w.])([^|;&<>)]*)", line):
            if name not in PARSERS or "…" in rest:
                continue
            words = shlex.split(rest)
            if not words and name in ("account", "callbacks", "keys", "playkey"):
                continue  # the tool's name in a sentence
            assert accepts(name, words), f"{page.name}: {line}"


@each_page
def test_make_has_each_of_its_targets(page: Path) -> None:
    for line in commands(page):
        for target, rest in re.findall(r"^\s*make ([a-z-]+)(.*)", line):
            assert re.search(rf"^{target}:", MAKEFILE, re.M), line
            if target == "deploy":
                given = dict(word.split("=", 1) for word in shlex.split(rest) if "=" in word)
                env = given.get("ENV", "")
                words = ["--env", env, *shlex.split(given.get("ARGS", ""))]
                deploy.arguments_of().parse_args(words)
                assert not env or (PROJECT / f"s.{env}.yaml").exists(), line


def test_the_three_commands_are_those_that_the_rehearsal_runs() -> None:
    for page in (PROJECT / "docs" / "deploy.md", PROJECT / "docs" / "zh" / "deploy.md"):
        text = page.read_text("utf-8")
        first = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)[1]
        assert [line.partition("#")[0].strip() for line in first.splitlines()] == [
            "python -m ops.setup",
            "python -m ops.account apply",
            "make deploy",
        ]
    ran = (PROJECT / "ops" / "rehearse" / "deployment.py").read_text()
    for name in ("ops.setup", "ops.account apply", "ops.deploy"):
        assert f"python -m {name}" in ran


def test_the_answers_of_the_guide_are_accepted(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "deploy.md").read_text("utf-8")
    [answers] = re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
    file = tmp_path / "answers.json"
    file.write_text(answers)
    environ = {"OWNER_KEYS_FROM_THE_BACKUP": "x"}
    given = read(file, environ)
    assert given.answers["issuer"]["kind"] == "auth0"
    assert json.loads(answers).keys() >= given.answers.keys()
