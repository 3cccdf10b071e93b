"""`python -m ops.setup` at a pseudo-terminal, in both languages."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops import dot_env
from ops.setup.questions import QUESTIONS
from tests.ops.setup.conftest import PROJECT, project_folder

DRIVER = """
import signal
import sys
from pathlib import Path
from ops.setup.command import main
# A shell that starts the tests in the background has them ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[2:], project=Path(sys.argv[1])))
"""
PATIENCE = 120  # seconds without a word, after which the test gives up


class Session:
    """The command at a terminal of its own. `screen` is all that it showed, with the echo."""

    def __init__(self, folder: Path, *arguments: str, **environ: str) -> None:
        self._master, slave = pty.openpty()
        path = "/usr/bin:/bin"
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(folder), *arguments],
            cwd=PROJECT,
            env={"PATH": path, "LANG": "C.UTF-8", "HOME": str(folder), **environ},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""
        self._seen = 0

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a prompt with this text, and type a line."""
        self._read_until(rf"{prompt}[^\n]*> $")
        os.write(self._master, text.encode() + b"\n")

    def agree(self, text: str) -> None:
        """Wait for the last question, and type a line."""
        self._read_until(r"\[Y/n\][:：] ?$")
        os.write(self._master, text.encode() + b"\n")

    def type(self, raw: bytes) -> None:
        os.write(self._master, raw)

    def interrupt(self) -> None:
        """Send SIGINT until the process has ended. One that arrives between the prompt and the
        wait for input has no effect before the next one."""
        while self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        while self._more():
            pass
        return self.process.wait(PATIENCE)

    def _read_until(self, pattern: str) -> None:
        while not (found := re.search(pattern, self.screen[self._seen :], re.S)):
            assert self._more(), f"ended before {pattern!r}:\n{self.screen}"
        self._seen += found.end()

    def _more(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], PATIENCE)
        if not ready:
            self.close()
            pytest.fail(f"nothing more came:\n{self.screen}")
        try:
            read = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self.screen += read.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(read)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project_folder(tmp_path, with_s=True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_ten_questions_lead_to_a_valid_file(folder: Path, language: str) -> None:
    lang = "zh_CN.UTF-8" if language == "zh" else "C.UTF-8"
    session = Session(folder, LANG=lang, LC_ALL="")
    try:
        session.answer("1/10.*", "film")
        session.answer("2/10.*", "4")  # by its number
        session.answer("3/10.*", "own-shared-key")
        session.answer(r"\[app\]", "https://app.example.com")
        session.answer(r"\[vodpass\]", "")
        session.answer(r"4/10.*\[main\]", "")
        session.answer("5/10.*", "domain")
        session.answer("", "VOD.example.com")  # refused, and asked for again
        session.answer("", "vod.example.com")
        session.answer("", "1234567")
        session.answer(r"\[film-log-[0-9a-f]{8}\]", "")
        session.answer("6/10.*", "")
        session.answer("7/10.*", "http://app.example.com/hook")
        session.answer("", "https://app.example.com/hook")
        session.answer("8/10.*", "https://app.example.com, https://www.example.com")
        session.answer("9/10.*", "vod-upload")
        session.answer("", "1234567890123456")
        session.answer(r"10/10.*\[3\.10\]", "")
        session.agree("")
        assert session.end() == 0, session.screen
    finally:
        session.close()
    refused = "必须是" if language == "zh" else "must be"
    assert re.search(rf"! address\.domain[:：] ?{refused}", session.screen)
    assert re.search(rf"! webhook_url[:：] ?{refused}", session.screen)
    assert ("下一步：" if language == "zh" else "What comes next:") in session.screen
    assert "make deploy ENV=prod" in session.screen
    values = dot_env.read(folder / ".env")
    assert values["VODPASS_NAME"] == "film"
    assert values["VODPASS_REGION"] == "cn-beijing"
    assert values["VODPASS_JWT_ISSUER"] == "https://app.example.com"
    assert values["VODPASS_CORS_ORIGINS"] == "https://app.example.com,https://www.example.com"
    assert values["VODPASS_STS_UPLOAD_ROLE"].endswith(":role/film-client-upload")
    for name in ("OWNER_KEYS", "CALLBACK_KEYS", "WEBHOOK_SECRETS", "JWT_KEYS"):
        for piece in re.findall(r"[A-Za-z0-9+/_-]{16,}", values[f"VODPASS_{name}"]):
            assert piece not in session.screen
    assert values["VODPASS_CALLBACK_URL"].rpartition("/")[2] not in session.screen
    if language == "zh":
        prose = re.sub(r"https?://\S+|[a-z][a-z0-9-]*\.example\.com", "", session.screen)
        for question in QUESTIONS:
            assert question.ask.en not in prose
        assert "Changes of" not in prose
        assert "refused" not in prose


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_an_interruption_writes_nothing(folder: Path, key: bytes) -> None:
    session = Session(folder)
    try:
        session.answer("1/10.*", "film")
        session.answer("2/10.*", "")
        session._read_until("3/10.*> $")
        session.type(key)
        if key == b"\x03":  # the terminal is not this session's controlling one
            session.interrupt()
        assert session.end() == 130
    finally:
        session.close()
    assert "Interrupted. Nothing was written." in session.screen
    assert not (folder / ".env").exists()


def test_no_writes_nothing(folder: Path) -> None:
    session = Session(folder)
    try:
        for at in range(1, 11):
            if at == 3:
                session.answer("3/10.*", "firebase")
                session.answer("", "example-app")
                session.answer(r"\[vod:upload vod:refresh vod:play\]", "")
            else:
                session.answer(f"{at}/10.*", "https://app.example.com/" if at == 7 else "")
        session.agree("n")
        assert session.end() == 0
    finally:
        session.close()
    assert "Nothing was written." in session.screen
    assert not (folder / ".env").exists()


def test_without_a_terminal_it_asks_for_a_file(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(folder)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "give the answers with --answers FILE" in done.stderr


def test_a_secret_that_is_asked_for_is_not_echoed(folder: Path) -> None:
    (folder / "answers.json").write_text(
        '{"issuer": {"kind": "firebase", "project": "example-app"},'
        ' "webhook_url": "https://app.example.com/"}'
    )
    made = Session(folder, "--answers", str(folder / "answers.json"))
    assert made.end() == 0, made.screen
    session = Session(folder, "--set", "VODPASS_PLAY_KEY")
    try:
        session.answer("VODPASS_PLAY_KEY", "a1B2c3D4e5F6g7H8i9J0")
        session.agree("")
        assert session.end() == 0, session.screen
    finally:
        session.close()
    assert dot_env.read(folder / ".env")["VODPASS_PLAY_KEY"] == "a1B2c3D4e5F6g7H8i9J0"
    assert "a1B2c3D4" not in session.screen
