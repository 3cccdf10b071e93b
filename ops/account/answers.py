"""What a service answers, or why it does not.

A failed call raises ServiceRefused or NotAnswered. Neither quotes the service's message, which may
hold the string that was signed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class ServiceRefused(Exception):
    """A service refused a call: its `code`, the HTTP `status` and the `request_id`."""

    def __init__(self, code: str, status: int, request_id: str) -> None:
        super().__init__(f"{code} ({status}, RequestId {request_id or 'none'})")
        self.code = code
        self.status = status
        self.request_id = request_id

    @property
    def for_permission(self) -> bool:
        """Whether RAM refused. VOD's documentation and its users name different codes for that."""
        return self.code.split(".")[0] in ("NoPermission", "AccessDenied") or self.code in (
            "Forbidden",
            "Forbidden.RAM",
            "Unauthorized",
        )


class NotAnswered(Exception):
    """The service did not answer, or its answer cannot be read."""


@dataclass(frozen=True)
class ServiceAnswer:
    """An operation's answer: its members, and the HTTP headers by lower-case name."""

    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def request_id(self) -> str:
        """The service's RequestId."""
        return str(self.body.get("RequestId") or self.headers.get("x-fc-request-id") or "")


def answer_of(call: Callable[[], Any]) -> ServiceAnswer:
    """The answer to ``call()``, a call of a client. Raises ServiceRefused or NotAnswered."""
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
    from Tea.exceptions import TeaException

    try:
        given = call()
        if isinstance(given, dict):
            body, headers = given["body"], given["headers"]
        else:
            content = getattr(given, "body", None)
            body, headers = {} if content is None else content.to_map(), given.headers
        return ServiceAnswer(
            dict(body), {str(name).lower(): value for name, value in headers.items()}
        )
    except AlibabaCloudException as refusal:
        code = refusal.code if isinstance(refusal.code, str) else "Unknown"
        status = refusal.status_code if isinstance(refusal.status_code, int) else 0
        request_id = getattr(refusal, "request_id", None)
        raise ServiceRefused(_word(code), status, _word(request_id or "")) from None
    except TeaException as refusal:
        # Simple Log Service's client has errors of an older kind. Others without a status are none.
        data = refusal.data if isinstance(refusal.data, dict) else {}
        answered, request_id = data.get("httpCode"), data.get("requestId")
        if not isinstance(answered, int):
            raise NotAnswered(type(refusal).__name__) from None
        raise ServiceRefused(_word(refusal.code), answered, _word(request_id or "")) from None
    except Exception as fault:  # noqa: BLE001 - the clients raise many kinds, and quote requests
        raise NotAnswered(type(fault).__name__) from None


def _word(text: object) -> str:
    """A code or id, safe to print: its leading letters, digits, dots, hyphens and underscores."""
    found = re.match(r"[A-Za-z0-9._-]{1,100}", str(text))
    return found[0] if found else ""
