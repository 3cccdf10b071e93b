"""The Python versions that bundles are tested with."""

from __future__ import annotations

import sys

from ops.bundle.target import RUNTIMES, find_interpreter

_FOUND = [python for python in RUNTIMES if find_interpreter(python) is not None]
_HOST = f"{sys.version_info.major}.{sys.version_info.minor}"

PYTHONS = list(RUNTIMES) if _FOUND else [_HOST]
"""Function Compute's versions, or the Python that runs the tests if none of them is found."""

ANY = _FOUND[0] if _FOUND else _HOST
"""One of them, for a test whose result is the same for all."""
