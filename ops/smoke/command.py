"""The command line of `python -m ops.smoke`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from ops.account import TOKEN_VARIABLE, Account, NoKey, key_of, silence_clients
from ops.columns import padded
from ops.command_line import Parser, loopback, named
from ops.doctor import web
from ops.doctor.web import Place, UnusableUrl
from ops.smoke.round import PART, Round
from ops.smoke.sample import mp4
from ops.smoke.trigger import Triggers
from ops.text import Text, language_of
from ops.voice import say, speak, tell, told
from shared.config.variables import REGIONS

PASSED, FAILED, COULD_NOT = 0, 1, 2
FUNCTIONS = ("upload", "refresh", "play")
SAMPLE = 3 * PART + 1234  # bytes
LARGEST_TOKEN = 8 * 1024  # bytes
LARGEST_FILE = 100 * 1024 * 1024  # bytes

_EPILOG = f"""\
Give a token of a test user of your app, with the scopes vod:upload, vod:refresh and vod:play, on
standard input or in the variable that --token-env names. The key that deletes the video comes from
ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a temporary key,
{TOKEN_VARIABLE}. It needs vod:DeleteVideo and vod:GetVideoList.
exit codes: 0 passed, 1 a step failed or something may be left, 2 could not begin
"""


class _CannotBegin(Exception):
    """The round has not started; the message says what is missing."""


def main(
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run one round. `environ` and `sleep` replace the process's own."""
    environment = os.environ if environ is None else environ
    silence_clients()
    arguments = _arguments().parse_args(argv)
    speak(arguments.language or language_of(environment))
    try:
        made = _round(arguments, environment, sleep)
    except (_CannotBegin, NoKey, UnusableUrl) as reason:
        say(f"could not begin: {reason}")
        return COULD_NOT
    _interrupt_on_sigterm()
    try:
        passed = made.run()
    except KeyboardInterrupt:
        say(_INTERRUPTED)
        passed = False
    tell(_PASSED if passed else _NOT_PASSED)
    return PASSED if passed else FAILED


def _interrupt_on_sigterm() -> None:
    """Let SIGTERM clean up as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, interrupt)


def _round(
    arguments: argparse.Namespace, environ: Mapping[str, str], sleep: Callable[[float], None]
) -> Round:
    places = _places(arguments)
    account = None
    if not arguments.keep:
        account = Account(
            key_of(environ), _region(arguments, environ), endpoint=arguments.endpoint or ""
        )
    content, suffix = _content(arguments.file)
    return Round(
        triggers=Triggers(places, _token(arguments, environ), sleep),
        account=account,
        content=content,
        suffix=suffix,
        wait=arguments.wait,
        say=_say,
        vod_endpoint=arguments.endpoint or "",
        sleep=sleep,
    )


def _places(arguments: argparse.Namespace) -> dict[str, Place]:
    places = web.places(arguments.url, arguments.at, FUNCTIONS)
    missing = [name for name in FUNCTIONS if name not in places]
    if missing:
        raise _CannotBegin(f"give URL, or --at for {', '.join(missing)}")
    return places


def _region(arguments: argparse.Namespace, environ: Mapping[str, str]) -> str:
    region = arguments.region or environ.get("VODPASS_REGION") or "cn-shanghai"
    if region not in REGIONS:
        raise _CannotBegin(f"the region must be one of {', '.join(sorted(REGIONS))}")
    return str(region)


def _token(arguments: argparse.Namespace, environ: Mapping[str, str]) -> str:
    if arguments.token_env:
        token = environ.get(arguments.token_env, "")
    else:
        if sys.stdin.isatty():
            say("Paste a token, then press Ctrl-D.")
        token = sys.stdin.read(LARGEST_TOKEN + 1).strip()
    if not token or len(token) > LARGEST_TOKEN or not token.isascii() or len(token.split()) != 1:
        where = named(arguments.token_env) if arguments.token_env else "standard input"
        raise _CannotBegin(f"{where} holds no token")
    return token


def _content(path: Path | None) -> tuple[bytes, str]:
    if path is None:
        return mp4(SAMPLE), "mp4"
    suffix = path.suffix.removeprefix(".").lower()
    if not suffix.isalnum():
        raise _CannotBegin("--file needs a file with an extension that VOD knows")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _CannotBegin(f"--file: {os.strerror(error.errno or 0)}") from None
    if not 1 <= len(content) <= LARGEST_FILE:
        raise _CannotBegin(f"the file must have 1 to {LARGEST_FILE} bytes")
    return content, suffix


def _say(step: str, outcome: str, text: str) -> None:
    named, said = told(_STEPS[step]), told(_OUTCOMES[outcome])
    print(f"{padded(named, 8)} {padded(said, 6)} {told(text)}", flush=True)


_STEPS: Mapping[str, Text] = {
    "issue": Text("issue", "下发"),
    "upload": Text("upload", "上传"),
    "refresh": Text("refresh", "刷新"),
    "resume": Text("resume", "续传"),
    "play": Text("play", "播放"),
    "redeem": Text("redeem", "兑换"),
    "delete": Text("delete", "删除"),
}
_OUTCOMES: Mapping[str, Text] = {
    "ok": Text("ok", "成功"),
    "FAILED": Text("FAILED", "失败"),
    "waits": Text("waits", "等待"),
    "kept": Text("kept", "保留"),
}
_PASSED, _NOT_PASSED = Text("passed", "通过"), Text("FAILED", "失败")
_INTERRUPTED = Text("interrupted", "已中断")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 86400:
        raise ValueError
    return seconds


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.smoke",
        description="Run one round against a deployment: issue, upload, refresh in the middle, "
        "play, redeem, delete. It leaves nothing behind.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "url", nargs="?", metavar="URL", help="the address of all functions: URL/upload, …"
    )
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="FUNCTION=URL",
        help="the address of one function; repeat it for others",
    )
    parser.add_argument("--token-env", metavar="VARIABLE", help="the variable with the token")
    parser.add_argument("--region", help="default VODPASS_REGION, else cn-shanghai")
    parser.add_argument(
        "--file", type=Path, help="the file to upload, a few hundred KB; default a small MP4"
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="how long the video may take to become playable (default 300)",
    )
    parser.add_argument("--keep", action="store_true", help="do not delete the video")
    parser.add_argument(
        "--endpoint",
        type=loopback,
        metavar="HOST:PORT",
        help="the fake cloud's address, for a rehearsal on one machine",
    )
    return parser
