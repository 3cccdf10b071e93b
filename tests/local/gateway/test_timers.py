"""Timer triggers: one asynchronous invocation per period of the cloud's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.clock import Handle
from tests.local.gateway.recorder import Recorder
from tests.support.gateway import RunningGateway
from tests.support.waiting import wait_for


def timer(minutes: int = 5, *, enable: bool = True) -> list[dict[str, Any]]:
    config = {"cronExpression": f"@every {minutes}m", "enable": enable, "payload": "the payload"}
    return [{"triggerName": "tick", "triggerType": "timer", "triggerConfig": config}]


def moment(event: dict[str, Any]) -> float:
    parsed = datetime.strptime(event["triggerTime"], "%Y-%m-%dT%H:%M:%SZ")
    return parsed.replace(tzinfo=timezone.utc).timestamp()


def test_fires_once_per_period(serve: Callable[..., RunningGateway], tmp_path: Path) -> None:
    recorder = Recorder(serve, tmp_path, triggers=timer())
    begun = recorder.cloud.now()
    recorder.cloud.advance(200)
    assert recorder.calls() == []
    for tick in range(1, 4):
        recorder.cloud.advance(300)
        event = recorder.called(tick)[-1]
        assert set(event) == {"triggerTime", "triggerName", "payload"}
        assert (event["triggerName"], event["payload"]) == ("tick", "the payload")
        assert moment(event) == pytest.approx(begun + 300 * tick, abs=90)
    assert len({call["request"] for call in recorder.calls()}) == 3


def test_fires_once_if_the_clock_moves_over_several_periods(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    recorder = Recorder(serve, tmp_path, triggers=timer())
    begun = recorder.cloud.now()
    recorder.cloud.advance(3700)
    [event] = recorder.called(1)
    assert moment(event) == pytest.approx(begun + 3600, abs=90), "the latest of them"
    recorder.cloud.advance(100)
    assert len(recorder.calls()) == 1
    recorder.cloud.advance(110)
    assert moment(recorder.called(2)[-1]) == pytest.approx(begun + 3900, abs=90)


def test_continues_after_the_clock_is_set_back(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    recorder = Recorder(serve, tmp_path, triggers=timer())
    recorder.cloud.advance(3600)
    recorder.called(1)
    recorder.cloud.clock.reset()
    recorder.cloud.advance(301)
    recorder.called(2)
    recorder.cloud.advance(301)
    event = recorder.called(3)[-1]
    assert moment(event) == pytest.approx(recorder.cloud.now(), abs=90)


def test_continues_if_the_clock_is_set_back_while_the_timer_reads_it(
    serve: Callable[..., RunningGateway], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(serve, tmp_path, triggers=timer())
    clock = recorder.cloud.clock
    call_at = clock.call_at

    def overtaken(when: float, action: Callable[[], None]) -> Handle:
        monkeypatch.setattr(clock, "call_at", call_at)
        clock.reset()
        return call_at(when, action)

    monkeypatch.setattr(clock, "call_at", overtaken)
    recorder.cloud.advance(86_400)
    recorder.called(1)
    recorder.cloud.advance(301)
    recorder.called(2)


def test_an_event_that_is_not_accepted_is_logged_in_one_line(
    serve: Callable[..., RunningGateway],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("local.gateway.asynchronous.MAX_WAITING", 0)
    Recorder(serve, tmp_path, triggers=timer()).cloud.advance(300)
    [record] = wait_for(lambda: caplog.records, "a warning is logged")
    assert record.getMessage() == "timer tick of recorder: too many events wait"


def test_a_failed_run_is_retried_like_any_asynchronous_invocation(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    retries = {"maxAsyncRetryAttempts": 1}
    recorder = Recorder(serve, tmp_path, triggers=timer(), asyncInvokeConfig=retries)
    recorder.refuse()
    recorder.cloud.advance(300)
    recorder.called(1)
    wait_for(lambda: recorder.cloud.waiting() == 2, "the retry and the next tick are to come")
    recorder.cloud.advance(60)
    first, second = recorder.called(2)
    assert first == second, "the same tick"
    wait_for(lambda: recorder.cloud.waiting() == 1, "only the next tick is to come")


def test_a_disabled_timer_does_not_fire(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    recorder = Recorder(serve, tmp_path, triggers=timer(enable=False))
    assert recorder.cloud.waiting() == 0


def test_a_function_without_an_http_trigger_has_no_address(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    recorder = Recorder(serve, tmp_path, triggers=timer())
    for path in (
        "/recorder",
        "/recorder/",
        "/test-recorder",
        "/2023-03-30/functions/recorder/invocations",
    ):
        assert recorder.served.call(path, method="POST", body=b"{}").status == 404
    assert recorder.calls() == []
