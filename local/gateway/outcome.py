"""How an invocation ended."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

UNHANDLED = "UnhandledInvocationError"
INITIALIZATION = "InitializationError"
TIMED_OUT = "FunctionTimeoutError"
"""`X-Fc-Error-Type` of a timeout. The documentation names the message only, not this word."""


@dataclass(frozen=True)
class Outcome:
    """`error_type` None means that the handler returned `payload`; else it describes the error."""

    request_id: str
    payload: bytes
    error_type: str | None
    log_tail: bytes


class Failed(Exception):
    """An invocation ended otherwise than by the handler's return."""

    def __init__(self, error_type: str, payload: bytes) -> None:
        super().__init__(error_type)
        self.error_type = error_type
        self.payload = payload

    @classmethod
    def saying(cls, error_type: str, text: str) -> Failed:
        """With a body that says no more than `text`."""
        return cls(error_type, json.dumps({"errorMessage": text}).encode())


def new_request_id(now: float) -> str:
    """A request id as Function Compute 3.0 writes it: `1-<seconds>-<8>-<12>`, hexadecimal."""
    return f"1-{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"
