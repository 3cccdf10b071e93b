"""An app's receiver of webhooks.

It verifies them with the published Standard Webhooks library, and checks them against the schemas.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.support import event_schemas
from tests.support.waiting import PATIENCE


@dataclass(frozen=True)
class Delivered:
    """One verified delivery."""

    id: str
    type: str
    subject: str
    body: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        data = self.body["data"]
        assert isinstance(data, dict)
        return data


class AppReceiver:
    """A receiver on loopback that returns the status `answer`.

    It verifies and counts every webhook. If `answer` is 2xx, it also adds it to `taken`. While
    `open` is not set, it does not respond.
    """

    def __init__(self) -> None:
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.answer = 204
        self.open = threading.Event()
        self.open.set()
        self.asked = 0
        self.taken: list[Delivered] = []
        self.faults: list[BaseException] = []
        webhook, receiver = Webhook(self.secret), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    content = webhook.verify(body, dict(self.headers))
                    assert content["id"] == self.headers["webhook-id"]
                    assert json.loads(body) == content
                    event_schemas.check(content)
                except BaseException as fault:
                    receiver.faults.append(fault)
                    raise
                receiver.asked += 1
                receiver.open.wait(PATIENCE)
                if 200 <= receiver.answer < 300:
                    receiver.taken.append(
                        Delivered(
                            content["id"], content["type"], content.get("subject", ""), content
                        )
                    )
                self.send_response(receiver.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

            def finish(self) -> None:
                try:
                    super().finish()
                except OSError:
                    return  # the function was killed before it got the response

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # 5 would let a sender of many wait for a second

            def handle_error(self, *_: Any) -> None:
                """A sender that disconnects is not an error of the receiver."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/vod"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=PATIENCE)

    def clear(self) -> None:
        """Return to the initial state, without deliveries."""
        self.answer, self.asked = 204, 0
        self.open.set()
        self.taken.clear()
        self.faults.clear()

    def of(self, subject: str, *types: str) -> list[Delivered]:
        """The accepted deliveries about a media item, of these types or of all types."""
        return [
            one for one in self.taken if one.subject == subject and (not types or one.type in types)
        ]

    def ids(self, subject: str, *types: str) -> set[tuple[str, str]]:
        """Type and id of each accepted delivery about a media item."""
        return {(one.type, one.id) for one in self.of(subject, *types)}
