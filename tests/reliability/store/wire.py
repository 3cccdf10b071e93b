"""A proxy between the functions and a Redis, which can damage what passes."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.ports import hold

_WAIT = 30.0  # seconds, so that no thread outlives a test run

COUNT, NOTE, LOOK_UP = "count", "note", "look-up"
"""What the functions ask: may this be, take note of this, whose is this medium."""


@dataclass
class Asked:
    """One command at the wire. ``ordinal`` counts those of its operation, from 1."""

    wire: StoreWire
    connection: socket.socket = field(repr=False)
    upstream: _Stream = field(repr=False)
    raw: bytes = field(repr=False)
    command: str
    """The command of Redis."""
    operation: str
    """COUNT, NOTE or LOOK_UP; else the command."""

    def forward(self) -> bytes:
        """The answer of the Redis."""
        self.upstream.connection.sendall(self.raw)
        return self.upstream.reply()

    def reset(self) -> None:
        """Resets the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def wait_until_given_up(self) -> None:
        """Waits until the function closes the connection."""
        self.connection.settimeout(_WAIT)
        try:
            while self.connection.recv(4096):
                pass
        except TimeoutError:
            self.wire.overdue += 1
        except OSError:
            pass
        self.connection.close()


Handle = Callable[[Asked], None]
"""Answers one command, or does something else with its connection."""


def pass_on(asked: Asked) -> None:
    """Answers as the Redis does."""
    asked.connection.sendall(asked.forward())


class StoreWire:
    """Listens on a loopback port and passes each command on to the Redis at port ``upstream``."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self.handle: Handle = pass_on
        self.tls: ssl.SSLContext | None = None
        """With what it speaks TLS, if it does."""
        self.seen: list[str] = []
        """The operations of the commands so far."""
        self.overdue = 0
        """How often a function did not give up."""
        self._connections: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listening = hold(0)
        self.port: int = self._listening.getsockname()[1]
        self._is_shut = True
        self._listen()

    def mend(self) -> None:
        """Passes everything on, and forgets what was seen."""
        self.handle = pass_on
        self.seen.clear()
        with self._lock:
            if self._is_shut:
                self._listen()

    def shut(self) -> None:
        """Refuses new connections until ``mend``. The port stays ours."""
        with self._lock:  # calls at once may all want it shut
            if not self._is_shut:
                self._end()
                self._listening, self._is_shut = hold(self.port), True

    def drop(self) -> None:
        """Ends every connection, as a Redis does with one that rests too long."""
        while self._connections:
            with contextlib.suppress(OSError):
                self._connections.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends the wire."""
        self._end()
        self.drop()

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
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, contextlib.suppress(OSError):
            if self.tls is None:
                self._talk(plain)
            else:
                with self.tls.wrap_socket(plain, server_side=True) as connection:
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        self._connections.append(connection)
        asking = _Stream(connection)
        with socket.create_connection(("127.0.0.1", self._upstream), timeout=_WAIT) as behind:
            upstream = _Stream(behind)
            while parts := asking.command():
                words, raw = parts
                operation = _operation(words)
                self.seen.append(operation)
                self.handle(Asked(self, connection, upstream, raw, words[0].decode(), operation))
                if connection.fileno() == -1:
                    return


class _Stream:
    """Reads RESP."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._got = b""

    def command(self) -> tuple[list[bytes], bytes] | None:
        """The next command: its words, and the bytes it was; None at the end, or if it is none."""
        head = self._line()
        if not head.startswith(b"*"):
            if head:
                self.connection.sendall(b"-ERR Protocol error\r\n")
            return None
        words, raw = [], head
        for _ in range(int(head[1:])):
            size = self._line()
            text = self._bytes(int(size[1:]) + 2)
            words.append(text[:-2])
            raw += size + text
        return words, raw

    def reply(self) -> bytes:
        """The next answer: a line, or a text."""
        line = self._line()
        if line.startswith(b"$") and int(line[1:]) >= 0:
            return line + self._bytes(int(line[1:]) + 2)
        return line

    def _line(self) -> bytes:
        while b"\n" not in self._got:
            if not self._more():
                return b""
        line, _, self._got = self._got.partition(b"\n")
        return line + b"\n"

    def _bytes(self, size: int) -> bytes:
        while len(self._got) < size:
            if not self._more():
                raise OSError("the connection ended within a text")
        found, self._got = self._got[:size], self._got[size:]
        return found

    def _more(self) -> bool:
        got = self.connection.recv(65536)
        self._got += got
        return bool(got)


def _operation(words: list[bytes]) -> str:
    command = words[0].decode("ascii", "replace").upper()
    if command in ("EVALSHA", "EVAL"):
        return NOTE if "op" in json.loads(words[-1]) else COUNT
    return LOOK_UP if command == "GET" else command
