"""Warm calls: what the function adds to a call of the SDK, once everything is loaded.

python -m benchmarks.warm_call [--json] [--python 3.10] [--calls 2000] [--function play ...]

Our share is a call of the handler less what it spends in the SDK's methods; it is compared with a
bare call of the SDK as it is published, through its own transport, to the same cloud on loopback.
The two take turns of a hundred calls.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cloud import CloudProcess
from benchmarks.driven import Driven
from benchmarks.figures import OURS, PLAIN_VALID, SHARE_AT_MOST, Spread, verdict
from benchmarks.line_up import LineUp, line_up
from benchmarks.process import BenchmarkError
from benchmarks.scene import ALGORITHMS, ISSUING, Scene
from local.build import BuildError

CALLS = 2000
_TURN = 100  # calls


def measure(
    scene: Scene, contenders: LineUp, functions: Sequence[str], calls: int
) -> dict[str, Any]:
    """Function -> algorithm -> milliseconds and the ratio. Raises BenchmarkError."""
    return {
        function: {
            algorithm: _measure(scene, contenders, function, algorithm, calls)
            for algorithm in ALGORITHMS
        }
        for function in functions
    }


def _measure(
    scene: Scene, contenders: LineUp, function: str, algorithm: str, calls: int
) -> dict[str, float]:
    shares, wholes, bares = [], [], []
    with (
        Driven(scene, contenders, OURS, function, algorithm, "function") as ours,
        Driven(scene, contenders, PLAIN_VALID, function, algorithm, "sdk") as bare,
    ):
        for process in (ours, bare):
            process.run(_TURN)
        for _ in range(max(1, calls // _TURN)):
            made = ours.run(_TURN)
            own = [whole - sdk for whole, sdk in zip(made["calls"], made["sdk"], strict=True)]
            shares.append(statistics.median(own) * 1000)
            wholes.append(statistics.median(made["calls"]) * 1000)
            bares.append(statistics.median(bare.run(_TURN)["calls"]) * 1000)
    return {
        "share_ms": round(Spread(shares).median, 3),
        "whole_ms": round(Spread(wholes).median, 3),
        "bare_sdk_ms": round(Spread(bares).median, 3),
        "ratio": round(Spread(shares).over(Spread(bares)), 3),
        "whole_ratio": round(Spread(wholes).over(Spread(bares)), 3),
    }


def table(result: dict[str, Any]) -> str:
    """The result for people."""
    lines = ["Warm call (milliseconds): our share, to a bare call of the SDK"]
    for function, by_algorithm in result.items():
        for algorithm, found in by_algorithm.items():
            said = verdict(found["ratio"], SHARE_AT_MOST[algorithm])
            lines.append(
                f"  {function:8} {algorithm}  ours {found['share_ms']:.2f} of"
                f" {found['whole_ms']:.2f}, bare SDK {found['bare_sdk_ms']:.2f}: {said};"
                f" the whole call {found['whole_ratio']:.2f}"
            )
    return "\n".join(lines)


def main() -> int:
    """Measure, and print the table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.warm_call", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--python", help="the version (default: the first runtime that is found)")
    parser.add_argument("--calls", type=int, default=CALLS, help=f"of each (default {CALLS})")
    parser.add_argument("--function", choices=ISSUING, action="append", help="only these")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder, CloudProcess() as cloud:
            contenders = line_up(arguments.python, Path(folder))
            functions = arguments.function or ISSUING
            result = measure(Scene(cloud), contenders, functions, arguments.calls)
    except (BenchmarkError, BuildError) as error:
        print(f"warm_call: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1) if arguments.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
