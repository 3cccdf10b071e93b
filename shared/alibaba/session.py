"""Calls to an Alibaba Cloud service within one invocation.

`Vod` and `Sts` call a Session. It decides about deadlines and retries, and calls the Client. The
calls of an invocation share its deadline. Several threads may make them. Every fault leaves this
module as one of `shared.errors` or as an exception of the service, never with text from upstream.
"""

from __future__ import annotations

import calendar
import itertools
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.alibaba.client import Client
from shared.alibaba.codes import Rejected
from shared.errors import Unavailable, UpstreamError, UpstreamTimeout

T = TypeVar("T")

FIRST_ATTEMPT = 3.0  # seconds, if a second attempt may follow
LAST_ATTEMPT = 8.0  # seconds, so that one slow call does not use up a long run
RETRIES = 2  # in one invocation, by all its calls together: retries must not double the load
_JITTER = 0.2  # seconds; the longest pause before a retry
_WORTH_A_RETRY = 0.5  # seconds that must be left: the pause, and time for VOD to answer


@dataclass(frozen=True)
class OperationAnswer:
    """The answer of an operation.

    ``now``: when the service sent it, epoch seconds by its clock. ``took``: seconds.
    """

    body: Mapping[str, Any] = field(repr=False)
    now: float
    took: float


class Session:
    """A service for one invocation. ``request_ids`` collects the ids of its answers."""

    def __init__(self, client: Client, deadline: float, *, retries: int = RETRIES) -> None:
        self._client = client
        self._deadline = deadline
        self._retries = retries
        self._retried = itertools.count()  # next() is atomic: several threads share the budget
        self.request_ids: list[str] = []

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self._deadline - time.monotonic()

    def cloud_time(self) -> float:
        """Epoch seconds by the service's clock; by the instance's clock before the first answer."""
        return time.time() + self._client.clock_ahead

    def call_once(
        self, operation: str, parameters: Mapping[str, Any], timeout: float | None = None
    ) -> OperationAnswer:
        """Sends a request exactly once and returns the answer.

        ``parameters`` are in the SDK's spelling; None means absent. ``timeout`` is in seconds;
        without one, the request may take all the time that is left. Raises a Refusal, Rejected, or
        an exception of the service.
        """
        allowed = self.left if timeout is None else timeout
        if allowed <= 0:
            raise UpstreamTimeout("The deadline of this call passed.")
        present = {name: value for name, value in parameters.items() if value is not None}
        started = time.monotonic()
        body, headers = self._client.send(operation, present, allowed, self.request_ids)
        now = _server_time(headers)
        self._client.clock_ahead = now - time.time()
        return OperationAnswer(body, now, time.monotonic() - started)

    def call_with_retry(
        self, operation: str, parameters: Mapping[str, Any], read: Callable[[OperationAnswer], T]
    ) -> T:
        """Sends a request that may safely be sent twice, and returns ``read`` of its answer.

        Sends it a second time after a temporary fault, or after an answer that ``read`` refuses, as
        long as the invocation has a retry left, and the time for it. Raises a Refusal, or an
        exception of the service.
        """
        try:
            return self._try_twice(operation, parameters, read)
        except Rejected:
            raise UpstreamError("The cloud refused for an unexpected reason.") from None

    def _try_twice(
        self, operation: str, parameters: Mapping[str, Any], read: Callable[[OperationAnswer], T]
    ) -> T:
        """As ``call_with_retry``. Also raises Rejected."""
        try:
            timeout = min(self.left, FIRST_ATTEMPT)
            return read_answer(read, self.call_once(operation, parameters, timeout))
        except (Unavailable, UpstreamError, UpstreamTimeout):
            if self._client.credential_expired or self.left < _WORTH_A_RETRY:
                raise
            if not self._may_retry():
                raise
        # Instances that failed together must not come back together.
        time.sleep(os.urandom(1)[0] / 255 * _JITTER)
        timeout = min(self.left, LAST_ATTEMPT)
        return read_answer(read, self.call_once(operation, parameters, timeout))

    def _may_retry(self) -> bool:
        """Whether the invocation has a retry left. Takes it."""
        return next(self._retried) < self._retries


def read_answer(read: Callable[[OperationAnswer], T], answer: OperationAnswer) -> T:
    """What ``read`` makes of an answer. Raises UpstreamError if a member has an unexpected type."""
    try:
        return read(answer)
    except (TypeError, AttributeError, KeyError, ValueError, OverflowError, RecursionError):
        raise UpstreamError("The cloud's answer cannot be read.", effect="unknown") from None


def required_text(body: Mapping[str, Any], name: str) -> str:
    """A member of an answer that must be non-empty text. Raises UpstreamError."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UpstreamError(f"The cloud's answer lacks {name}.", effect="unknown")
    return value


_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)


def epoch(value: Any) -> float | None:
    """The cloud's UTC text, to the second, as epoch seconds. None for anything else."""
    match = _UTC.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return float(calendar.timegm(tuple(int(part) for part in match.groups())))
    except ValueError:
        return None


def utc_text(seconds: float) -> str:
    """Epoch seconds in the cloud's form: UTC, to the second, rounded down."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def _server_time(headers: Mapping[str, str]) -> float:
    """When the service sent an answer, in epoch seconds. Raises UpstreamError."""
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(headers.get("date", ""))
        return calendar.timegm(date.utctimetuple())  # HTTP dates are GMT, whatever zone they name
    except (ValueError, TypeError, IndexError, OverflowError):
        raise UpstreamError("The cloud's answer lacks a Date.", effect="unknown") from None
