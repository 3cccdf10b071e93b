"""A function that records its events, for tests of triggers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.gateway import RunningGateway
from tests.support.waiting import wait_for


class Recorder:
    """A gateway with the sample function `recorder`, which can refuse or delay its events."""

    def __init__(self, serve: Callable[..., RunningGateway], folder: Path, **props: Any) -> None:
        self._trace = folder / "recorded"
        self._refusal = folder / "recorded.refuse"
        self._hold = folder / "recorded.hold"
        environment = {"TRACE": str(self._trace)}
        function: Mapping[str, Any] = {"environmentVariables": environment, **props}
        self.served = serve({"recorder": function})
        self.cloud = self.served.cloud

    def refuse(self) -> None:
        """Make every call fail until `accept`."""
        self._refusal.touch()

    def accept(self) -> None:
        """Undo `refuse`."""
        self._refusal.unlink()

    def hold(self) -> Path:
        """Block every call until the returned file is deleted."""
        self._hold.touch()
        return self._hold

    def calls(self) -> list[dict[str, Any]]:
        """The calls of the function so far: `event` and `request` of each."""
        text = self._trace.read_text() if self._trace.exists() else ""
        whole, _, _being_written = text.rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def called(self, times: int) -> list[Any]:
        """Wait for exactly this many calls and return their events."""
        wait_for(lambda: len(self.calls()) >= times, f"call {times}")
        wait_for(self.idle, "the calls have ended")
        assert len(self.calls()) == times
        return [call["event"] for call in self.calls()]

    def idle(self) -> bool:
        """Whether every call so far has ended."""
        lines = self.served.log("recorder")
        starts = sum(line.startswith("FC Invoke Start") for line in lines)
        ends = sum(line.startswith("FC Invoke End") for line in lines)
        return starts == ends == len(self.calls())
