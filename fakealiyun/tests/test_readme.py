"""Every example of the README works, and the Chinese README has the same ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakealiyun import FakeCloud
from fakealiyun.__main__ import parse_arguments
from fakealiyun.verify.command import parse_arguments as verify_arguments

README = Path(__file__).resolve().parents[1] / "README.md"
CHINESE = README.with_name("README.zh-CN.md")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")
PORT = ":9001"


def blocks(heading: str) -> list[tuple[str, str, str]]:
    """Language, file name and text of the examples below a heading."""
    text = README.read_text("utf-8")
    assert f"\n{heading}\n" in text
    section = re.split(r"^##+ ", text.partition(f"\n{heading}\n")[2], flags=re.MULTILINE)[0]
    return BLOCK.findall(section)


def run(command: list[str], folder: Path, program: str | None = None) -> str:
    """Run a command. Returns its output; it must succeed."""
    done = subprocess.run(
        command,
        input=program,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_and_an_sdk(fresh_aliyun: FakeCloud, tmp_path: Path) -> None:
    (_, _, command), (_, _, program) = blocks("### 1. A command")
    assert command.split()[0] == "fakealiyun"
    assert f":{parse_arguments(command.split()[1:]).port}" == PORT
    program = program.replace(PORT, f":{fresh_aliyun.port}")
    printed = run([sys.executable, "-"], tmp_path, program).strip()
    assert [media.video_id for media in fresh_aliyun.vod.library.all()] == [printed]


def test_the_context_manager(tmp_path: Path) -> None:
    ((_, _, program),) = blocks("### 2. A context manager")
    assert run([sys.executable, "-"], tmp_path, program) == "Normal\n"


def test_the_pytest_plugin(tmp_path: Path) -> None:
    files = blocks("### 3. A pytest plugin")
    assert [name for _, name, _ in files] == ["conftest.py", "test_upload.py"]
    for _, name, text in files:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert "2 passed" in run([sys.executable, "-m", "pytest", "-q"], tmp_path)


def test_the_control_routes(fresh_aliyun: FakeCloud, tmp_path: Path) -> None:
    ((_, _, script),) = blocks("## Control routes")
    script, reset = script.replace(PORT, f":{fresh_aliyun.port}").rsplit("curl", 1)
    run(["bash", "-eu"], tmp_path, script)
    assert fresh_aliyun.clock.offset == 3600
    assert [rule["count"] for rule in fresh_aliyun.faults.pending()] == [2]
    assert run(["bash", "-eu"], tmp_path, f"curl{reset}") == "{}"
    assert fresh_aliyun.clock.offset == 0


def test_the_check_against_an_account(tmp_path: Path) -> None:
    ((_, _, command),) = blocks("## Check it against your account")
    program, *arguments = command.split()
    assert program == "fakealiyun"
    printed = run([sys.executable, "-m", "fakealiyun", *arguments], tmp_path)
    assert "Nothing was sent." in printed


def test_no_example_is_left_out() -> None:
    headings = (
        "### 1. A command",
        "### 2. A context manager",
        "### 3. A pytest plugin",
        "## Control routes",
        "## Check it against your account",
    )
    tested = [block for heading in headings for block in blocks(heading)]
    assert tested == BLOCK.findall(README.read_text("utf-8"))


def test_the_options_that_it_names_exist() -> None:
    text = README.read_text("utf-8")
    start, end = text.index("## Check it against your account"), text.index("\n## Limits")
    verify, rest = text[start:end], text[:start] + text[end:]
    words = {"--ram-value": "A=b", "--port": "1", "--upload-endpoint": "ip", "--single-app": ""}
    assert parse_arguments(options(rest, words))
    words = {"--run": "", "--yes": ""}
    assert verify_arguments(options(verify, words))


def options(text: str, words: Mapping[str, str]) -> list[str]:
    """Every option that a text names, with a value unless `words` says that it has none."""
    named = sorted(set(re.findall(r"--(?!json|help)[a-z-]+", text)))
    assert named
    found = [word for option in named for word in (option, words.get(option, "x"))]
    return [word for word in found if word]


@pytest.mark.parametrize("page", [README, CHINESE], ids=lambda page: page.name)
def test_its_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / link).is_file(), link


def test_the_chinese_readme_has_the_same_examples() -> None:
    """They differ only in comments."""

    def examples(page: Path) -> list[tuple[str, ...]]:
        return BLOCK.findall(re.sub(r"^# .*$", "#", page.read_text("utf-8"), flags=re.MULTILINE))

    assert examples(CHINESE) == examples(README)
    assert f"]({README.name})" in CHINESE.read_text("utf-8").splitlines()[2]
    assert f"]({CHINESE.name})" in README.read_text("utf-8").splitlines()[2]
