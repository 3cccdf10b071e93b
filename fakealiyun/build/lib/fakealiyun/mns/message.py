"""A message, and the receipt handle with which its receiver deletes it."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field

from fakealiyun.mns.attributes import DEFAULT_PRIORITY

_HANDLE = re.compile(r"[0-9]{1,2}-[A-Za-z0-9+/]{16,128}={0,2}", re.ASCII)


@dataclass(frozen=True)
class Message:
    """A message as a receiver gets it. Times are epoch seconds of cloud time."""

    id: str
    body: str = field(repr=False)
    enqueued: float = 0.0
    dequeue_count: int = 0
    """How often it has been received, including this time."""
    priority: int = DEFAULT_PRIORITY
    """1 is received first, 16 is received last."""
    first_dequeued: float = 0.0
    """When it was first received; 0 if it never was."""
    next_visible: float = 0.0
    """The time from which it can be received (again)."""
    receipt_handle: str = field(default="", repr=False)
    """Deletes the message until `next_visible`. It comes from the latest receive, or from a delayed
    send."""


def new_message_id() -> str:
    """A unique message id."""
    return secrets.token_hex(16).upper()


def new_receipt_handle(priority: int) -> str:
    """A handle that nobody can guess, in the form of the service: `1-` and base64 of digits.

    Clients put it into a URL without encoding, so it contains neither `+` nor `/`.
    """
    digits = "-".join(str(secrets.randbelow(10**15)) for _ in range(3))
    return f"{priority}-{base64.b64encode(digits.encode()).decode()}"


def is_receipt_handle(text: str) -> bool:
    """Whether the text has the form of a receipt handle."""
    return _HANDLE.fullmatch(text) is not None
