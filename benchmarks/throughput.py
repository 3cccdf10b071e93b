"""Throughput: calls per second of one instance, and whether its memory grows.

python -m benchmarks.throughput [--json] [--python 3.10] [--calls 20000]

One instance of `play` serves one call after the other. So does the bare published SDK, with its own
HTTP transport. The two take turns. Each call of the function makes one call to the cloud.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks import command
from benchmarks.builds import Builds
from benchmarks.figures import GROWTH_AT_MOST, OURS, PLAIN_VALID, RATE_AT_LEAST, Spread, verdict
from benchmarks.repeated_calls import RepeatedCalls
from benchmarks.workload import Workload

CALLS = 20_000
_TURNS = 20
_BARE_PART = 4  # a turn of the SDK has this many times fewer calls


def measure(workload: Workload, builds: Builds, calls: int) -> dict[str, Any]:
    """Calls per second of both, their ratio, and the growth of memory. Raises BenchmarkError."""
    turn = max(1, calls // _TURNS)
    ours_rates, bare_rates, resident = [], [], []
    with (
        RepeatedCalls(workload, builds, OURS, "play", "HS256", "function") as ours,
        RepeatedCalls(workload, builds, PLAIN_VALID, "play", "HS256", "sdk") as bare,
    ):
        for _ in range(_TURNS):
            made = ours.run(turn)
            ours_rates.append(turn / made["seconds"])
            resident.append(made["resident"])
            part = max(1, turn // _BARE_PART)
            bare_rates.append(part / bare.run(part)["seconds"])
    early, late = resident[1], resident[-1]
    return {
        "calls": turn * _TURNS,
        "calls_per_second": round(Spread(ours_rates).median, 1),
        "bare_sdk_calls_per_second": round(Spread(bare_rates).median, 1),
        "ratio": round(Spread(ours_rates).over(Spread(bare_rates)), 3),
        "resident_mb_early": round(early / 1024, 2),
        "resident_mb_late": round(late / 1024, 2),
        "growth": round((late - early) / early, 4),
    }


def table(result: dict[str, Any]) -> str:
    """The result as a table for a terminal."""
    return (
        f"Throughput: {result['calls']} calls of play\n"
        f"  {result['calls_per_second']:.0f} calls per second, bare SDK"
        f" {result['bare_sdk_calls_per_second']:.0f}:"
        f" {verdict(result['ratio'], RATE_AT_LEAST, at_least=True)}\n"
        f"  memory {result['resident_mb_early']} MB after a tenth of the calls,"
        f" {result['resident_mb_late']} MB at the end:"
        f" growth {verdict(result['growth'], GROWTH_AT_MOST)}"
    )


def main() -> int:
    """Measure, and print the table or JSON."""
    options = command.parser("benchmarks.throughput", __doc__)
    command.json_option(options)
    options.add_argument("--calls", type=int, default=CALLS, help="(default %(default)s)")
    arguments = options.parse_args()
    return command.run(
        "throughput",
        arguments,
        lambda workload, builds: measure(workload, builds, arguments.calls),
        table,
    )


if __name__ == "__main__":
    sys.exit(main())
