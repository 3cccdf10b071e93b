"""A simulation: a thousand instances and a million users, and where the first wall is.

python -m benchmarks.load.simulation [--json] [--seconds-for-vod 0.1] [--share-cold 0.02]

It extends what was measured on one machine by a model, second by second. Its assumptions are the
fields of Assumptions; each can be changed. Nothing is sent anywhere.

The model of one function: requests arrive at random (Poisson). One instance serves one request at a
time, for a number of calls to VOD. Above the instances, Function Compute refuses (429). Above one
of VOD's rates, VOD refuses (429), which the function passes on. Whoever is refused asks again after
half a second, a second and so on, up to four times.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

REPEATS = 4


@dataclass(frozen=True)
class Assumptions:
    """What the simulation takes as given. Times are seconds, rates are a second."""

    users: int = 1_000_000
    active: float = 0.02
    """The share of the users who are active in the busiest hour."""
    plays: float = 20.0
    """Plays of an active user in that hour."""
    uploads: float = 0.2
    """Uploads of an active user in that hour."""
    refreshes: float = 0.3
    """Refreshes for each upload: most files take less than 50 minutes."""
    peak: float = 3.0
    """The busiest second against the mean of that hour."""
    vod_seconds: float = 0.1
    own_seconds: float = 0.005
    """A function's own work for one request, in a warm instance."""
    cold_seconds: float = 0.6
    """A cold start: Function Compute's part, and the function's."""
    share_cold: float = 0.02
    rates: Mapping[str, int] = field(
        default_factory=lambda: {
            "CreateUploadVideo": 80,
            "RefreshUploadVideo": 80,
            "GetVideoPlayAuth": 360,
            "GetVideoInfo": 100,
        }
    )
    by_claim: float = 0.9
    """The share of plays of a video that the token's claim names: they need no GetVideoInfo."""
    signed: float = 0.0
    """The share of plays by JWTPlayAuth: they need no GetVideoPlayAuth."""
    instances: Mapping[str, int] = field(
        default_factory=lambda: {"play": 700, "upload": 200, "refresh": 100}
    )


CALLS: Mapping[str, Mapping[str, float]] = {
    "upload": {"CreateUploadVideo": 1},
    "refresh": {"GetVideoInfo": 2, "RefreshUploadVideo": 1},
}
"""Calls to VOD of one request. Those of `play` depend on the assumptions."""


def calls_of(function: str, given: Assumptions) -> Mapping[str, float]:
    """The mean calls to VOD of one request."""
    if function != "play":
        return CALLS[function]
    return {"GetVideoPlayAuth": 1 - given.signed, "GetVideoInfo": 1 - given.by_claim}


def arrivals(given: Assumptions) -> dict[str, float]:
    """Requests a second in the busiest second, before repeats."""
    busy = given.users * given.active * given.peak / 3600
    uploads = busy * given.uploads
    return {"play": busy * given.plays, "upload": uploads, "refresh": uploads * given.refreshes}


def walls(given: Assumptions) -> list[dict[str, Any]]:
    """What each limit can serve against what is asked, the scarcest first."""
    asked = arrivals(given)
    found: list[tuple[str, float, float]] = []
    for name, limit in given.rates.items():
        mean = {function: calls_of(function, given).get(name, 0) for function in asked}
        need = sum(rate * mean[function] for function, rate in asked.items())
        found.append((f"VOD's rate of {name}", need, limit))
    for function, rate in asked.items():
        # Little's law: instances in use are the rate times the time of one request.
        need = rate * _seconds(function, given)
        found.append((f"instances of {function}", need, given.instances[function]))
    return [
        {
            "wall": name,
            "needed": round(need, 1),
            "limit": limit,
            "use": round(need / limit, 4),
            "users": int(given.users * limit / need) if need else None,
        }
        for name, need, limit in sorted(found, key=lambda one: -one[1] / one[2])
    ]


def _seconds(function: str, given: Assumptions) -> float:
    warm = sum(calls_of(function, given).values()) * given.vod_seconds + given.own_seconds
    return warm + given.share_cold * given.cold_seconds


def simulate(given: Assumptions, seconds: int, seed: int = 1) -> dict[str, Any]:
    """What users get during ``seconds`` of the busiest time, with their repeats."""
    chance = random.Random(seed)  # noqa: S311
    asked = arrivals(given)
    waiting: dict[str, list[list[int]]] = {
        name: [[] for _ in range(seconds + 40)] for name in asked
    }
    counts = dict.fromkeys(("served", "refused by VOD", "refused by FC", "gave up"), 0)
    for now in range(seconds):
        left = dict(given.rates)
        for function, rate in asked.items():
            room = int(given.instances[function] / _seconds(function, given))
            tries = [0] * _poisson(chance, rate) + waiting[function][now]
            chance.shuffle(tries)
            for repeats in tries:
                if room <= 0:
                    outcome = "refused by FC"
                else:
                    room -= 1
                    outcome = "served" if _take(chance, function, given, left) else "refused by VOD"
                counts[outcome] += 1
                if outcome == "served":
                    continue
                if repeats == REPEATS:
                    counts["gave up"] += 1
                else:
                    later = now + 1 + int(0.5 * 2**repeats * chance.uniform(0.75, 1.25))
                    waiting[function][later].append(repeats + 1)
    return counts


def _take(chance: random.Random, function: str, given: Assumptions, left: dict[str, int]) -> bool:
    """Makes the calls of one request, if VOD's rates of this second allow them."""
    for name, mean in calls_of(function, given).items():
        count = int(mean) + (chance.random() < mean % 1)
        if count > left[name]:
            return False
        left[name] -= count
    return True


def _poisson(chance: random.Random, mean: float) -> int:
    # A normal distribution is close enough above a few dozen.
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def measure(given: Assumptions, seconds: int = 60) -> dict[str, Any]:
    """The assumptions, the walls, and what users get."""
    return {
        "assumptions": asdict(given),
        "requests_per_second": {name: round(rate, 1) for name, rate in arrivals(given).items()},
        "walls": walls(given),
        "outcomes": simulate(given, seconds),
    }


def table(result: dict[str, Any]) -> str:
    """The result as a table for a terminal."""
    given = result["assumptions"]
    lines = [
        f"Simulation: {given['users']} users, {sum(given['instances'].values())} instances, VOD"
        f" after {given['vod_seconds'] * 1000:.0f} ms",
        f"  busiest second: {result['requests_per_second']}",
        f"  {'wall':<34}{'needed':>9}{'limit':>8}{'use':>8}{'users':>12}",
    ]
    lines += [
        f"  {one['wall']:<34}{one['needed']:>9}{one['limit']:>8.0f}{one['use']:>8.0%}"
        f"{one['users'] or '-':>12}"
        for one in result["walls"]
    ]
    lines.append(f"  60 busy seconds, with repeats: {result['outcomes']}")
    return "\n".join(lines)


def main() -> int:
    """Simulate, and print the table or JSON."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.load.simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    defaults = Assumptions()
    for name, value in asdict(defaults).items():
        if isinstance(value, (int, float)):
            option = f"--{name.replace('_', '-')}"
            kind = type(value)
            options.add_argument(option, type=kind, default=value, help="(default %(default)s)")
    given = vars(options.parse_args())
    as_json = given.pop("json")
    result = measure(Assumptions(**given))
    print(json.dumps(result, indent=1) if as_json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
