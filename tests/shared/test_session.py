"""Retries, deadlines and clocks of the calls within one invocation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.alibaba import session as module
from shared.alibaba.client import Client
from shared.alibaba.codes import Rejected
from shared.alibaba.session import (
    OperationAnswer,
    Session,
    epoch,
    read_answer,
    required_text,
    utc_text,
)
from shared.errors import (
    InvalidRequest,
    Misconfigured,
    Throttled,
    Unavailable,
    UpstreamError,
    UpstreamTimeout,
)


class Clock:
    """The time of sessions, which only sleeps and slow calls move."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - 1_700_000_000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    shown = {**vars(time), "time": clock.time, "monotonic": clock.monotonic, "sleep": clock.sleep}
    monkeypatch.setattr(module, "time", SimpleNamespace(**shown))
    return clock


class FakeClient:
    """Gives prepared outcomes, one for each request; the last one again and again."""

    def __init__(self, clock: Clock, *outcomes: Any) -> None:
        self.clock_ahead = 0.0
        self.credential_expired = False
        self.took = 0.0  # seconds of each call
        self.server_ahead = 0.0
        self.sent: list[tuple[str, Mapping[str, Any], float]] = []
        self._clock = clock
        self._outcomes = list(outcomes)

    def send(
        self, operation: str, fields: Mapping[str, Any], timeout: float, request_ids: list[str]
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        self.sent.append((operation, fields, timeout))
        request_ids.append(f"id-{len(self.sent)}")
        self._clock.now += self.took
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        date = formatdate(self._clock.now + self.server_ahead, usegmt=True)
        return outcome, {"date": date}


def session(clock: Clock, client: FakeClient, seconds: float = 100.0, **options: int) -> Session:
    return Session(cast("Client", client), clock.monotonic() + seconds, **options)


def read(answer: OperationAnswer) -> Any:
    return answer.body["A"]


def test_an_answer_says_when_it_was_sent_and_how_long_it_took(clock: Clock) -> None:
    client = FakeClient(clock, {"A": 1})
    client.took, client.server_ahead = 2.0, 3600.0
    used = session(clock, client)
    assert used.cloud_time() == clock.now, "before the first answer it is the instance's time"
    answer = used.call_once("GetThing", {"a": 1, "b": None, "c": ""}, 7.0)
    assert (answer.body, answer.now, answer.took) == ({"A": 1}, clock.now + 3600, 2.0)
    assert "'A'" not in repr(answer)
    assert client.sent == [("GetThing", {"a": 1, "c": ""}, 7.0)]
    assert used.request_ids == ["id-1"]
    clock.now += 5
    assert used.cloud_time() == clock.now + 3600
    assert used.left == 93.0


def test_a_call_may_take_the_time_that_is_left_and_none_after_it(clock: Clock) -> None:
    client = FakeClient(clock, {"A": 1})
    used = session(clock, client, 10.0)
    clock.now += 4
    used.call_once("GetThing", {})
    assert client.sent[-1][2] == 6.0
    for timeout in (0.0, -1.0):
        with pytest.raises(UpstreamTimeout) as raised:
            used.call_once("GetThing", {}, timeout)
        assert raised.value.effect == "none", "nothing was sent"
        assert raised.value.detail == "The deadline of this call passed."
    clock.now += 6
    with pytest.raises(UpstreamTimeout):
        used.call_once("GetThing", {})
    assert len(client.sent) == 1


def test_a_request_that_may_not_be_repeated_is_sent_once(clock: Clock) -> None:
    client = FakeClient(clock, Unavailable("away"))
    with pytest.raises(Unavailable):
        session(clock, client).call_once("CreateThing", {})
    assert len(client.sent) == 1
    assert clock.slept == []


TEMPORARY = [Unavailable("a"), UpstreamError("a"), UpstreamTimeout("a")]
LASTING: list[Exception] = [Throttled(5), Misconfigured("a"), InvalidRequest("a"), LookupError()]


@pytest.mark.parametrize("fault", TEMPORARY, ids=lambda fault: fault.code)
def test_a_read_is_repeated_once_after_a_temporary_fault(clock: Clock, fault: Exception) -> None:
    client = FakeClient(clock, fault, {"A": 1})
    assert session(clock, client).call_with_retry("GetThing", {"a": 1}, read) == 1
    assert [sent[:2] for sent in client.sent] == [("GetThing", {"a": 1})] * 2
    client = FakeClient(clock, fault)
    with pytest.raises(type(fault)):
        session(clock, client).call_with_retry("GetThing", {}, read)
    assert len(client.sent) == 2


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: type(fault).__name__)
def test_no_other_fault_is_worth_a_repeat(clock: Clock, fault: Exception) -> None:
    client = FakeClient(clock, fault, {"A": 1})
    with pytest.raises(type(fault)):
        session(clock, client).call_with_retry("GetThing", {}, read)
    assert len(client.sent) == 1


def test_an_unforeseen_refusal_is_not_repeated_and_not_shown(clock: Clock) -> None:
    for outcomes in ([Rejected("Some.Code")], [Unavailable("a"), Rejected("Some.Code")]):
        client = FakeClient(clock, *outcomes)
        with pytest.raises(UpstreamError) as raised:
            session(clock, client).call_with_retry("GetThing", {}, read)
        assert len(client.sent) == len(outcomes)
        assert raised.value.effect == "none"
        assert raised.value.detail == "The cloud refused for an unexpected reason."
        assert raised.value.__suppress_context__


def test_an_answer_that_cannot_be_read_is_asked_for_again(clock: Clock) -> None:
    client = FakeClient(clock, {"B": 1}, {"A": 1})
    assert session(clock, client).call_with_retry("GetThing", {}, read) == 1
    client = FakeClient(clock, {"B": 1})
    with pytest.raises(UpstreamError) as raised:
        session(clock, client).call_with_retry("GetThing", {}, read)
    assert raised.value.effect == "unknown"


