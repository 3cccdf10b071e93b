"""A receiver of webhooks on this machine: it shows that callbacks arrive as events."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_MOST = 256 * 1024  # bytes of a body
_PATH = "/webhooks"


class Receiver:
    """Accepts every webhook. `wait_for` tells those of one deployment by their signatures."""

    def __init__(self) -> None:
        self.url = ""
        self._came = threading.Condition()
        self._webhooks: list[tuple[dict[str, str], bytes]] = []

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Keep one webhook."""
        with self._came:
            self._webhooks.append((headers, body))
            self._came.notify_all()

    def forget(self) -> None:
        """Drop what has come until now."""
        with self._came:
            self._webhooks.clear()

    def wait_for(self, secrets: str, seconds: float) -> str:
        """The type of the first event signed with one of `secrets`, a VODPASS_WEBHOOK_SECRETS.

        Empty if none comes within `seconds`.
        """
        with self._came:
            self._came.wait_for(lambda: bool(self._signed(secrets)), seconds)
            return next(iter(self._signed(secrets)), "")

    def _signed(self, secrets: str) -> list[str]:
        return [
            kind
            for headers, body in self._webhooks
            for secret in secrets.split(",")
            if (kind := _type(secret.strip(), headers, body))
        ]


def _type(secret: str, headers: dict[str, str], body: bytes) -> str:
    """The type of a webhook that verifies; else empty."""
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    try:
        content: Any = Webhook(secret).verify(body, headers)
        return str(content["type"])
    # The library raises ValueError for a malformed signature, text or JSON.
    except (WebhookVerificationError, ValueError, KeyError, TypeError):
        return ""


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port of the loopback address."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != _PATH or not 0 <= length <= _MOST:
                self.send_error(400)
                return
            made.take({k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}{_PATH}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
