"""What the operator's commands share: how they read arguments and input, and how they refuse."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

from ops.account import LOOPBACK

LARGEST_INPUT = 64 * 1024  # bytes


class Refused(Exception):
    """The command does not do what was asked; the message says why and holds no secret."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no argument: it may be a secret in the wrong place."""

    _has_commands = False

    def add_subparsers(self, **options: Any) -> Any:
        """As argparse. A mistake then shows the list of commands."""
        self._has_commands = True
        return super().add_subparsers(**options)

    def error(self, _message: str) -> NoReturn:
        """Print the usage, or the help with the commands, and exit with 2."""
        if self._has_commands:
            self.print_help(sys.stderr)
        else:
            self.print_usage(sys.stderr)
        self.exit(
            2,
            f"{self.prog}: cannot read these arguments; see --help. No secret is an argument.\n",
        )


def loopback(text: str) -> str:
    """An argument that is a loopback address with its port. Raises ValueError for any other."""
    if not LOOPBACK.fullmatch(text):
        raise ValueError
    return text


def say(text: str) -> None:
    """Print to standard error, so that standard output holds only what the command made."""
    print(text, file=sys.stderr)


def from_environment(variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """The value of an environment variable. Raises Refused if it is empty or not set."""
    value = environ.get(variable, "")
    if not value:
        raise Refused(f"the environment variable {variable} is empty")
    return value


def from_standard_input(wanted: str) -> str:
    """The text on standard input, at most LARGEST_INPUT bytes. Raises Refused for more.

    `wanted` names it for an operator at a terminal. Bytes that are not UTF-8 become characters
    that no setting accepts.
    """
    if sys.stdin.isatty():
        say(f"Paste {wanted}, then press Ctrl-D.")
    read = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if len(read) > LARGEST_INPUT:
        raise Refused(f"standard input is longer than {LARGEST_INPUT} bytes")
    return read.decode("utf-8", "replace")


def end_on_sigterm() -> None:
    """Lets SIGTERM end the command as Ctrl-C does, so that it can tidy up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, interrupt)
