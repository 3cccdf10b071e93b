"""What a run of `watch` logs, and when its trigger has to try again."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from shared.watch.run import Run
from tests.reliability.functions import TIMER_EVENT, Outcome, queue_event
from tests.reliability.scenarios import RENEWAL, World, begun, finished

WATCHED = "completed,expiring"


def line(outcome: Outcome) -> dict[str, Any]:
    """The last line that the run logged."""
    found = [json.loads(one) for one in outcome.written.splitlines() if one.startswith("{")]
    return dict(found[-1])


def test_a_sweep_says_what_it_looked_at_and_sent(world: World) -> None:
    begun(world)
    world.cloud.clock.advance(RENEWAL)
    function = world.serve("watch")
    outcome = function.call(TIMER_EVENT, seconds=60)
    assert outcome.code == "done"
    assert line(outcome) == {
        "function": "watch",
        "looked_at": 1,
        "sent": {"upload.expiring": 1},
        "code": "OK",
        "cold": True,
    }
    again = line(function.call(TIMER_EVENT, seconds=60))
    assert again == {"function": "watch", "looked_at": 1, "code": "OK", "cold": False}


@pytest.mark.parametrize("renewing", [True, False])
def test_a_run_says_that_the_store_of_the_limits_is_away(world: World, renewing: bool) -> None:
    begun(world) if renewing else finished(world)
    world.cloud.clock.advance(RENEWAL)
    environ = {**(world.renewing() if renewing else world.environment()), "VODPASS_WATCH": WATCHED}
    limits = {"VODPASS_LIMITS": '{"open_uploads":5}', "VODPASS_LIMITS_URL": "redis://127.0.0.1:1"}
    outcome = world.serve("watch", {**environ, **limits}).call(TIMER_EVENT, seconds=60)
    assert outcome.code == "done"
    assert ("upload.refreshed" if renewing else "upload.completed") in line(outcome)["sent"]
    assert line(outcome)["limits_away"] in ("connection", "pause")
    assert "limits_away" not in line(world.serve("watch", environ).call(TIMER_EVENT, seconds=60))


def test_a_message_starts_no_sweep(world: World) -> None:
    video_id = finished(world)
    begun(world, key="other")
    world.cloud.clock.advance(RENEWAL)
    world.mend()
    function = world.serve("watch", world.environment(VODPASS_WATCH="completed,expiring"))
    outcome = function.call(queue_event(json.dumps({"VideoId": video_id})), seconds=60)
    assert outcome.code == "done"
    assert "GetVideoList" not in world.wires["cloud"].seen
    assert [one.type for one in world.receiver.taken] == ["upload.completed", "video.ready"]


def test_a_run_that_failed_is_tried_again_and_says_no_secret(world: World) -> None:
    begun(world)
    world.cloud.clock.advance(RENEWAL)
    world.receiver.answer = 500
    outcome = world.serve("watch").call(TIMER_EVENT, seconds=60)
    assert outcome.code == "again"
    assert outcome.written.endswith("RunFailed: not every video was handled")
    assert (line(outcome)["failed"], line(outcome)["code"]) == (1, "OK")


@pytest.mark.parametrize("event", [{}, [], {"triggerTime": "a"}, "text", queue_event("{}")])
def test_an_event_that_names_no_video_is_tried_again(world: World, event: Any) -> None:
    outcome = world.serve("watch").call(event, seconds=60)
    assert outcome.code == "again"
    assert line(outcome)["code"] == "InvalidRequest"
    assert world.wires["cloud"].seen == []


def test_an_event_that_is_no_json_is_tried_again(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    function = world.serve("watch")
    with pytest.raises(Exception, match=r"^the event cannot be read$") as raised:
        function._handler(b"{", None)
    assert type(raised.value).__name__ == "RunFailed"
    assert raised.value.__suppress_context__
    logged = json.loads(capsys.readouterr().out)
    assert logged == {"function": "watch", "code": "InvalidRequest", "cold": True}


def test_a_refusal_ends_the_run(world: World) -> None:
    world.cloud.faults.set("vod", "GetVideoList", "error", 99, status=503)
    outcome = world.serve("watch").call(TIMER_EVENT, seconds=60)
    assert outcome.code == "again"
    assert outcome.written.endswith("RunFailed: the run did not end")
    assert line(outcome) == {"function": "watch", "code": "Unavailable", "cold": True}


def test_with_a_wrong_setting_nothing_is_done(world: World) -> None:
    function = world.serve("watch", world.environment(VODPASS_REGION="nowhere!"))
    outcome = function.call(TIMER_EVENT, seconds=60)
    assert outcome.code == "again"
    assert line(outcome)["code"] == "Misconfigured"


@pytest.mark.parametrize(("timeout", "most"), [(60, 48.0), (600, 240.0)])
def test_a_run_ends_before_the_platform_ends_it(
    world: World, monkeypatch: pytest.MonkeyPatch, timeout: int, most: float
) -> None:
    noted: list[tuple[float, int]] = []

    def note(run: Run) -> None:
        noted.append((run.session._deadline, run.session._retries))

    function = world.serve("watch")
    monkeypatch.setattr("functions.watch.index.sweep", note)
    begun = time.monotonic()
    function.call(TIMER_EVENT, seconds=timeout)
    [(deadline, retries)] = noted
    assert begun + most <= deadline <= time.monotonic() + most
    assert retries == 20, "one failing call must not end a run of many"
