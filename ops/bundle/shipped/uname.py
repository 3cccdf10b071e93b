"""What the SDK asks of `platform` for its User-Agent, without what `platform` takes to load."""

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
