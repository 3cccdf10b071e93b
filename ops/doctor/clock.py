"""Whose clock is off: this machine's, by VOD's `Date`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from ops.doctor.report import Report

TOLERANCE = 30  # seconds: the leeway of a token's times
REFUSED = 900  # seconds from which Alibaba Cloud refuses what is signed


def date_of(headers: Mapping[str, str]) -> float | None:
    """The `Date` of an answer in epoch seconds."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError, IndexError):
        return None


def check(report: Report, whose: str, headers: Mapping[str, str]) -> None:
    """Compare the `Date` that just came from `whose` with this machine's clock."""
    theirs = date_of(headers)
    if theirs is None:
        report.was_not_checked(whose, "its answer has no Date to compare clocks by")
        return
    ahead = theirs - time.time()
    if abs(ahead) <= TOLERANCE:
        report.is_sound(whose, f"its clock and this machine's agree within {TOLERANCE} s")
        return
    report.find(
        "clock",
        whose,
        f"Its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's.",
        why=f"Tokens and callbacks are judged by the time: {TOLERANCE} s is a token's leeway, and "
        f"signatures that are {REFUSED} s off are refused.",
        mend="Set this machine's clock by NTP. If it is right, so must the other be: ask "
        "Alibaba's support.",
        severity="error" if abs(ahead) >= REFUSED else "warning",
    )
