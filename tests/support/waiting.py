"""Waiting for something that another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 120.0
"""Seconds that a test waits for what must happen. No machine should need that long."""


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Call `condition` until its result is true; return that result.

    Raises AssertionError, which names `what`, after PATIENCE.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"never happened: {what}")
