"""A message, as it is handed out, and the handle that lets its receiver dispose of it."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field

from fakealiyun.mns.attributes import DEFAULT_PRIORITY

_HANDLE = re.compile(r"[0-9]{1,2}-[A-Za-z0-9+/]{16,128}={0,2}", re.ASCII)


@dataclass(frozen=True)
class Message:
    """A message as it is handed out. Times are epoch seconds of cloud time."""

    id: str
    body: str = field(repr=False)
    enqueued: float = 0.0
    dequeue_count: int = 0
    """How often it has been received so far, this time included."""
    priority: int = DEFAULT_PRIORITY
    """1 is received first, 16 last."""
    first_dequeued: float = 0.0
    """When it was received for the first time; 0 when it never was."""
    next_visible: float = 0.0
    """From when on it can be received (again)."""
    receipt_handle: str = field(default="", repr=False)
    """What deletes it until `next_visible`: of the latest receive, or of a delayed send."""


def new_message_id() -> str:
    """An id that is unique."""
    return secrets.token_hex(16).upper()


def new_receipt_handle(priority: int) -> str:
    """A handle that cannot be guessed, in the service's form: `1-` and base64 of digits.

    Clients put it into a URL as it is, so it has neither `+` nor `/`.
    """
    digits = "-".join(str(secrets.randbelow(10**15)) for _ in range(3))
    return f"{priority}-{base64.b64encode(digits.encode()).decode()}"


def is_receipt_handle(text: str) -> bool:
    """Whether it has the form of a handle."""
    return _HANDLE.fullmatch(text) is not None
