"""What the operator's commands share: how they read arguments and input, and how they refuse."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

from ops import columns, voice
from ops.account import LOOPBACK
from ops.text import LANGUAGES
from ops.voice import say, spoken, told

LARGEST_INPUT = 64 * 1024  # bytes


class Refused(Exception):
    """The command does not do what was asked; the message says why and holds no secret."""


class _Help(argparse.HelpFormatter):
    """Help in the language that is spoken."""

    def start_section(self, heading: str | None) -> None:
        super().start_section(told(heading) if heading else heading)

    def add_text(self, text: str | None) -> None:
        super().add_text(told(text) if text else text)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, told("usage: ") if prefix is None else prefix)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        found = super()._get_help_string(action)
        return told(found) if found else found

    def _split_lines(self, text: str, width: int) -> list[str]:
        if spoken() == "en":
            return super()._split_lines(text, width)
        return columns.lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if spoken() == "en":
            return super()._fill_text(text, width, indent)
        return columns.fill(text, width, first=indent, then=indent)


class _Lines(argparse.RawDescriptionHelpFormatter, _Help):
    """The same, with the lines of a description as they are."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no argument: it may be a secret in the wrong place.

    It has `--language` by itself, which may also stand after a command. From then on the command
    speaks that language, or that of the locale.
    """

    _has_commands = False

    def __init__(self, **options: Any) -> None:
        raw = options.get("formatter_class") is argparse.RawDescriptionHelpFormatter
        super().__init__(**{**options, "formatter_class": _Lines if raw else _Help})
        self.add_argument(
            voice.OPTION,
            choices=LANGUAGES,
            help="the language of the output; default: that of the locale",
        )

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse. `language` is None if the arguments do not name one."""
        language, left = voice.chosen(sys.argv[1:] if args is None else args)
        voice.speak(language)
        found = super().parse_args(left, namespace)
        found.language = language
        return found

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
        mistake = f"{self.prog}: cannot read these arguments; see --help. No secret is an argument."
        self.exit(2, f"{told(mistake)}\n")


def loopback(text: str) -> str:
    """An argument that is a loopback address with its port. Raises ValueError for any other."""
    if not LOOPBACK.fullmatch(text):
        raise ValueError
    return text


def named(variable: str) -> str:
    """The name of a variable for a message, unless it may be a secret in the wrong place."""
    return variable if re.fullmatch(r"[A-Z_][A-Z0-9_]{0,40}", variable) else "(not shown)"


def from_environment(variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """The value of an environment variable. Raises Refused if it is empty or not set."""
    value = environ.get(variable, "")
    if not value:
        raise Refused(f"the environment variable {named(variable)} is empty")
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
