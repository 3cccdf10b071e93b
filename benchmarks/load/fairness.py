"""Fairness: what one hostile user costs another, with limits on and VOD answering after 100 ms.

python -m benchmarks.load.fairness [--json] [--rounds 5] [--seconds 30]

All users have the same limit. In each round, a user asks RATE times a second, which is just within
it: first alone, and then beside a hostile user who asks HOSTILE times a second. The ratio is the
user's 95th percentile beside over alone; repeats of what was refused are in it. The result is the
median of the rounds. The hostile user's first requests pass, up to the limit, and may fill all
instances for a moment.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from typing import Any

from benchmarks.figures import verdict
from benchmarks.load.callers import Caller, run
from benchmarks.load.deployment import DeploymentProcess, LoadError, Spec

ROUNDS = 5
SECONDS = 30.0
RATE = 1.0  # requests a second of the user
HOSTILE = 200.0
LIMIT = 60  # plays a minute, of each user
AT_MOST = 2.0  # times the quiet 95th percentile


def measure(rounds: int, seconds: float) -> dict[str, Any]:
    """The figures of each round and their medians. Raises LoadError."""
    made: list[dict[str, Any]] = []
    with DeploymentProcess(Spec(limits={"plays_per_minute": LIMIT})) as deployment:
        user = Caller(deployment.token("user"), RATE)
        hostile = Caller(deployment.token("hostile"), HOSTILE, repeats=False)
        run(deployment.port, deployment.video, [user, hostile], 2.0)  # instances start
        for _ in range(rounds):
            deployment.forget_limits()
            deployment.calls()
            [alone] = run(deployment.port, deployment.video, [user], seconds)
            deployment.forget_limits()
            deployment.calls()
            beside, other = run(deployment.port, deployment.video, [user, hostile], seconds)
            made.append(
                {
                    "alone_ms": alone.quantile(0.95),
                    "beside_ms": beside.quantile(0.95),
                    "alone": alone.counts(),
                    "beside": beside.counts(),
                    "hostile": {**other.counts(), "not sent": other.not_sent},
                    "calls_to_vod": deployment.calls(),
                    "calls_allowed": LIMIT + int(RATE * seconds),
                }
            )
    ratios = [one["beside_ms"] / one["alone_ms"] for one in made]
    return {
        "rounds": made,
        "ratio": round(statistics.median(ratios), 2),
        "vod_beyond_limit": max(
            sum(one["calls_to_vod"].values()) - one["calls_allowed"] for one in made
        ),
    }


def table(result: dict[str, Any]) -> str:
    """The result as a table for a terminal."""
    lines = [
        f"Fairness: a user at {RATE:.0f} requests a second, a hostile one at {HOSTILE:.0f}, "
        f"VOD after 100 ms",
        f"{'alone p95':>12}{'beside p95':>12}   hostile",
    ]
    lines += [
        f"{one['alone_ms']:>9.1f} ms{one['beside_ms']:>9.1f} ms   {one['hostile']}"
        for one in result["rounds"]
    ]
    lines.append(f"  median ratio {verdict(result['ratio'], AT_MOST)}")
    lines.append(f"  calls to VOD beyond the limits: {max(0, result['vod_beyond_limit'])}")
    return "\n".join(lines)


def main() -> int:
    """Measure, and print the table or JSON. 1 if it misses what is wanted."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.load.fairness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--rounds", type=int, default=ROUNDS, help="(default %(default)s)")
    options.add_argument("--seconds", type=float, default=SECONDS, help="(default %(default)s)")
    given = options.parse_args()
    try:
        result = measure(given.rounds, min(given.seconds, 30.0))
    except LoadError as error:
        print(f"fairness: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1) if given.json else table(result))
    return 0 if result["ratio"] <= AT_MOST and result["vod_beyond_limit"] <= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
