"""Whether a part of a policy fits a request: yes, no, or not known."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Fit(Enum):
    """Whether a part of a statement fits the request. UNKNOWN never helps the caller.

    An Allow takes effect on YES only. A Deny takes effect on YES and on UNKNOWN.
    """

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def negated(self) -> Fit:
        """NO for YES, YES for NO, and UNKNOWN for UNKNOWN."""
        return {Fit.YES: Fit.NO, Fit.NO: Fit.YES}.get(self, self)


def all_of(fits: Iterable[Fit]) -> Fit:
    """NO if any is NO, else UNKNOWN if any is UNKNOWN, else YES."""
    found = set(fits)
    if Fit.NO in found:
        return Fit.NO
    return Fit.UNKNOWN if Fit.UNKNOWN in found else Fit.YES


def any_of(fits: Iterable[Fit]) -> Fit:
    """YES if any is YES, else UNKNOWN if any is UNKNOWN, else NO."""
    return all_of(fit.negated for fit in fits).negated
