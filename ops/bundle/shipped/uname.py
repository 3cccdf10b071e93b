"""The functions of `platform` that the SDK uses for its User-Agent, in a form that loads fast."""

from __future__ import annotations

import os
import sys


def system() -> str:
    """As platform.system()."""
    return os.uname().sysname


def machine() -> str:
    """As platform.machine()."""
    return os.uname().machine


def python_version() -> str:
    """As platform.python_version()."""
    return sys.version.split()[0].rstrip("+")
