"""The contenders, the bounds of the published figures, and their statistics."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

OURS = "vodpass"
FLOOR = "floor"
SIGNED_FLOOR = "signed-floor"
PLAIN = "plain"
PLAIN_VALID = "plain-valid"
CONTENDERS = (FLOOR, OURS, PLAIN_VALID, PLAIN)

START_AT_MOST = {PLAIN: 0.15, PLAIN_VALID: 0.35, FLOOR: 2.0}
"""Time from process start to the first credential: ours divided by theirs, with an HS256 key."""
MEMORY_AT_MOST = {PLAIN: 0.7}
ZIP_AT_MOST = 6_000_000  # bytes
SHARE_AT_MOST = {"HS256": 0.5, "RS256": 0.75}
"""Our own part of a warm call, divided by a bare call of the SDK."""
RATE_AT_LEAST = 0.85
"""Calls per second of one instance, divided by those of the bare SDK."""
GROWTH_AT_MOST = 0.02
"""Relative growth of resident memory between a tenth of the throughput run and its end."""


SIGNED_START_AT_MOST = 2.5
"""Time from process start to the first JWTPlayAuth of a video that the claim names, divided by that
of the standard library alone (SIGNED_FLOOR)."""
SIGNED_RATE_AT_LEAST = 20.0
"""JWTPlayAuths a second of one instance, divided by its PlayAuths, if VOD answers after 100 ms."""


@dataclass(frozen=True)
class Spread:
    """Repeated measurements of one value."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.values)

    def over(self, other: Spread) -> float:
        """The median of the ratios, pair by pair.

        The two measurements of a pair follow each other, so the load of the machine affects both.
        """
        pairs = zip(self.values, other.values, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def rounded(self, digits: int = 4) -> dict[str, float]:
        """Median, minimum and maximum, for JSON."""
        return {
            "median": round(self.median, digits),
            "min": round(min(self.values), digits),
            "max": round(max(self.values), digits),
        }


def verdict(value: float, bound: float, *, at_least: bool = False) -> str:
    """A ratio and its bound, with `MISSED` if the bound is not kept."""
    kept = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    return f"{value:.2f} ({sign} {bound:g}{'' if kept else ', MISSED'})"
