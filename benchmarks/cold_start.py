"""Cold start: from the start of a process to its first credential, and what memory that takes.

python -m benchmarks.cold_start [--json] [--python 3.10] [--rounds 9] [--function play ...]

Every contender is started as the gateway and Function Compute start an instance, with the same
token to verify and the same cloud on loopback. They take turns, so that whatever else the machine
does hits all alike; a ratio is the median of the ratios within each turn.

JSON: `contenders` (contender -> function -> seconds and peak memory) and `ratios` (function ->
contender -> ours to theirs), `memory_ratios`, `zip_bytes`; the same again under `RS256`, where the
token is signed with an RSA key.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cloud import CloudProcess
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
from benchmarks.line_up import LineUp, line_up
from benchmarks.process import BenchmarkError, Process
from benchmarks.scene import ALGORITHMS, FUNCTIONS, ISSUING, Scene, runtime_settings
from local.build import BuildError

ROUNDS = 9


def measure(
    scene: Scene, contenders: LineUp, functions: Sequence[str], rounds: int
) -> dict[str, Any]:
    """The result as the module says. Raises BenchmarkError."""
    result: dict[str, Any] = {"python": contenders.python, "rounds": rounds}
    by_algorithm = {
        algorithm: _measure(
            scene,
            contenders,
            # Without a token, a key's algorithm makes no difference.
            [name for name in functions if algorithm == "HS256" or name in ISSUING],
            rounds,
            algorithm,
        )
        for algorithm in ALGORITHMS
    }
    result |= by_algorithm["HS256"]
    result["RS256"] = by_algorithm["RS256"]
    result["zip_bytes"] = {
        OURS: {function: contenders.zip_size(OURS, function) for function in functions},
        # Whichever the function, the packages are all there.
        PLAIN: dict.fromkeys(functions, contenders.zip_size(PLAIN, functions[0])),
    }
    return result


def _measure(
    scene: Scene, contenders: LineUp, functions: Sequence[str], rounds: int, algorithm: str
) -> dict[str, Any]:
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    memory: dict[tuple[str, str], list[float]] = defaultdict(list)
    for turn in range(rounds + 1):
        for function in functions:
            first = turn % len(CONTENDERS)
            for contender in (*CONTENDERS[first:], *CONTENDERS[:first]):
                took, peak = start(scene, contenders, contender, function, algorithm)
                if turn:  # the first turn only fills the disk's cache
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
    scene: Scene, contenders: LineUp, contender: str, function: str, algorithm: str
) -> tuple[float, float]:
    """One cold start: seconds to the first credential, and the process's peak memory in MB."""
    code = contenders.code(contender, function)
    settings = runtime_settings(function, contenders.python)
    with tempfile.TemporaryDirectory() as scratch:
        environment = scene.environment(function, algorithm, code, contenders.python, Path(scratch))
        event = scene.event(function, algorithm)
        begin = time.perf_counter()
        with Process(contenders.interpreter, code, environment, settings) as process:
            process.answer(event)
            took = time.perf_counter() - begin
            return took, process.peak_megabytes


def table(result: dict[str, Any]) -> str:
    """The result for people."""
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--python", help="the version (default: the first runtime that is found)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns (default {ROUNDS})")
    parser.add_argument("--function", choices=FUNCTIONS, action="append", help="only these")
    arguments = parser.parse_args()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            CloudProcess() as cloud,
        ):
            contenders = line_up(arguments.python, Path(folder))
            functions = arguments.function or FUNCTIONS
            result = measure(Scene(cloud), contenders, functions, max(1, arguments.rounds))
    except (BenchmarkError, BuildError) as error:
        print(f"cold_start: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1) if arguments.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
