"""Compare clocks by the `Date` header of an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from ops.doctor.report import Report

TOLERANCE = 30  # seconds: the leeway for the times in a token
REFUSED = 900  # seconds: Alibaba Cloud refuses signatures that are this far off


def date_of(headers: Mapping[str, str]) -> float | None:
    """The `Date` of an answer in epoch seconds."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError, IndexError):
        return None


def check(
    report: Report, whose: str, headers: Mapping[str, str], *, rehearsal: bool = False
) -> None:
    """Compare the `Date` in a new answer of `whose` with this machine's clock.

    In a rehearsal the other clock is on this machine too. It differs only if someone moved the
    fake cloud's clock, which is no fault.
    """
    theirs = date_of(headers)
    if theirs is None:
        report.was_not_checked(whose, "clock: its answer has no Date")
        return
    ahead = theirs - time.time()
    if abs(ahead) <= TOLERANCE:
        report.is_sound(whose, f"its clock agrees with this machine's within {TOLERANCE} s")
        return
    differs = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if rehearsal:
        report.was_not_checked(whose, f"clock: the fake cloud's clock was moved; it is {differs}")
        return
    report.find(
        "clock",
        whose,
        f"Its clock is {differs}.",
        why=f"Tokens and signatures hold a time. Tokens may be {TOLERANCE} s off. Alibaba Cloud "
        f"refuses signatures that are {REFUSED} s off.",
        fix="Set this machine's clock with NTP. If it is right, ask Alibaba's support about the "
        "other clock.",
        severity="error" if abs(ahead) >= REFUSED else "warning",
    )
