"""What the doctor's and the smoke test's command lines share."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from ops.account import LOOPBACK


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no argument: it may be a secret in the wrong place."""

    def error(self, _message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: not understood; --help explains. No secret is an argument.\n")


def loopback(text: str) -> str:
    """A loopback address with its port, as an argument. Raises ValueError."""
    if not LOOPBACK.fullmatch(text):
        raise ValueError
    return text
