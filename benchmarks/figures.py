"""The figures that are published, and the bounds that they are held to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

OURS = "vodpass"
FLOOR = "floor"
PLAIN = "plain"
PLAIN_VALID = "plain-valid"
CONTENDERS = (FLOOR, OURS, PLAIN_VALID, PLAIN)

START_AT_MOST = {PLAIN: 0.15, PLAIN_VALID: 0.35, FLOOR: 3.0}
"""Start of the process to the first credential, ours to theirs, with an HS256 key."""
MEMORY_AT_MOST = {PLAIN: 0.7}
ZIP_AT_MOST = 6_000_000  # bytes
SHARE_AT_MOST = {"HS256": 0.5, "RS256": 0.75}
"""Our own part of a warm call, to a bare call of the SDK."""
RATE_AT_LEAST = 0.85
"""Calls a second through one instance, to those of the bare SDK."""
GROWTH_AT_MOST = 0.02
"""Resident memory after the sustained run, over what it was after a tenth of it."""


@dataclass(frozen=True)
class Spread:
    """Measurements of one thing."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def over(self, other: Spread) -> float:
        """The median of the ratios of measurements that were taken one after the other: what the
        machine was busy with at the time is in both."""
        pairs = zip(self.values, other.values, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def rounded(self, digits: int = 4) -> dict[str, float]:
        """For JSON."""
        return {
            "median": round(self.median, digits),
            "min": round(min(self.values), digits),
            "max": round(max(self.values), digits),
        }


def verdict(value: float, bound: float, *, at_least: bool = False) -> str:
    """A ratio beside its bound, and whether it is kept."""
    kept = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    return f"{value:.2f} ({sign} {bound:g}{'' if kept else ', MISSED'})"
