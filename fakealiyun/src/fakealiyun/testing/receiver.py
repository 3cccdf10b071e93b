"""A receiver of callbacks on this machine. Tests set its answers and read what it received."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def type(self) -> str:
        return str(self.event["EventType"])


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # with 5, one of many senders at once would wait for a second


class Receiver:
    """An HTTP server on 127.0.0.1.

    `answers` are the statuses of the next answers; after them the status is 200. The value -1
    closes the connection without an answer. The value 0 delays that until `close`, for at most 30
    seconds. If `respond` is set, it gives the status and the body instead.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self.headers: Mapping[str, str] = {}
        self.on_request: Callable[[Received], None] = lambda _request: None
        self.respond: Callable[[Received], tuple[int, bytes]] | None = None
        self._held = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/events/r4nd0m"

    def close(self) -> None:
        self._held.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def types(self) -> list[str]:
        return [request.type for request in self.received]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Received(self.command, self.path, headers, body)
                receiver.received.append(request)
                receiver.on_request(request)
                status = receiver.answers.pop(0) if receiver.answers else 200
                content = b""
                if receiver.respond is not None:
                    status, content = receiver.respond(request)
                if status == 0:
                    receiver._held.wait(30)
                if status <= 0:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Log nothing."""

        return Handler
