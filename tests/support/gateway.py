"""A running gateway, and how tests call it."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.gateway import Gateway
from tests.support.gateway_cloud import GatewayCloud
from tests.support.reply import Reply

PAGE = "http://127.0.0.1:9000"
"""The origin that the gateway accepts as its own page."""


@dataclass
class RunningGateway:
    """A gateway that listens on a free port, with its cloud and the project's folder."""

    gateway: Gateway
    cloud: GatewayCloud
    folder: Path

    def call(
        self,
        target: str,
        *,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request, as `http.client` writes it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=60)
        try:
            connection.request(method, target, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def instances(self) -> list[dict[str, Any]]:
        """What `/_local/instances` lists."""
        found = self.call("/_local/instances").json()["instances"]
        assert isinstance(found, list)
        return found

    def log(self, function: str) -> list[str]:
        """The log lines of one function, oldest first."""
        return [line.text for line in self.gateway.logs.lines(function)]
