"""A process that calls a function, or only the SDK, many times."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benchmarks.builds import Builds
from benchmarks.process import BenchmarkError
from benchmarks.workload import Workload

_DRIVER = Path(__file__).parent / "inside" / "driver.py"
_FLAGS = ("-S", "-s", "-B")


class RepeatedCalls(AbstractContextManager["RepeatedCalls"]):
    """One process with the code of a contender for a function. A context manager.

    `mode` is `function`, or `sdk` for the SDK call that the plain contender makes. `event`: another
    than the function's usual one.
    """

    def __init__(
        self,
        workload: Workload,
        builds: Builds,
        contender: str,
        function: str,
        algorithm: str,
        mode: str,
        event: bytes | None = None,
    ) -> None:
        code = builds.code(contender, function)
        self._scratch = tempfile.TemporaryDirectory()
        environment: Mapping[str, str] = {
            **workload.environment(
                function, algorithm, code, builds.python, Path(self._scratch.name)
            ),
            "BENCHMARK_EVENT": (event or workload.event(function, algorithm)).decode(),
        }
        self._process = subprocess.Popen(
            [builds.interpreter, *_FLAGS, _DRIVER, mode],
            cwd=code,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, calls: int) -> dict[str, Any]:
        """Make `calls` calls. Returns what `inside/driver.py` prints. Raises BenchmarkError."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker: pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            print(calls, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise BenchmarkError("the process failed at its first call") from None
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError("the process ended during its calls")
        result: dict[str, Any] = json.loads(line)
        return result

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()
        self._scratch.cleanup()
