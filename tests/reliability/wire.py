"""A proxy between the functions and one service, which can damage what passes."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.support.ports import hold

Handle = Callable[["Exchange"], None]
"""Answers one request, or does something else with its connection."""

_WAIT = 30.0  # seconds, so that no thread outlives a test run


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came from the service."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Exchange:
    """One request at the wire. `ordinal` counts the requests of its operation, from 1."""

    wire: Wire
    connection: socket.socket = field(repr=False)
    request: bytes = field(repr=False)
    operation: str
    ordinal: int

    def forward(self) -> Answer:
        """Sends the request to the service, unchanged, and reads the whole answer."""
        with socket.create_connection(("127.0.0.1", self.wire.upstream), timeout=_WAIT) as service:
            service.sendall(self.request)
            response = http.client.HTTPResponse(service)
            response.begin()
            answer = Answer(response.status, response.getheaders(), response.read())
        self.wire.answered.append(answer.body)
        return answer

    def answer(self, answer: Answer, *, sent: int | None = None) -> None:
        """Sends an answer to the function. `sent`: how many bytes of its body to send."""
        skipped = {"content-length", "transfer-encoding", "connection", "keep-alive"}
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, 'Status')}"]
        lines += [
            f"{name}: {value}" for name, value in answer.headers if name.lower() not in skipped
        ]
        lines += [f"Content-Length: {len(answer.body)}", f"Connection: {self.wire.connections}"]
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        self.connection.sendall(head + answer.body[:sent])

    def reset(self) -> None:
        """Resets the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def wait_until_given_up(self) -> None:
        """Waits until the function closes the connection."""
        self.connection.settimeout(_WAIT)
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):
                pass


class Wire:
    """Listens on a loopback port and passes each request on to the port `upstream`.

    `handle` decides what becomes of a request.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.connections = "keep-alive"
        """What answers say in the header Connection."""
        self.handle: Handle = pass_on
        self.seen: list[str] = []
        """The operations of the requests so far."""
        self.answered: list[bytes] = []
        """The bodies of all answers of the service."""
        self.accepted = 0
        """How many connections it has accepted."""
        self._lock = threading.Lock()
        self._listening = hold(0)
        self.port: int = self._listening.getsockname()[1]
        self._is_shut = True
        self._listen()

    def reset(self) -> None:
        """Passes everything on, and forgets what was seen."""
        self.handle, self.connections = pass_on, "keep-alive"
        self.seen.clear()
        self.reopen()

    def shut(self) -> None:
        """Refuses new connections until `reopen`. The port stays ours."""
        with self._lock:  # calls at once may all want it shut
            if not self._is_shut:
                self._end()
                self._listening, self._is_shut = hold(self.port), True

    def reopen(self) -> None:
        """Accepts connections again."""
        with self._lock:
            if self._is_shut:
                self._listen()

    def close(self) -> None:
        """Ends the wire."""
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # ends accept()
        self._listening.close()

    def _listen(self) -> None:
        self._listening.listen()
        self._is_shut = False
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, http.client.HTTPException):
            while request := _read_request(connection):
                operation = _operation(request)
                with self._lock:
                    self.seen.append(operation)
                    ordinal = self.seen.count(operation)
                self.handle(Exchange(self, connection, request, operation, ordinal))
                if connection.fileno() == -1 or self.connections == "close":
                    return


def pass_on(exchange: Exchange) -> None:
    """Answers as the service does."""
    exchange.answer(exchange.forward())


def _read_request(connection: socket.socket) -> bytes:
    """One request, or nothing if the connection ended."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, _ = data.partition(b"\r\n\r\n")
    length = _header(head, "content-length")
    while len(data) < len(head) + 4 + int(length or 0):
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    return data


def _header(head: bytes, name: str) -> str:
    for line in head.decode("latin-1").split("\r\n")[1:]:
        found, _, value = line.partition(":")
        if found.lower() == name:
            return value.strip()
    return ""


def _operation(request: bytes) -> str:
    head, _, body = request.partition(b"\r\n\r\n")
    method, target, _ = head.decode("latin-1").split("\r\n")[0].split(" ")
    path, _, query = target.partition("?")
    fields: dict[str, Any] = {**parse_qs(query), **parse_qs(body.decode("latin-1"))}
    named = _header(head, "x-acs-action") or fields.get("Action", [""])[0]
    if named:
        return str(named)
    if path.startswith("/queues/"):
        return "SendMessage"
    return "webhook" if method == "POST" else "JWKS"
