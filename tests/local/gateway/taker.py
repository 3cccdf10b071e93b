"""What the tests of triggers have in common: a function that keeps what it was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.gateway import RunningGateway
from tests.support.waiting import wait_for


class Taker:
    """A gateway with the sample function `taker`, which refuses what it gets when it is told to."""

    def __init__(self, serve: Callable[..., RunningGateway], folder: Path, **props: Any) -> None:
        self._trace = folder / "taken"
        self._refusal = folder / "taken.refuse"
        self._hold = folder / "taken.hold"
        environment = {"TRACE": str(self._trace)}
        function: Mapping[str, Any] = {"environmentVariables": environment, **props}
        self.served = serve({"taker": function})
        self.cloud = self.served.cloud

    def refuse(self) -> None:
        self._refusal.touch()

    def accept(self) -> None:
        self._refusal.unlink()

    def hold(self) -> Path:
        """Have every call last until the file that this answers is gone."""
        self._hold.touch()
        return self._hold

    def calls(self) -> list[dict[str, Any]]:
        """What the function was called with so far: `event` and `request`."""
        text = self._trace.read_text() if self._trace.exists() else ""
        whole, _, _being_written = text.rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def called(self, times: int) -> list[Any]:
        """The events once the function was called that often."""
        wait_for(lambda: len(self.calls()) >= times, f"call {times}")
        wait_for(self.idle, "the calls have ended")
        assert len(self.calls()) == times
        return [call["event"] for call in self.calls()]

    def idle(self) -> bool:
        """Whether every call so far has ended."""
        lines = self.served.log("taker")
        starts = sum(line.startswith("FC Invoke Start") for line in lines)
        ends = sum(line.startswith("FC Invoke End") for line in lines)
        return starts == ends == len(self.calls())
