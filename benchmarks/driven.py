"""A process that calls a function, or the SDK alone, as often as it is told."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.line_up import LineUp
from benchmarks.process import BenchmarkError
from benchmarks.scene import Scene

_DRIVER = Path(__file__).parent / "inside" / "driver.py"
_FLAGS = ("-S", "-s", "-B")


class Driven:
    """One process with a contender's code for a function; a context manager.

    `mode` is `function`, or `sdk` for the bare call that the plain contender makes of the SDK.
    """

    def __init__(
        self,
        scene: Scene,
        contenders: LineUp,
        contender: str,
        function: str,
        algorithm: str,
        mode: str,
    ) -> None:
        code = contenders.code(contender, function)
        self._scratch = tempfile.TemporaryDirectory()
        environment: Mapping[str, str] = {
            **scene.environment(
                function, algorithm, code, contenders.python, Path(self._scratch.name)
            ),
            "BENCHMARK_EVENT": scene.event(function, algorithm).decode(),
        }
        self._process = subprocess.Popen(
            [contenders.interpreter, *_FLAGS, _DRIVER, mode],
            cwd=code,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, calls: int) -> dict[str, Any]:
        """Make that many calls: see `inside/driver.py`. Raises BenchmarkError."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker: pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            print(calls, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise BenchmarkError("the process could not make its first call") from None
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError("the process ended in the middle of its calls")
        result: dict[str, Any] = json.loads(line)
        return result

    def __enter__(self) -> Driven:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process:
            self._process.kill()
        self._scratch.cleanup()
