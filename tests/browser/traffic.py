"""The requests that a browser makes."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Request


class Traffic:
    """The requests of one browser profile."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[Request] = []
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.requests.append(request)

    def to(self, url: str) -> list[Request]:
        """The requests to one server, oldest first."""
        return [request for request in self.requests if request.url.startswith(f"{url}/")]

    @property
    def hosts_elsewhere(self) -> set[str]:
        """Hosts beyond loopback that pages tried to reach. Such requests fail."""
        hosts = {urlsplit(request.url).hostname or "" for request in self.requests}
        return {
            host
            for host in hosts
            if host and host not in ("127.0.0.1", "localhost") and not host.endswith(".localhost")
        }
