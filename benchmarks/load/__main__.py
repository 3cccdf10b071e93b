"""Load: the deployment under many callers, at VOD's throttle and at Function Compute's own limit.

python -m benchmarks.load [--json] [--seconds 5]

- `instances`: throughput and latency of `play` against the instances that it may have, while
  callers ask for more than these can serve. Refused requests are not repeated here.
- `cold`: the share of cold starts, and the latency, from nothing.
- `vod_throttle`: callers ask for more than VOD's rate. They get our 429, wait and repeat.
- `fc_limit`: callers ask for more than the instances serve. They get Function Compute's 429, which
  has another form and no CORS headers: a browser sees a network error. Clients repeat both.

Everything runs on loopback. See `benchmarks.load.fairness` for two users, one of them hostile, and
`benchmarks.load.simulation` for a thousand instances.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from typing import Any

from benchmarks.load.callers import Caller, Seen, run
from benchmarks.load.deployment import DeploymentProcess, LoadError, Spec

SECONDS = 5.0
COUNTS = (1, 2, 4, 8)  # instances
ASKED = 1.3  # times what the instances can serve, at 0.1 s for a call to VOD
CALLERS = 4


def _spread(seen: list[Seen], seconds: float) -> dict[str, Any]:
    together = Seen([one for caller in seen for one in caller.outcomes])
    served = sum(one.status == 200 for one in together.outcomes)
    return {
        "served_per_second": round(served / seconds, 1),
        "p50_ms": together.quantile(0.5),
        "p95_ms": together.quantile(0.95),
        "p99_ms": together.quantile(0.99),
        "statuses": together.counts(),
        "repeats": sum(one.repeats for one in together.outcomes),
    }


def _callers(deployment: DeploymentProcess, rate: float, *, repeats: bool) -> list[Caller]:
    return [
        Caller(deployment.token(f"user-{number}"), rate / CALLERS, repeats)
        for number in range(CALLERS)
    ]


def measure(seconds: float) -> dict[str, Any]:
    """All figures. Raises LoadError."""
    result: dict[str, Any] = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "instances": {},
    }
    for count in COUNTS:
        with DeploymentProcess(Spec(instances={"play": count})) as deployment:
            callers = _callers(deployment, count * 10 * ASKED, repeats=False)
            cold = run(deployment.port, deployment.video, callers, seconds)
            lines = deployment.decisions("play")
            warm = run(deployment.port, deployment.video, callers, seconds)
            result["instances"][str(count)] = _spread(warm, seconds)
        if count == COUNTS[-1]:
            ended = [line for line in lines if line.get("code") == "OK"]
            started = [line["ms"] for line in ended if line["cold"]]
            result["cold"] = {
                **_spread(cold, seconds),
                "cold_share": round(len(started) / max(1, len(ended)), 3),
                "cold_ms_inside": round(max(started, default=0.0), 1),
            }
    rate = {"GetVideoPlayAuth": 20}
    with DeploymentProcess(Spec(instances={"play": 8}, rates=rate)) as deployment:
        callers = _callers(deployment, 30.0, repeats=True)
        seen = run(deployment.port, deployment.video, callers, seconds)
        result["vod_throttle"] = _spread(seen, seconds)
        result["vod_throttle"]["vod_calls"] = deployment.calls()
    with DeploymentProcess(Spec(instances={"play": 2})) as deployment:
        callers = _callers(deployment, 30.0, repeats=True)
        seen = run(deployment.port, deployment.video, callers, seconds)
        result["fc_limit"] = _spread(seen, seconds)
    return result


def table(result: dict[str, Any]) -> str:
    """The result as a table for a terminal."""
    head = f"  {'':<16}{'served/s':>9}{'p50':>9}{'p95':>9}{'p99':>9}   statuses"
    rows = {f"{count} instances": one for count, one in result["instances"].items()}
    rows |= {name: result[name] for name in ("cold", "vod_throttle", "fc_limit")}
    lines = [f"Load: play, VOD after 100 ms ({result['machine']})", head]
    lines += [
        f"  {name:<16}{one['served_per_second']:>9}{one['p50_ms']:>9}{one['p95_ms']:>9}"
        f"{one['p99_ms']:>9}   {one['statuses']}"
        for name, one in rows.items()
    ]
    lines.append(f"  cold starts: {result['cold']['cold_share']:.1%} of the first requests")
    return "\n".join(lines)


def main() -> int:
    """Measure, and print the table or JSON."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--seconds", type=float, default=SECONDS, help="(default %(default)s)")
    given = options.parse_args()
    try:
        result = measure(min(given.seconds, 30.0))
    except LoadError as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1) if given.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
