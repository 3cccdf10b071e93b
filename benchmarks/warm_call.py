"""Warm calls: what vodpass adds to a call of the SDK, once everything is loaded.

python -m benchmarks.warm_call [--json] [--python 3.10] [--calls 2000] [--function play ...]

Our share is the time of a handler call minus the time in the SDK's methods. It is compared with a
bare call of the published SDK, which uses its own HTTP transport and calls the same cloud on
loopback. The two take turns of 100 calls each.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks import command
from benchmarks.builds import Builds
from benchmarks.figures import OURS, PLAIN_VALID, SHARE_AT_MOST, Spread, verdict
from benchmarks.repeated_calls import RepeatedCalls
from benchmarks.workload import ALGORITHMS, ISSUING, Workload

CALLS = 2000
_TURN = 100  # calls


def measure(
    workload: Workload, builds: Builds, functions: Sequence[str], calls: int
) -> dict[str, Any]:
    """Function -> algorithm -> milliseconds and the ratio. Raises BenchmarkError."""
    return {
        function: {
            algorithm: _measure(workload, builds, function, algorithm, calls)
            for algorithm in ALGORITHMS
        }
        for function in functions
    }


def _measure(
    workload: Workload, builds: Builds, function: str, algorithm: str, calls: int
) -> dict[str, float]:
    shares, wholes, bares = [], [], []
    with (
        RepeatedCalls(workload, builds, OURS, function, algorithm, "function") as ours,
        RepeatedCalls(workload, builds, PLAIN_VALID, function, algorithm, "sdk") as bare,
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
    """The result as a table for a terminal."""
    lines = ["Warm call (milliseconds): our share, compared with a bare call of the SDK"]
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
    options = command.parser("benchmarks.warm_call", __doc__)
    command.json_option(options)
    options.add_argument(
        "--calls", type=int, default=CALLS, help="calls of each side (default %(default)s)"
    )
    options.add_argument(
        "--function",
        choices=ISSUING,
        action="append",
        help="measure this function (repeatable; default: all)",
    )
    arguments = options.parse_args()
    functions = arguments.function or ISSUING
    return command.run(
        "warm_call",
        arguments,
        lambda workload, builds: measure(workload, builds, functions, arguments.calls),
        table,
    )


if __name__ == "__main__":
    sys.exit(main())
