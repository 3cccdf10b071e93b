"""Runs all benchmarks. Prints the tables and writes a JSON file and the chart of the README.

python -m benchmarks [--python 3.10] [--out .local/benchmarks.json] [--chart docs/cold-start.svg]
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path

from benchmarks import chart, cold_start, command, playback, throughput, warm_call
from benchmarks.process import BenchmarkError
from benchmarks.workload import FUNCTIONS, ISSUING, PROJECT
from ops.code_folder import BuildError

CHARTED = "play"


def main() -> int:
    """Measure everything. Print each table as soon as it is ready, then write both files."""
    options = command.parser("benchmarks", __doc__)
    options.add_argument(
        "--out", type=Path, default=PROJECT / ".local" / "benchmarks.json", help="the JSON file"
    )
    options.add_argument(
        "--chart", type=Path, default=PROJECT / "docs" / "cold-start.svg", help="the SVG file"
    )
    options.add_argument(
        "--rounds",
        type=int,
        default=cold_start.ROUNDS,
        help="rounds of cold starts (default %(default)s)",
    )
    options.add_argument(
        "--calls",
        type=int,
        default=throughput.CALLS,
        help="calls of the throughput run (default %(default)s)",
    )
    arguments = options.parse_args()
    try:
        with command.contenders(arguments.python) as (workload, builds):
            cold = cold_start.measure(workload, builds, FUNCTIONS, max(1, arguments.rounds))
            print(cold_start.table(cold), flush=True)
            warm = warm_call.measure(workload, builds, ISSUING, warm_call.CALLS)
            print(warm_call.table(warm), flush=True)
            sustained = throughput.measure(workload, builds, arguments.calls)
            print(throughput.table(sustained), flush=True)
            played = playback.measure(workload, builds, playback.ROUNDS, playback.SECONDS)
            print(playback.table(played), flush=True)
    except (BenchmarkError, BuildError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    about = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
    }
    result = {
        **about,
        "cold_start": cold,
        "warm_call": warm,
        "throughput": sustained,
        "playback": played,
    }
    for path, text in (
        (arguments.out, json.dumps(result, indent=1) + "\n"),
        (arguments.chart, chart.svg(cold, CHARTED)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