@pytest.mark.parametrize(("options", "most"), [({}, 2), ({"retries": 3}, 3), ({"retries": 0}, 0)])
def test_the_calls_of_an_invocation_share_its_retries(
    clock: Clock, options: dict[str, int], most: int
) -> None:
    """Else a failing service would get twice the load."""
    client = FakeClient(clock, Unavailable("a"))
    used = session(clock, client, **options)
    for _ in range(5):
        with pytest.raises(Unavailable):
            used.call_with_retry("GetThing", {}, read)
    assert len(client.sent) == 5 + most


def test_a_key_that_has_expired_is_not_tried_again(clock: Clock) -> None:
    client = FakeClient(clock, Unavailable("a"))
    client.credential_expired = True
    with pytest.raises(Unavailable):
        session(clock, client).call_with_retry("GetThing", {}, read)
    assert len(client.sent) == 1


@pytest.mark.parametrize(
    ("left", "took", "timeouts"),
    [
        (100.0, 0.0, [3.0, 8.0]),
        (100.0, 3.0, [3.0, 8.0]),
        (5.0, 3.0, [3.0, 2.0]),
        (2.0, 0.0, [2.0, 2.0]),
        (2.0, 1.5, [2.0, 0.5]),
        # A socket's timeout may end a moment before the deadline. What is left is of no use.
        (2.0, 1.501, [2.0]),
        (2.0, 1.9997, [2.0]),
        (2.0, 2.0, [2.0]),
        (2.0, 2.5, [2.0]),
    ],
)
def test_the_first_attempt_leaves_time_for_a_second(
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    left: float,
    took: float,
    timeouts: list[float],
) -> None:
    monkeypatch.setattr("os.urandom", lambda count: b"\0" * count)
    client = FakeClient(clock, UpstreamTimeout("a"))
    client.took = took
    with pytest.raises(UpstreamTimeout):
        session(clock, client, left).call_with_retry("GetThing", {}, read)
    assert [sent[2] for sent in client.sent] == timeouts


@pytest.mark.parametrize(("random", "pause"), [(0, 0.0), (255, 0.2), (51, 0.04)])
def test_instances_that_failed_together_do_not_come_back_together(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, random: int, pause: float
) -> None:
    monkeypatch.setattr("os.urandom", lambda count: bytes([random]) * count)
    client = FakeClient(clock, Unavailable("a"))
    with pytest.raises(Unavailable):
        session(clock, client).call_with_retry("GetThing", {}, read)
    assert clock.slept == [pytest.approx(pause)]
    assert len(client.sent) == 2


@pytest.mark.parametrize(
    "fault",
    [TypeError, AttributeError, KeyError, ValueError, OverflowError, RecursionError],
)
def test_a_member_of_another_type_is_an_answer_that_cannot_be_read(fault: type[Exception]) -> None:
    def refuse(_: OperationAnswer) -> None:
        raise fault("a secret of the answer")

    with pytest.raises(UpstreamError) as raised:
        read_answer(refuse, OperationAnswer({}, 0.0, 0.0))
    assert raised.value.effect == "unknown"
    assert raised.value.detail == "The cloud's answer cannot be read."
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("value", [None, "", 5, [], ["a"], {"a": "b"}, True])
def test_a_member_that_must_be_text_is(value: Any) -> None:
    with pytest.raises(UpstreamError) as raised:
        required_text({"Name": value, "Other": "b"}, "Name")
    assert raised.value.effect == "unknown", "the operation itself may have been done"
    assert "Name" in raised.value.detail
    assert required_text({"Name": "a"}, "Name") == "a"
    with pytest.raises(UpstreamError):
        required_text({}, "Name")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2027-01-15T08:01:40Z", 1_800_000_100.0),
        ("2028-02-29T23:59:59Z", 1_835_481_599.0),
        *((value, None) for value in (None, 5, "", "2027-01-15", "2027-01-15T08:01:40", b"")),
        *((f"2027-01-15T08:01:40Z{more}", None) for more in ("\n", " ", "Z")),
        ("2027-13-15T08:01:40Z", None),
        ("0000-01-15T08:01:40Z", None),
        ("٢٠٢٧-01-15T08:01:40Z", None),
    ],
)
def test_only_the_times_of_the_cloud_are_times(value: Any, seconds: float | None) -> None:
    assert epoch(value) == seconds
    if seconds is not None:
        assert utc_text(seconds) == value
        assert utc_text(seconds + 0.9) == value


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "now"}, {"Date": "x"}])
def test_an_answer_without_a_date_cannot_be_used(clock: Clock, headers: dict[str, str]) -> None:
    client = FakeClient(clock, {"A": 1})
    send: Callable[..., Any] = lambda *_: ({"A": 1}, headers)  # noqa: E731
    client.send = send  # type: ignore[method-assign]
    with pytest.raises(UpstreamError) as raised:
        session(clock, client).call_once("GetThing", {})
    assert raised.value.effect == "unknown"
    assert raised.value.detail == "The cloud's answer lacks a Date."
    assert client.clock_ahead == 0.0


@pytest.mark.parametrize("zone", ["GMT", "+0000", "UTC", "-0000"])
def test_the_date_of_an_answer_is_gmt(clock: Clock, zone: str) -> None:
    client = FakeClient(clock, {"A": 1})
    date = f"Fri, 15 Jan 2027 08:01:40 {zone}"
    client.send = lambda *_: ({"A": 1}, {"date": date})  # type: ignore[method-assign]
    assert session(clock, client).call_once("GetThing", {}).now == 1_800_000_100
    assert client.clock_ahead == 100.0
