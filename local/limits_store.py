"""A Redis of its own on loopback, as the store of the limits for each user."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ADDRESS = "127.0.0.1"
_TRIES = 5
_PATIENCE = 30.0  # seconds for a start, on a busy machine
# Its standard input ends when this process does, in whatever way. The signals of a terminal do not
# end it before that.
_GUARD = 'trap "" INT TERM HUP; read -r _; kill -9 "$1"; rmdir "$2"'


class StoreNotStarted(Exception):
    """The store cannot be started. The message says why."""


def redis_server() -> Path | None:
    """The program of Redis on this machine; None if there is none."""
    found = shutil.which("redis-server")
    return None if found is None else Path(found)


class LimitsStore:
    """A Redis with a password that only its URL holds. It keeps nothing on disk.

    It ends with this process, even if that is killed.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.password = secrets.token_urlsafe(24)
        self.port = 0

    @property
    def url(self) -> str:
        """The URL for VODPASS_LIMITS_URL."""
        return f"redis://:{self.password}@{ADDRESS}:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers. Raises StoreNotStarted."""
        self._folder = tempfile.TemporaryDirectory(prefix="vodpass-store-")
        for _ in range(_TRIES):
            # Another process may take the port before Redis does.
            self.port = _free_port()
            if self._start():
                return
        self.stop()
        raise StoreNotStarted("redis-server does not start")

    def stop(self) -> None:
        """End it. Its content is gone."""
        self._end()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def restart(self) -> None:
        """End it and start it on the same port, empty. Raises StoreNotStarted."""
        self._end()
        if not self._start():
            raise StoreNotStarted("redis-server does not start again")

    def _end(self) -> None:
        # The guard first: it must not outlive the process whose number it knows.
        for process in (self._guard, self._process):
            if process is not None:
                process.kill()
                process.wait()
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard = self._process = None

    def _start(self) -> bool:
        assert self._folder is not None  # noqa: S101  start() made it
        # The configuration comes on standard input: other users can read the arguments.
        config = (
            f"bind {ADDRESS}\nport {self.port}\nrequirepass {self.password}\n"
            f'save ""\nappendonly no\ndir {self._folder.name}\nloglevel warning\n'
            "daemonize no\nmaxmemory 64mb\nmaxmemory-policy noeviction\n"
        )
        self._process = subprocess.Popen(  # noqa: S603
            [str(self._program), "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
        )
        # Before Redis has its configuration: without one it would listen on its own port.
        self._guard = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", _GUARD, "sh", str(self._process.pid), self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(config.encode("ascii"))
        self._process.stdin.close()
        patience = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < patience:
            if self._answers():
                return True
            time.sleep(0.02)
        self._end()
        return False

    def _answers(self) -> bool:
        got = b""
        with (
            contextlib.suppress(OSError),
            socket.create_connection((ADDRESS, self.port), timeout=1.0) as connection,
        ):
            connection.sendall(b"AUTH %s\r\nPING\r\n" % self.password.encode("ascii"))
            while got.count(b"\r\n") < 2 and (more := connection.recv(256)):
                got += more
        return got == b"+OK\r\n+PONG\r\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])
