"""A PUT to OSS whose body ends when the test says so."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping

from fakealiyun import FakeCloud

_PATIENCE = 30.0  # seconds


class SlowPut:
    """A PUT of which OSS has accepted the head and the first byte.

    `target` is the path with the query. `headers` are signed. Close it if it is not ended.
    """

    def __init__(
        self, cloud: FakeCloud, target: str, headers: Mapping[str, str], content: bytes
    ) -> None:
        self._rest = content[1:]
        lines = [f"PUT {target} HTTP/1.1", f"Host: {cloud.endpoint}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode()
        host, _, port = cloud.endpoint.partition(":")
        before = set(cloud.storage.folder.iterdir())
        self._socket = socket.create_connection((host, int(port)), timeout=_PATIENCE)
        self._socket.sendall(head + content[:1])
        deadline = time.monotonic() + _PATIENCE
        # OSS begins a file as soon as it has accepted the head.
        while set(cloud.storage.folder.iterdir()) <= before:
            if time.monotonic() > deadline:
                self.close()
                raise AssertionError("OSS did not accept the head")
            time.sleep(0.01)

    def end(self) -> tuple[int, str]:
        """Send the rest. Returns the status and the ETag of the answer."""
        self._socket.sendall(self._rest)
        answer = b""
        while piece := self._socket.recv(65536):
            answer += piece
        self.close()
        head = answer.partition(b"\r\n\r\n")[0].decode()
        etags = [line[6:] for line in head.split("\r\n") if line.lower().startswith("etag: ")]
        return int(head.split()[1]), etags[0] if etags else ""

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()
