"""Starts one instance of a function as the gateway does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import local.gateway.runtime

_BOOTSTRAP = Path(local.gateway.runtime.__file__).with_name("bootstrap.py")
_FLAGS = ("-S", "-s", "-B")
_ANSWER_SECONDS = 120.0


class BenchmarkError(Exception):
    """A contender failed, so it cannot be measured. The message says why."""


class Process(AbstractContextManager["Process"]):
    """A started process. A context manager.

    `environment` is its whole environment. `settings` describes the function to its runtime.
    """

    def __init__(
        self,
        interpreter: Path,
        code: Path,
        environment: Mapping[str, str],
        settings: Mapping[str, Any],
    ) -> None:
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_ANSWER_SECONDS)
        lifeline, self._keep = os.pipe()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self._process = subprocess.Popen(
            [interpreter, *_FLAGS, _BOOTSTRAP, str(theirs.fileno()), str(lifeline)],
            cwd=code,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs.fileno(), lifeline),
            start_new_session=True,
        )
        theirs.close()
        os.close(lifeline)
        self._exchange(settings, b"")

    def __exit__(self, *_: object) -> None:
        self.close()

    def invoke(self, event: bytes) -> None:
        """Call the handler. Raises BenchmarkError unless it returns status 200 or None."""
        call = {
            "requestId": "benchmark",
            "retryCount": 0,
            "credentials": None,
            "kind": "invoke",
            "handler": "index.handler",
        }
        head, payload = self._exchange(call, event)
        answer = json.loads(payload)
        if head["outcome"] != "returned" or (answer is not None and answer["statusCode"] != 200):
            raise BenchmarkError(f"{head} {payload.decode()}\n{self._said()}")

    @property
    def peak_megabytes(self) -> float:
        """Peak resident memory in MB (VmHWM)."""
        return status_kilobytes(self._process.pid, "VmHWM") / 1024

    def close(self) -> None:
        """End the process."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._control.close()
        os.close(self._keep)
        self._output.close()

    def _exchange(self, head: Mapping[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        encoded = json.dumps(head).encode()
        lengths = len(encoded).to_bytes(4, "big") + len(payload).to_bytes(4, "big")
        self._control.sendall(lengths + encoded + payload)
        lengths = self._receive(8)
        answer = json.loads(self._receive(int.from_bytes(lengths[:4], "big")))
        return answer, self._receive(int.from_bytes(lengths[4:], "big"))

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self._control.recv(size - len(data))
            if not chunk:
                raise BenchmarkError(f"the process ended\n{self._said()}")
            data += chunk
        return data

    def _said(self) -> str:
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace")[-4000:]


def status_kilobytes(pid: int | str, name: str) -> int:
    """A value in kB from /proc/PID/status. Raises BenchmarkError if there is none."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise BenchmarkError(f"/proc/{pid}/status has no {name}")
