"""Calls listeners in a way that their failures do not affect the cloud."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def notify(listener: Callable[[_T], None], value: _T, log: logging.Logger, failure: str) -> None:
    """Call `listener` with `value`. An exception is logged with the text `failure`."""
    try:
        listener(value)
    except Exception:
        log.exception(failure)
