"""The Python versions that tests of bundles run on this machine."""

from __future__ import annotations

import sys

from ops.bundle.target import RUNTIMES, find_interpreter

_FOUND = [python for python in RUNTIMES if find_interpreter(python) is not None]
_HOST = f"{sys.version_info.major}.{sys.version_info.minor}"
ANY = _FOUND[0] if _FOUND else _HOST
"""One of them, for tests whose result does not depend on the version."""
