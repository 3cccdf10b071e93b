"""Timer triggers: by the cloud's clock, one asynchronous invocation a tick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.clock import Handle
from tests.local.gateway.taker import Taker
from tests.support.gateway import RunningGateway
from tests.support.waiting import wait_for


def timer(minutes: int = 5, *, enable: bool = True) -> list[dict[str, Any]]:
    config = {"cronExpression": f"@every {minutes}m", "enable": enable, "payload": "the payload"}
    return [{"triggerName": "tick", "triggerType": "timer", "triggerConfig": config}]


def moment(event: dict[str, Any]) -> float:
    parsed = datetime.strptime(event["triggerTime"], "%Y-%m-%dT%H:%M:%SZ")
    return parsed.replace(tzinfo=timezone.utc).timestamp()


def test_fires_when_the_clock_passes_each_tick(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    taker = Taker(serve, tmp_path, triggers=timer())
    begun = taker.cloud.now()
    taker.cloud.advance(290)
    assert taker.calls() == []
    for tick in range(1, 4):
        taker.cloud.advance(300)
        event = taker.called(tick)[-1]
        assert set(event) == {"triggerTime", "triggerName", "payload"}
        assert (event["triggerName"], event["payload"]) == ("tick", "the payload")
        assert moment(event) == pytest.approx(begun + 300 * tick, abs=5)
    assert len({call["request"] for call in taker.calls()}) == 3


def test_ticks_that_a_moved_clock_jumps_over_become_one(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    taker = Taker(serve, tmp_path, triggers=timer())
    begun = taker.cloud.now()
    taker.cloud.advance(3700)
    [event] = taker.called(1)
    assert moment(event) == pytest.approx(begun + 3600, abs=5), "the latest of them"
    taker.cloud.advance(199)
    assert len(taker.calls()) == 1
    taker.cloud.advance(6)
    assert moment(taker.called(2)[-1]) == pytest.approx(begun + 3900, abs=5)


def test_goes_on_after_the_clock_was_set_back(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    taker = Taker(serve, tmp_path, triggers=timer())
    taker.cloud.advance(3600)
    taker.called(1)
    taker.cloud.clock.reset()
    taker.cloud.advance(301)
    taker.called(2)
    taker.cloud.advance(301)
    event = taker.called(3)[-1]
    assert moment(event) == pytest.approx(taker.cloud.now(), abs=5)


def test_a_clock_that_is_set_back_while_a_timer_looks_at_it_does_not_stop_it(
    serve: Callable[..., RunningGateway], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taker = Taker(serve, tmp_path, triggers=timer())
    clock = taker.cloud.clock
    call_at = clock.call_at

    def overtaken(when: float, action: Callable[[], None]) -> Handle:
        monkeypatch.setattr(clock, "call_at", call_at)
        clock.reset()
        return call_at(when, action)

    monkeypatch.setattr(clock, "call_at", overtaken)
    taker.cloud.advance(86_400)
    taker.called(1)
    taker.cloud.advance(301)
    taker.called(2)


def test_a_tick_that_is_not_taken_is_told_in_one_line(
    serve: Callable[..., RunningGateway],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("local.gateway.asynchronous.MAX_WAITING", 0)
    Taker(serve, tmp_path, triggers=timer()).cloud.advance(300)
    [record] = wait_for(lambda: caplog.records, "it is told")
    assert record.getMessage() == "timer tick of taker: too much waits"


def test_a_run_that_fails_is_tried_again_as_any_asynchronous_one(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    retries = {"maxAsyncRetryAttempts": 1}
    taker = Taker(serve, tmp_path, triggers=timer(), asyncInvokeConfig=retries)
    taker.refuse()
    taker.cloud.advance(300)
    taker.called(1)
    wait_for(lambda: taker.cloud.waiting() == 2, "the retry and the next tick are to come")
    taker.cloud.advance(60)
    first, second = taker.called(2)
    assert first == second, "the same tick"
    wait_for(lambda: taker.cloud.waiting() == 1, "only the next tick is to come")


def test_a_timer_that_is_switched_off_does_not_fire(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    taker = Taker(serve, tmp_path, triggers=timer(enable=False))
    assert taker.cloud.waiting() == 0


def test_a_function_without_an_http_trigger_has_no_address(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    taker = Taker(serve, tmp_path, triggers=timer())
    for path in ("/taker", "/taker/", "/test-taker", "/2023-03-30/functions/taker/invocations"):
        assert taker.served.call(path, method="POST", body=b"{}").status == 404
    assert taker.calls() == []
