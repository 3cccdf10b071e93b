"""`functions/events` in a separate process, for tests that put an HTTP server in front of it."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping

from fakealiyun.testing.receiver import Received
from tests.support.code_under_test import CodeUnderTest
from tests.support.waiting import PATIENCE

DRIVER = """
import json, sys
answers, sys.stdout = sys.stdout, sys.stderr
import index
for line in sys.stdin:
    answers.write(json.dumps(index.handler(line.encode(), None)) + "\\n")
    answers.flush()
"""


class Deployed:
    """The function, running with this environment. `close` ends it."""

    def __init__(self, code: CodeUnderTest, environment: Mapping[str, str]) -> None:
        folder = code.folder / "events"
        self._process = subprocess.Popen(
            [code.interpreter, "-S", "-s", "-B", "-c", DRIVER],
            cwd=folder,
            env={"PYTHONPATH": str(folder / "python"), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lock = threading.Lock()

    def respond(self, request: Received) -> tuple[int, bytes]:
        """Status and body of its response to a request."""
        event = {
            "rawPath": request.path,
            "headers": dict(request.headers),
            "body": request.body.decode(),
            "requestContext": {"http": {"method": request.method, "path": request.path}},
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(event) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        return int(answer["statusCode"]), str(answer["body"]).encode()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()
