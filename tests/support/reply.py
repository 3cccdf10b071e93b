"""One HTTP request to this machine, and the response to it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    """An HTTP response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    @property
    def code(self) -> str:
        """The `Code` of a problem response."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        return str(self.json()["Code"])

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and `Code` of a problem response."""
        return self.status, self.code

    def pointers(self) -> list[str]:
        """The fields that an InvalidRequest names."""
        assert self.refusal == (400, "InvalidRequest"), self.body
        return sorted(error["pointer"] for error in self.json().get("errors", []))


def send(
    port: int,
    method: str,
    target: str,
    headers: Mapping[str, str] | list[tuple[str, str]] = (),  # type: ignore[assignment]
    body: bytes | None = None,
) -> Reply:
    """Send one request exactly as given. Adds only a missing Host or Content-Length."""
    given = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    names = {name.lower() for name, _ in given}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(method, target, skip_host="host" in names, skip_accept_encoding=True)
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            given.append(("Content-Length", str(len(body))))
        for name, value in given:
            connection.putheader(name, value.encode("utf-8", "surrogateescape"))
        connection.endheaders(body)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()
