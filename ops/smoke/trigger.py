"""Calls the functions with the official client's helper for HTTP triggers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.doctor.web import Place

DEADLINE = 60.0  # seconds for one call; the helper has no deadline of its own
PASSING = ("Throttled", "Unavailable")
ATTEMPTS = 3


class NoAnswer(Exception):
    """The function did not answer; the message quotes nothing from outside."""


@dataclass(frozen=True)
class Reply:
    """A function's answer: header names in lower case, and the JSON object in its body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)

    @property
    def request_id(self) -> str:
        """Function Compute's request id, for a search in the log."""
        return str(self.body.get("RequestId") or self.headers.get("x-fc-request-id") or "")

    @property
    def code(self) -> str:
        """`Code` of a refusal."""
        return str(self.body.get("Code") or "")

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait before a retry, or None if the function does not name them."""
        text = self.headers.get("retry-after", "")
        return int(text) if text.isascii() and text.isdigit() else None


class Triggers:
    """The HTTP triggers of a deployment, called as one user."""

    def __init__(
        self, places: Mapping[str, Place], token: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        from alibabacloud_fc_open20210406.client import Client
        from alibabacloud_tea_openapi.models import Config

        self._places = places
        self._token = token
        self._sleep = sleep
        # The triggers are anonymous, so no key is needed. The region is required, but not used.
        self._client = Client(Config(region_id="cn-shanghai"))

    def call(
        self,
        function: str,
        method: str,
        *,
        query: str = "",
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One call, retried if the function names a temporary fault. Raises NoAnswer."""
        for attempt in range(1, ATTEMPTS + 1):
            reply = self._once(function, method, query, fields, headers or {})
            if reply.code not in PASSING or attempt == ATTEMPTS:
                break
            self._sleep(min(reply.retry_after or 1, 30))
        return reply

    def _once(
        self,
        function: str,
        method: str,
        query: str,
        fields: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> Reply:
        at = self._places[function]
        url = at.origin + (at.path or "/") + (f"?{query}" if query else "")
        body = b"" if fields is None else json.dumps(fields).encode()
        given = {"Authorization": f"Bearer {self._token}", **headers}
        if fields is not None:
            given["Content-Type"] = "application/json"
        response = _within(
            DEADLINE, lambda: self._client.invoke_anonymous_httptrigger(url, method, body, given)
        )
        try:
            content = json.loads(response.content)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise NoAnswer(f"{at.origin} answers {response.status_code} without a JSON object")
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, lowered, content)


def _within(seconds: float, call: Callable[[], Any]) -> Any:
    """The call's result. Raises NoAnswer if it fails or takes longer.

    A call that hangs stays in its thread, which does not keep the process alive.
    """
    results: list[Any] = []
    faults: list[Exception] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as fault:  # noqa: BLE001 - the caller gets only its class
            faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    if faults:
        # The text of the fault may quote the request.
        raise NoAnswer(f"no answer ({type(faults[0]).__name__})")
    raise NoAnswer(f"no answer within {seconds:.0f} s")
