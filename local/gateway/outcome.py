"""The result of an invocation."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

UNHANDLED = "UnhandledInvocationError"
INITIALIZATION = "InitializationError"
TIMED_OUT = "FunctionTimeoutError"
"""`X-Fc-Error-Type` of a timeout. The documentation has only the message, not this type."""


@dataclass(frozen=True)
class Outcome:
    """If `error_type` is None, the handler returned `payload`; else it describes the error.

    `instance_id` is empty if no instance started.
    """

    request_id: str
    payload: bytes
    error_type: str | None
    log_tail: bytes
    instance_id: str = ""


class InvocationFailed(Exception):
    """An invocation ended without a return of the handler. `payload` is the body of the error."""

    def __init__(self, error_type: str, payload: bytes) -> None:
        super().__init__(error_type)
        self.error_type = error_type
        self.payload = payload

    @classmethod
    def with_message(cls, error_type: str, text: str) -> InvocationFailed:
        """An error whose body has only an `errorMessage`."""
        return cls(error_type, json.dumps({"errorMessage": text}).encode())


def new_request_id(now: float) -> str:
    """A request id of Function Compute 3.0: `1-<seconds>-<8 digits>-<12 digits>`, hexadecimal."""
    return f"1-{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"
