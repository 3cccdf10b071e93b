"""The text of `.env`: changed in place, read alike by `s`, a shell and our tools, never half."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops import dot_env
from ops.setup import env_file
from ops.setup.env_file import EnvFile, FileError, ValueRefused, quoted
from tests.support.serverless import Run, preview

EXAMPLE = Path(__file__).resolve().parents[3] / ".env.example"
NAMES = sorted(dot_env.read(EXAMPLE))


@given(st.text())
@settings(max_examples=500)
def test_a_value_is_read_back_as_it_was_or_refused(value: str) -> None:
    file = EnvFile("A=1\n# about B\nB='two'  # and more\n\nC=\n# about D\nD=4", None)
    for name in ("B", "C", "E"):
        try:
            file.put(name, value)
        except ValueRefused:
            assert not value.isprintable() or set(value) & set("'$\\`")
            continue
        assert file.values[name] == value
    assert file.values["A"] == "1"
    assert file.values["D"] == "4"
    assert "# about B\n" in file.text
    assert "# and more\n" in file.text
    assert "\n# about D\n" in file.text


@pytest.fixture(scope="module")
def s_preview(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return preview(tmp_path_factory)


ODD = [
    "",
    "plain",
    "https://a.example.com/x?y=1&z=%20;#part",
    '{"keys": [{"kty": "oct", "k": "a+b/c="}]}',
    "vod:upload vod:play",
    " blanks at both ends ",
    "a # is no comment",
    "a=b=c",
    "~/x",
    "*?[a]{b}(c)|d<e>f!g",
    '"quoted"',
    "文字",
]


def test_a_shell_reads_it_as_we_do(tmp_path: Path) -> None:
    file = EnvFile("", None)
    for number, value in enumerate(ODD):
        file.put(f"V{number}", value)
    (tmp_path / ".env").write_text(file.text)
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    script = f"set -a; . ./.env; set +a; exec python3 -c '{show}'"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    read = json.loads(done.stdout)
    assert [read[f"V{number}"] for number in range(len(ODD))] == ODD


def test_s_reads_it_as_we_do(s_preview: Run) -> None:
    names = [name for name in NAMES if name.startswith(("VODPASS_JWT", "VODPASS_PLAY"))]
    file = EnvFile(EXAMPLE.read_text(), None)
    given = dict(zip(names, ODD[1:], strict=False))
    for name, value in given.items():
        file.put(name, value)
    done = s_preview({}, dot_env=file.text)
    assert done.returncode == 0, done.stderr
    rendered = json.loads(done.stdout)["resources"]["play"]["props"]["environmentVariables"]
    assert {name: rendered[name] for name in given} == given
    assert len(given) > 9


@pytest.mark.parametrize("value", ["a'b", "$HOME", "a\\b", "a`b", "a\nb", "a\0b", "a\x1bb", "\r"])
def test_what_they_read_differently_is_refused(value: str) -> None:
    with pytest.raises(ValueRefused):
        quoted(value)


def test_the_last_of_two_lines_is_changed_as_the_last_one_counts() -> None:
    file = EnvFile("A=1\nexport A=2\nB=3\n", None)
    file.put("A", "4")
    assert file.text == "A=1\nexport A=4\nB=3\n"
    assert file.values["A"] == "4"
    assert file.repeated == ["A"]


# --- writing ----------------------------------------------------------------------------------


def test_the_mode_is_0600_whatever_the_umask_and_the_old_mode(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        file = env_file.load(path, EXAMPLE)
        file.put("A", "2")
        env_file.write(path, file)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "A=2\n"


@pytest.mark.parametrize("call", ["fsync", "replace", "fchmod"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    file = env_file.load(path, EXAMPLE)
    file.put("A", "2")

    def fails(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(FileError, match=r"^\.env: No space left on device$"):
        env_file.write(path, file)
    assert path.read_text() == "A=1\n"
    assert [found.name for found in tmp_path.iterdir()] == [".env"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    file = env_file.load(path, EXAMPLE)

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        env_file.write(path, file)
    assert path.read_text() == "A=1\n"
    assert [found.name for found in tmp_path.iterdir()] == [".env"]


def test_a_change_by_another_program_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    file = env_file.load(path, EXAMPLE)
    file.put("A", "2")
    path.write_text("A=3\n")
    with pytest.raises(FileError, match="has changed meanwhile"):
        env_file.write(path, file)
    assert path.read_text() == "A=3\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "kept" / "env"
    real.parent.mkdir()
    real.write_text("A=1\n")
    path = tmp_path / ".env"
    path.symlink_to(real)
    file = env_file.load(path, EXAMPLE)
    file.put("A", "2")
    env_file.write(path, file)
    assert path.is_symlink()
    assert real.read_text() == "A=2\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"A=\xff\n", b"A=1\0\n", b"#" * 300_000])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ".env"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"^\.env: is not"):
        env_file.load(path, EXAMPLE)
