"""Cold start: time and memory from the start of a process to its first credential.

python -m benchmarks.cold_start [--json] [--python 3.10] [--rounds 9] [--function play ...]

Every contender starts as the gateway and Function Compute start an instance. All verify the same
token and call the same cloud on loopback. They take turns, so other work of the machine slows all
alike. A ratio is the median of the ratios within each round.

JSON: `contenders` (contender -> function -> seconds and peak memory), `ratios` (function ->
contender -> vodpass divided by it), `memory_ratios` and `zip_bytes`. `RS256` has the same members,
measured with a token that an RSA key signed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import command
from benchmarks.builds import Builds
from benchmarks.figures import (
    CONTENDERS,
    FLOOR,
    MEMORY_AT_MOST,
    OURS,
    PLAIN,
    PLAIN_VALID,
    START_AT_MOST,
    ZIP_AT_MOST,
    Spread,
    verdict,
)
from benchmarks.process import Process
from benchmarks.workload import ALGORITHMS, FUNCTIONS, ISSUING, Workload, runtime_settings

ROUNDS = 9


def measure(
    workload: Workload, builds: Builds, functions: Sequence[str], rounds: int
) -> dict[str, Any]:
    """The JSON result that the module describes. Raises BenchmarkError."""
    result: dict[str, Any] = {"python": builds.python, "rounds": rounds}
    by_algorithm = {
        algorithm: _measure(
            workload,
            builds,
            # A function without tokens does not depend on the algorithm.
            [name for name in functions if algorithm == "HS256" or name in ISSUING],
            rounds,
            algorithm,
        )
        for algorithm in ALGORITHMS
    }
    result |= by_algorithm["HS256"]
    result["RS256"] = by_algorithm["RS256"]
    result["zip_bytes"] = {
        OURS: {function: builds.zip_size(OURS, function) for function in functions},
        # Its packages are the same for every function.
        PLAIN: dict.fromkeys(functions, builds.zip_size(PLAIN, functions[0])),
    }
    return result


def _measure(
    workload: Workload, builds: Builds, functions: Sequence[str], rounds: int, algorithm: str
) -> dict[str, Any]:
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    memory: dict[tuple[str, str], list[float]] = defaultdict(list)
    for turn in range(rounds + 1):
        for function in functions:
            first = turn % len(CONTENDERS)
            for contender in (*CONTENDERS[first:], *CONTENDERS[:first]):
                took, peak = start(workload, builds, contender, function, algorithm)
                if turn:  # the first turn only fills the disk cache
                    seconds[contender, function].append(took)
                    memory[contender, function].append(peak)
    times = {place: Spread(values) for place, values in seconds.items()}
    peaks = {place: Spread(values) for place, values in memory.items()}
    others = [contender for contender in CONTENDERS if contender != OURS]
    return {
        "contenders": {
            contender: {
                function: {
                    "seconds": times[contender, function].rounded(),
                    "peak_memory_mb": peaks[contender, function].rounded(1),
                }
                for function in functions
            }
            for contender in CONTENDERS
        },
        "ratios": _ratios(times, functions, others),
        "memory_ratios": _ratios(peaks, functions, others),
    }


def _ratios(
    measured: dict[tuple[str, str], Spread], functions: Sequence[str], others: Sequence[str]
) -> dict[str, dict[str, float]]:
    return {
        function: {
            other: round(measured[OURS, function].over(measured[other, function]), 3)
            for other in others
        }
        for function in functions
    }


def start(
    workload: Workload, builds: Builds, contender: str, function: str, algorithm: str
) -> tuple[float, float]:
    """One cold start: seconds to the first credential, and peak memory of the process in MB."""
    code = builds.code(contender, function)
    settings = runtime_settings(function, builds.python)
    with tempfile.TemporaryDirectory() as scratch:
        environment = workload.environment(function, algorithm, code, builds.python, Path(scratch))
        event = workload.event(function, algorithm)
        begin = time.perf_counter()
        with Process(builds.interpreter, code, environment, settings) as process:
            process.invoke(event)
            took = time.perf_counter() - begin
            return took, process.peak_megabytes


def table(result: dict[str, Any]) -> str:
    """The result as a table for a terminal."""
    lines = [f"Cold start, Python {result['python']}, median of {result['rounds']} (milliseconds)"]
    for algorithm, part in (("HS256", result), ("RS256", result["RS256"])):
        lines.append(f"  {algorithm:12}" + "".join(f"{c:>13}" for c in CONTENDERS))
        for function, ratios in part["ratios"].items():
            row = [part["contenders"][c][function]["seconds"]["median"] * 1000 for c in CONTENDERS]
            lines.append(f"  {function:12}" + "".join(f"{value:13.0f}" for value in row))
            said = ", ".join(
                f"{verdict(ratios[other], START_AT_MOST[other])} × {other}"
                for other in (PLAIN, PLAIN_VALID, FLOOR)
            )
            peak = part["contenders"][OURS][function]["peak_memory_mb"]["median"]
            share = verdict(part["memory_ratios"][function][PLAIN], MEMORY_AT_MOST[PLAIN])
            lines.append(f"      {said}; memory {peak:.0f} MB, {share} × plain")
    for function, size in result["zip_bytes"][OURS].items():
        plain = result["zip_bytes"][PLAIN][function]
        missed = "" if size <= ZIP_AT_MOST else ", MISSED"
        lines.append(
            f"  zip of {function}: {size / 1e6:.1f} MB (≤ {ZIP_AT_MOST / 1e6:g}{missed}),"
            f" plain {plain / 1e6:.1f} MB"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, and print the table or JSON."""
    options = command.parser("benchmarks.cold_start", __doc__)
    command.json_option(options)
    options.add_argument(
        "--rounds", type=int, default=ROUNDS, help="measured rounds (default %(default)s)"
    )
    options.add_argument(
        "--function",
        choices=FUNCTIONS,
        action="append",
        help="measure this function (repeatable; default: all)",
    )
    arguments = options.parse_args()
    functions, rounds = arguments.function or FUNCTIONS, max(1, arguments.rounds)
    return command.run(
        "cold_start",
        arguments,
        lambda workload, builds: measure(workload, builds, functions, rounds),
        table,
    )


if __name__ == "__main__":
    sys.exit(main())
