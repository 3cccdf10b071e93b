"""Playback: each method, by claim and by ownership, for one video and for twenty at once.

python -m benchmarks.playback [--json] [--python 3.10] [--rounds 9] [--seconds 2]

For each kind of request: its calls to VOD, milliseconds, and requests a second through one
instance, while VOD answers at once and while it answers after 100 ms. And the cold start of a
JWTPlayAuth by claim, compared with the standard library alone.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import command
from benchmarks.builds import Builds
from benchmarks.figures import (
    OURS,
    SIGNED_FLOOR,
    SIGNED_RATE_AT_LEAST,
    SIGNED_START_AT_MOST,
    Spread,
    verdict,
)
from benchmarks.process import BenchmarkError, Process
from benchmarks.repeated_calls import RepeatedCalls
from benchmarks.workload import MANY, Workload, runtime_settings

ROUNDS = 9
SECONDS = 2.0
WAITS = (0.0, 0.1)  # seconds until VOD answers


class Kind(NamedTuple):
    """A kind of request, and the calls to VOD that it makes."""

    method: str
    by_claim: bool
    many: bool
    calls: int

    @property
    def name(self) -> str:
        """For the table and for JSON."""
        how = "by claim" if self.by_claim else "by ownership"
        return f"{self.method} {how}{f', {MANY} at once' if self.many else ''}"


KINDS = (
    Kind("PlayAuth", True, False, 1),
    Kind("PlayAuth", False, False, 2),
    Kind("PlayAuth", True, True, MANY),
    Kind("PlayAuth", False, True, MANY + 1),
    Kind("JWTPlayAuth", True, False, 0),
    Kind("JWTPlayAuth", False, False, 1),
    Kind("JWTPlayAuth", True, True, 0),
    Kind("JWTPlayAuth", False, True, 1),
)


def measure(workload: Workload, builds: Builds, rounds: int, seconds: float) -> dict[str, Any]:
    """The figures of each kind, the ratio of rates, and the cold start. Raises BenchmarkError."""
    kinds = {kind.name: _repeated(workload, builds, kind, seconds) for kind in KINDS}
    signed, issued = (kinds[f"{method} by claim"] for method in ("JWTPlayAuth", "PlayAuth"))
    slow = f"{WAITS[1] * 1000:.0f}_ms"
    return {
        "kinds": kinds,
        "rate_ratio": round(
            signed[slow]["requests_per_second"] / issued[slow]["requests_per_second"], 1
        ),
        "cold_start": _cold_start(workload, builds, rounds),
    }


def _repeated(workload: Workload, builds: Builds, kind: Kind, seconds: float) -> dict[str, Any]:
    event = workload.play_event(kind.method, by_claim=kind.by_claim, many=kind.many)
    found: dict[str, Any] = {"calls_to_vod": kind.calls}
    with RepeatedCalls(workload, builds, OURS, "play", "HS256", "function", event) as ours:
        ours.run(1)
        for wait in WAITS:
            workload.cloud.answer_after(wait)
            try:
                found[f"{wait * 1000:.0f}_ms"] = _timed(workload, ours, kind, seconds)
            finally:
                workload.cloud.answer_after(0)
    return found


def _timed(workload: Workload, ours: RepeatedCalls, kind: Kind, seconds: float) -> dict[str, float]:
    """Milliseconds of a request, and requests a second, over at least ``seconds``."""
    before = sum(workload.cloud.calls().values())
    took = ours.run(3)["seconds"] / 3
    requests = max(3, min(20_000, int(seconds / max(took, 1e-6))))
    made = ours.run(requests)
    calls = sum(workload.cloud.calls().values()) - before
    if calls != kind.calls * (requests + 3):
        raise BenchmarkError(f"{kind.name} made {calls} calls to VOD in {requests + 3} requests")
    return {
        "ms": round(statistics.median(made["calls"]) * 1000, 3),
        "requests_per_second": round(requests / made["seconds"], 1),
    }


def _cold_start(workload: Workload, builds: Builds, rounds: int) -> dict[str, float]:
    event = workload.play_event("JWTPlayAuth", by_claim=True, many=False)
    seconds: dict[str, list[float]] = {OURS: [], SIGNED_FLOOR: []}
    for turn in range(rounds + 1):
        for contender in sorted(seconds, reverse=bool(turn % 2)):
            took = _start(workload, builds, contender, event)
            if turn:  # the first turn only fills the disk cache
                seconds[contender].append(took)
    ours, floor = Spread(seconds[OURS]), Spread(seconds[SIGNED_FLOOR])
    return {
        "seconds": round(ours.median, 4),
        "standard_library_seconds": round(floor.median, 4),
        "ratio": round(ours.over(floor), 3),
    }


def _start(workload: Workload, builds: Builds, contender: str, event: bytes) -> float:
    code = builds.code(contender, "play")
    with tempfile.TemporaryDirectory() as scratch:
        environment = workload.environment("play", "HS256", code, builds.python, Path(scratch))
        begin = time.perf_counter()
        described = runtime_settings("play", builds.python)
        with Process(builds.interpreter, code, environment, described) as process:
            process.invoke(event)
            return time.perf_counter() - begin


def table(result: dict[str, Any]) -> str:
    """The result as a table for a terminal."""
    fast, slow = (f"{wait * 1000:.0f}_ms" for wait in WAITS)
    lines = ["Playback through one instance: VOD answers at once, and after 100 ms"]
    for name, found in result["kinds"].items():
        lines.append(
            f"  {name:36} calls {found['calls_to_vod']:2}"
            + "".join(
                f"  {found[part]['ms']:8.2f} ms {found[part]['requests_per_second']:8.1f}/s"
                for part in (fast, slow)
            )
        )
    said = verdict(result["rate_ratio"], SIGNED_RATE_AT_LEAST, at_least=True)
    lines.append(f"  JWTPlayAuth by claim, after 100 ms: {said} times as many as PlayAuth")
    cold = result["cold_start"]
    lines.append(
        f"  its cold start: {cold['seconds'] * 1000:.0f} ms,"
        f" {verdict(cold['ratio'], SIGNED_START_AT_MOST)} × the standard library alone"
    )
    return "\n".join(lines)


def main() -> int:
    """Measure, and print the table or JSON."""
    options = command.parser("benchmarks.playback", __doc__)
    command.json_option(options)
    options.add_argument(
        "--rounds", type=int, default=ROUNDS, help="rounds of cold starts (default %(default)s)"
    )
    options.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help="how long each kind is repeated (default %(default)s)",
    )
    arguments = options.parse_args()
    return command.run(
        "playback",
        arguments,
        lambda workload, builds: measure(
            workload, builds, max(1, arguments.rounds), arguments.seconds
        ),
        table,
    )


if __name__ == "__main__":
    sys.exit(main())
