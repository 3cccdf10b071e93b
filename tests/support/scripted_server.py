"""An HTTP server on loopback that sends prepared answers, and keeps what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes = field(repr=False)


def reply(body: Any = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """An answer. A body that is no bytes becomes JSON. The header Date says now."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Date": formatdate(usegmt=True), "Content-Length": str(len(raw)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + raw


class ScriptedServer:
    """Sends ``answers`` one after the other; the last one again and again.

    An empty answer closes the connection.
    """

    def __init__(self) -> None:
        self.answers: list[bytes] = [reply()]
        self.asked: list[Asked] = []
        self.accepted = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listening.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def say(self, *answers: bytes) -> None:
        """Forgets the requests so far. From now on, sends these."""
        self.answers, self.asked, self.accepted = list(answers), [], 0

    def close(self) -> None:
        """Ends the server and its connections."""
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.accepted += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while (asked := _read(connection)) is not None:
                self.asked.append(asked)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if not answer:
                    return
                connection.sendall(answer)


def _read(connection: socket.socket) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    while len(body) < int(headers.get("content-length", 0)):
        more = connection.recv(65536)
        if not more:
            return None
        body, data = body + more, data + more
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, body, data)
