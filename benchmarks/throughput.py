"""A sustained run: calls a second through one instance, and whether its memory grows.

python -m benchmarks.throughput [--json] [--python 3.10] [--calls 20000]

One instance of `play` serves one call after the other, and so does the bare SDK as it is published,
through its own transport; they take turns. One call of the function is one of the cloud's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.cloud import CloudProcess
from benchmarks.driven import Driven
from benchmarks.figures import GROWTH_AT_MOST, OURS, PLAIN_VALID, RATE_AT_LEAST, Spread, verdict
from benchmarks.line_up import LineUp, line_up
from benchmarks.process import BenchmarkError
from benchmarks.scene import Scene
from local.build import BuildError

CALLS = 20_000
_TURNS = 20
_BARE_PART = 4  # the SDK's turns are so many times shorter


def measure(scene: Scene, contenders: LineUp, calls: int) -> dict[str, Any]:
    """Calls a second of both, their ratio, and the growth in memory. Raises BenchmarkError."""
    turn = max(1, calls // _TURNS)
    ours_rates, bare_rates, resident = [], [], []
    with (
        Driven(scene, contenders, OURS, "play", "HS256", "function") as ours,
        Driven(scene, contenders, PLAIN_VALID, "play", "HS256", "sdk") as bare,
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
    """The result for people."""
    return (
        f"Sustained run of {result['calls']} calls of play\n"
        f"  {result['calls_per_second']:.0f} calls a second, bare SDK"
        f" {result['bare_sdk_calls_per_second']:.0f}:"
        f" {verdict(result['ratio'], RATE_AT_LEAST, at_least=True)}\n"
        f"  memory {result['resident_mb_early']} MB after a tenth, {result['resident_mb_late']} MB"
        f" at the end: growth {verdict(result['growth'], GROWTH_AT_MOST)}"
    )


def main() -> int:
    """Measure, and print the table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--python", help="the version (default: the first runtime that is found)")
    parser.add_argument("--calls", type=int, default=CALLS, help=f"(default {CALLS})")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder, CloudProcess() as cloud:
            contenders = line_up(arguments.python, Path(folder))
            result = measure(Scene(cloud), contenders, arguments.calls)
    except (BenchmarkError, BuildError) as error:
        print(f"throughput: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1) if arguments.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
