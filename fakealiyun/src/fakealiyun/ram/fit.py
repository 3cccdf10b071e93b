"""Yes, no, or nobody knows: the outcome of everything a policy asks of a request."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Answer(Enum):
    """Whether a part of a statement fits the request. UNKNOWN never helps the caller.

    An Allow needs YES; a Deny takes effect on YES and on UNKNOWN.
    """

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def negated(self) -> Answer:
        """YES for NO and the reverse; UNKNOWN stays."""
        return {Answer.YES: Answer.NO, Answer.NO: Answer.YES}.get(self, self)


def all_of(answers: Iterable[Answer]) -> Answer:
    """NO if any is, else UNKNOWN if any is, else YES."""
    found = set(answers)
    if Answer.NO in found:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in found else Answer.YES


def any_of(answers: Iterable[Answer]) -> Answer:
    """YES if any is, else UNKNOWN if any is, else NO."""
    return all_of(answer.negated for answer in answers).negated
