"""The fake cloud and a receiver of webhooks, in a separate process.

There they take no CPU time from the measured processes.
"""

from __future__ import annotations

import multiprocessing
import threading
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

from fakealiyun import FakeCloud
from local.gateway import FakeCloudLink, RoleCredentials
from local.roles import LOCAL_VALUES, RAM_FOLDER

_START_SECONDS = 60.0
_MANY = 1_000_000  # calls; more than any measurement makes


class CloudProcess(AbstractContextManager["CloudProcess"]):
    """A running fake cloud. A context manager. `endpoint` is HOST:PORT, `receiver` is a URL."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(_START_SECONDS):
            raise TimeoutError("the fake cloud did not start")
        self.endpoint: str
        self.receiver: str
        self.admin: tuple[str, str]
        self.endpoint, self.receiver, self.admin = self._pipe.recv()

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join()

    def role_credentials(self, role: str) -> RoleCredentials:
        """A new role credential, as Function Compute gives it to an instance."""
        self._pipe.send(("role", role))
        credentials: RoleCredentials = self._pipe.recv()
        return credentials

    def answer_after(self, seconds: float) -> None:
        """Make VOD wait so long before it answers. 0: it answers at once."""
        self._pipe.send(("wait", seconds))
        self._pipe.recv()

    def calls(self) -> dict[str, int]:
        """How often each operation of VOD was called so far."""
        self._pipe.send(("calls", None))
        counted: dict[str, int] = self._pipe.recv()
        return counted


class _Receiver(BaseHTTPRequestHandler):
    """Accepts every webhook."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(204)
        self.end_headers()


def _serve(pipe: Connection[object, object]) -> None:
    app = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    app.daemon_threads = True
    threading.Thread(target=app.serve_forever, daemon=True).start()
    receiver = f"http://127.0.0.1:{app.server_port}/events"
    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud:
        link = FakeCloudLink(cloud)
        admin = (cloud.admin.access_key_id, cloud.admin.access_key_secret)
        pipe.send((cloud.endpoint, receiver, admin))
        while True:
            try:
                message: Any = pipe.recv()
            except EOFError:
                return
            asked, value = message
            if asked == "role":
                pipe.send(link.role_credentials(str(value), "benchmark"))
            elif asked == "calls":
                pipe.send(dict(cloud.calls.snapshot().get("vod", {})))
            else:
                cloud.faults.clear()
                if value:
                    cloud.faults.set("vod", "*", "slow", count=_MANY, seconds=value)
                pipe.send(None)
