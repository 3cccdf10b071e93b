"""The two clocks, and timers by cloud time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import pytest

from fakealiyun.clock import MAX_ADVANCE, Clock, http_date, utc


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


def test_only_cloud_time_moves(clock: Clock) -> None:
    clock.advance(3600)
    assert abs(clock.wall() - time.time()) < 5
    assert abs(clock.now() - clock.wall() - 3600) < 5


@pytest.mark.parametrize("seconds", [-1, -0.001, math.inf, math.nan, MAX_ADVANCE + 1])
def test_it_never_goes_back_nor_out_of_range(clock: Clock, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        clock.advance(seconds)
    assert clock.offset == 0


def test_the_sum_of_many_steps_is_bounded_too(clock: Clock) -> None:
    clock.advance(MAX_ADVANCE)
    with pytest.raises(ValueError, match="ahead"):
        clock.advance(1)


def test_timers_have_fired_in_order_when_advance_returns(clock: Clock) -> None:
    fired: list[str] = []
    start = clock.now()
    clock.call_at(start + 200, lambda: fired.append("second"))
    clock.call_at(start + 100, lambda: fired.append("first"))
    clock.call_at(start + 900, lambda: fired.append("later"))
    clock.advance(50)
    assert fired == []
    clock.advance(200)
    assert fired == ["first", "second"]


def test_a_timer_set_by_a_timer_fires_in_the_same_step(clock: Clock) -> None:
    fired: list[str] = []
    start = clock.now()

    def first() -> None:
        fired.append("first")
        clock.call_at(start + 200, lambda: fired.append("second"))

    clock.call_at(start + 100, first)
    clock.advance(300)
    assert fired == ["first", "second"]


def test_a_cancelled_timer_does_not_fire(clock: Clock) -> None:
    fired: list[str] = []
    handle = clock.call_at(clock.now() + 100, lambda: fired.append("no"))
    handle.cancel()
    clock.advance(200)
    assert fired == []
    assert handle.cancelled


def test_timers_fire_without_anyone_moving_the_clock(clock: Clock) -> None:
    fired = threading.Event()
    clock.call_at(clock.now() + 0.05, fired.set)
    assert fired.wait(30)
    past = threading.Event()
    clock.call_at(clock.now() - 10, past.set)
    assert past.wait(30)


def test_reset_lets_a_timer_keep_the_time_it_had_left(clock: Clock) -> None:
    fired: list[str] = []
    clock.advance(5000)
    handle = clock.call_at(clock.now() + 100, lambda: fired.append("fired"))
    clock.reset()
    assert clock.offset == 0
    assert abs(handle.when - clock.now() - 100) < 60
    clock.advance(50)
    assert fired == []
    clock.advance(60)
    assert fired == ["fired"]


def test_a_closed_clock_fires_no_timer_and_accepts_none() -> None:
    fired: list[str] = []
    clock = Clock()
    clock.call_at(clock.now() + 100, lambda: fired.append("no"))
    clock.close()
    clock.advance(200)
    assert fired == []
    with pytest.raises(RuntimeError):
        clock.call_at(clock.now(), lambda: None)


def test_many_threads_may_move_it(clock: Clock) -> None:
    fired: list[int] = []
    start = clock.now()
    for n in range(200):
        clock.call_at(start + 100 + n, lambda n=n: fired.append(n))  # type: ignore[misc]
    threads = [threading.Thread(target=clock.advance, args=(100,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.offset == 800
    assert fired == list(range(200))


def test_the_forms_of_time() -> None:
    assert utc(1795507800.9) == "2026-11-24T08:10:00Z"
    assert http_date(1795507800) == "Tue, 24 Nov 2026 08:10:00 GMT"
