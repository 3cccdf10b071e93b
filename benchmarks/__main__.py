"""All benchmarks: the tables, one JSON file, and the chart of the README.

python -m benchmarks [--python 3.10] [--out .local/benchmarks.json] [--chart docs/cold-start.png]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import chart, cold_start, throughput, warm_call
from benchmarks.cloud import CloudProcess
from benchmarks.line_up import line_up
from benchmarks.process import BenchmarkError
from benchmarks.scene import FUNCTIONS, ISSUING, PROJECT, Scene
from local.build import BuildError

CHARTED = "play"


def main() -> int:
    """Measure all, print as it goes, keep the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--python", help="the version (default: the first runtime that is found)")
    parser.add_argument("--out", type=Path, default=PROJECT / ".local" / "benchmarks.json")
    parser.add_argument("--chart", type=Path, default=PROJECT / "docs" / "cold-start.png")
    parser.add_argument("--rounds", type=int, default=cold_start.ROUNDS, help="of cold starts")
    parser.add_argument("--calls", type=int, default=throughput.CALLS, help="of the sustained run")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder, CloudProcess() as cloud:
            contenders = line_up(arguments.python, Path(folder))
            scene = Scene(cloud)
            cold = cold_start.measure(scene, contenders, FUNCTIONS, max(1, arguments.rounds))
            print(cold_start.table(cold), flush=True)
            warm = warm_call.measure(scene, contenders, ISSUING, warm_call.CALLS)
            print(warm_call.table(warm), flush=True)
            sustained = throughput.measure(scene, contenders, arguments.calls)
            print(throughput.table(sustained), flush=True)
    except (BenchmarkError, BuildError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    about = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
    }
    result = {**about, "cold_start": cold, "warm_call": warm, "throughput": sustained}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(f"kept in {arguments.out}")
    if chart.write_png(chart.svg(cold, CHARTED), arguments.chart):
        print(f"drawn in {arguments.chart}")
    else:
        print("no chart: it takes Chromium (apt-get install chromium) to draw it", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
