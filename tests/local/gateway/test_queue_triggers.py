"""EventBridge triggers: a message reaches the function, or else the dead-letter queue."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.mns import Attributes
from local.gateway.retries import delays
from tests.local.gateway.recorder import Recorder
from tests.support.gateway import RunningGateway
from tests.support.gateway_cloud import ACCOUNT
from tests.support.sample_deployment import SOURCE, queue_config, trigger
from tests.support.waiting import wait_for

DAY = 86_400
RETENTION = 4 * DAY


def recorder(serve: Callable[..., RunningGateway], folder: Path, **changes: Any) -> Recorder:
    return Recorder(serve, folder, triggers=trigger("eventbridge", queue_config(**changes)))


def wrapped(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def bodies(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["messageBody"] for event in events]


def test_a_message_comes_as_a_list_of_one_cloud_event(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    queue = there.cloud.queue("q")
    message_id = queue.send(wrapped('{"EventType": "Ü"}'))
    [[event]] = there.called(1)
    assert event["specversion"] == "1.0"
    assert event["type"] == "mns:Queue:SendMessage"
    assert event["subject"] == f"acs:mns:cn-shanghai:{ACCOUNT}:queues/q"
    assert event["aliyunaccountid"] == ACCOUNT
    assert event["data"]["messageId"] == message_id
    assert event["data"]["messageBody"] == '{"EventType": "Ü"}'
    wait_for(lambda: not queue.messages, "the message is deleted")


def test_a_returned_500_is_not_a_failure(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    queue = there.cloud.queue("q")
    queue.send(wrapped("{}"))
    there.called(1)
    wait_for(lambda: not queue.messages, "the message is deleted")
    assert there.cloud.waiting() == 0
    assert there.cloud.queue("dead").messages == []


@pytest.mark.parametrize(
    ("decode", "sent", "received"),
    [
        (True, wrapped("text"), "text"),
        (True, '{"plain": 1}', '{"plain": 1}'),
        (False, wrapped("text"), wrapped("text")),
        (False, '{"plain": 1}', '{"plain": 1}'),
    ],
)
def test_a_base64_body_is_decoded_if_the_trigger_says_so(
    serve: Callable[..., RunningGateway], tmp_path: Path, decode: bool, sent: str, received: str
) -> None:
    there = recorder(serve, tmp_path, source={**SOURCE, "IsBase64Decode": decode})
    there.cloud.queue("q").send(sent)
    [events] = there.called(1)
    assert bodies(events) == [received]


def test_in_event_mode_each_push_has_one_message(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path, mode="event-driven", batchWindow=None)
    there.cloud.queue("q").send(wrapped("one"))
    [event] = there.called(1)
    assert bodies([event]) == ["one"]


def test_a_batch_has_no_more_messages_than_the_window(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path, batchWindow={"CountBasedWindow": 3, "TimeBasedWindow": 0})
    queue = there.cloud.queue("q")
    for number in range(20):
        queue.send(wrapped(str(number)))
    wait_for(lambda: not queue.messages, "all are accepted")
    lists = [bodies(call["event"]) for call in there.calls()]
    assert all(len(items) <= 3 for items in lists)
    assert sorted(chain(*lists), key=int) == [str(number) for number in range(20)]


def attempt_again(there: Recorder, calls: int) -> float:
    """Wait until the next push is scheduled, move the clock to it and wait for the push.

    Returns the seconds that the clock moved.
    """
    wait_for(there.cloud.waiting, "the next push is to come")
    seconds = there.cloud.advance_to_next()
    there.called(calls)
    return seconds


def test_backoff_retry_gives_up_after_three_retries(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path, retryStrategy={"PushRetryStrategy": "BACKOFF_RETRY"})
    there.refuse()
    queue, dead = there.cloud.queue("q"), there.cloud.queue("dead")
    queue.send(wrapped("lost"))
    there.called(1)
    for calls in (2, 3, 4):
        assert [len(queue.messages), len(dead.messages)] == [1, 0]
        attempt_again(there, calls)
    wait_for(lambda: dead.messages, "it is given up")
    letter = json.loads(dead.messages[0].body)
    assert [letter] == there.calls()[-1]["event"]
    assert queue.messages == []
    assert there.cloud.waiting() == 0


def test_exponential_decay_retry_survives_an_outage_of_hours(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    there.cloud.queue("q").send(wrapped("kept"))
    there.called(1)
    waits = [attempt_again(there, calls) for calls in range(2, 24)]
    assert waits[:11] == pytest.approx([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512], abs=1)
    there.accept()
    attempt_again(there, 24)
    wait_for(lambda: not there.cloud.queue("q").messages, "it is accepted")
    assert there.cloud.queue("dead").messages == []
    assert len({json.dumps(call["event"]) for call in there.calls()}) == 1
    assert there.cloud.waiting() == 0


def test_exponential_decay_retry_gives_up_after_176_retries_over_a_day(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    dead = there.cloud.queue("dead")
    there.cloud.queue("q").send(wrapped("lost"))
    there.called(1)
    over = 0.0
    for calls in range(2, 178):
        assert dead.messages == []
        over += attempt_again(there, calls)
    wait_for(lambda: dead.messages, "it is given up")
    assert 85_800 < over < DAY


def test_the_two_strategies_wait_as_documented() -> None:
    backoff = list(delays("BACKOFF_RETRY"))
    assert len(backoff) == 3
    assert all(10 <= delay <= 20 for delay in backoff)
    decay = list(delays("EXPONENTIAL_DECAY_RETRY"))
    assert len(decay) == 176
    assert decay[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512]
    assert decay.count(512) == 167
    assert 86_000 < list(accumulate(decay))[-1] <= 86_400


def test_without_a_dead_letter_queue_the_message_is_dropped(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    strategy = {"PushRetryStrategy": "BACKOFF_RETRY"}
    there = recorder(serve, tmp_path, retryStrategy=strategy, deadLetterQueue=None)
    there.refuse()
    there.cloud.queue("q").send(wrapped("lost"))
    there.called(1)
    for calls in (2, 3, 4):
        attempt_again(there, calls)
    wait_for(lambda: not there.cloud.queue("q").messages, "it is dropped")


def test_a_message_that_waits_for_its_retry_does_not_delay_others(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    queue = there.cloud.queue("q")
    first = queue.send(wrapped("first"))
    there.called(1)
    wait_for(there.cloud.waiting, "its next push is to come")
    there.accept()
    queue.send(wrapped("second"))
    assert bodies(there.called(2)[-1]) == ["second"]
    wait_for(lambda: len(queue.messages) == 1, "the second is accepted")
    assert [message.id for message in queue.messages] == [first]
    there.cloud.advance(1)
    assert bodies(there.called(3)[-1]) == ["first"]


def test_a_held_message_that_is_received_again_is_not_pushed_twice(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(
        serve, tmp_path, retryStrategy={"PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY"}
    )
    there.refuse()
    queue = there.cloud.queue("q")
    queue.send(wrapped("one"))
    there.called(1)
    for calls in range(2, 9):
        attempt_again(there, calls)
    assert queue.messages[0].dequeue_count > 1
    there.accept()
    attempt_again(there, 9)
    wait_for(lambda: not queue.messages, "it is accepted")


@pytest.mark.parametrize("strategy", ["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"])
@pytest.mark.parametrize("moved", [2 * DAY, RETENTION + DAY])
def test_a_move_past_every_retry_is_one_push_and_then_a_dead_letter(
    serve: Callable[..., RunningGateway], tmp_path: Path, strategy: str, moved: int
) -> None:
    there = recorder(serve, tmp_path, retryStrategy={"PushRetryStrategy": strategy})
    there.refuse()
    queue, dead = there.cloud.queue("q"), there.cloud.queue("dead")
    queue.send(wrapped("lost"))
    there.called(1)
    wait_for(there.cloud.waiting, "the next push is to come")
    there.cloud.advance(moved)
    wait_for(lambda: dead.messages, "it is given up")
    assert bodies(json.loads(f"[{dead.messages[0].body}]")) == ["lost"]
    assert len(there.calls()) == 2
    assert queue.messages == []
    assert there.cloud.waiting() == 0


def test_a_move_uses_up_only_the_retries_it_passes(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    there.cloud.queue("q").send(wrapped("late"))
    there.called(1)
    wait_for(there.cloud.waiting, "the next push is to come")
    there.cloud.advance(DAY // 2)
    there.called(2)
    wait_for(there.cloud.waiting, "the next push is to come")
    assert there.cloud.queue("dead").messages == []
    times = accumulate(delays("EXPONENTIAL_DECAY_RETRY"))
    due = next(due for due in times if due > DAY // 2) - DAY // 2
    assert attempt_again(there, 3) == pytest.approx(due, abs=5), "as if nothing had been passed"
    there.accept()
    there.cloud.advance(DAY)
    there.called(4)
    assert there.cloud.queue("dead").messages == []


def test_a_message_that_expired_in_its_queue_is_still_pushed(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    queue = there.cloud.queue("q")
    queue.change(Attributes(message_retention_period=60))
    queue.send(wrapped("one"))
    there.called(1)
    for calls in range(2, 9):
        attempt_again(there, calls)
    assert queue.messages == []
    there.accept()
    attempt_again(there, 9)
    assert there.cloud.queue("dead").messages == []


def test_a_move_during_a_push_is_followed_by_one_more_push(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    hold = there.hold()
    there.cloud.queue("q").send(wrapped("one"))
    wait_for(there.calls, "the push has begun")
    there.cloud.advance(2 * DAY)
    hold.unlink()
    wait_for(lambda: there.cloud.queue("dead").messages, "it is given up")
    assert len(there.calls()) == 2


def test_a_reset_discards_every_earlier_message(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    there.cloud.queue("q").send(wrapped("one"))
    there.called(1)
    wait_for(there.cloud.waiting, "its next push is to come")
    there.cloud.advance(DAY // 2)
    there.called(2)
    wait_for(there.cloud.waiting, "its next push is to come")
    there.cloud.reset()
    there.accept()
    wait_for(lambda: not there.cloud.waiting(), "it is forgotten")
    there.cloud.queue("q").send(wrapped("two"))
    assert bodies(there.called(3)[-1]) == ["two"]
    assert there.cloud.queue("dead").messages == []


def test_a_reset_during_a_push_leaves_no_dead_letter(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    hold = there.hold()
    there.cloud.queue("q").send(wrapped("one"))
    wait_for(there.calls, "the push has begun")
    there.cloud.reset()
    there.cloud.advance(2 * DAY)
    hold.unlink()
    wait_for(there.idle, "the push has ended")
    there.accept()
    there.cloud.queue("q").send(wrapped("two"))
    assert bodies(there.called(2)[-1]) == ["two"]
    assert there.cloud.queue("dead").messages == []


def test_pushes_continue_after_only_the_clock_is_set_back(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path)
    there.refuse()
    there.cloud.queue("q").send(wrapped("one"))
    there.called(1)
    wait_for(there.cloud.waiting, "the next push is to come")
    there.cloud.advance(DAY // 2)
    there.called(2)
    wait_for(there.cloud.waiting, "the next push is to come")
    there.cloud.clock.reset()
    there.called(3)
    assert attempt_again(there, 4) <= 512


def test_only_one_push_runs_at_a_time(serve: Callable[..., RunningGateway], tmp_path: Path) -> None:
    there = recorder(serve, tmp_path)
    queue = there.cloud.queue("q")
    for number in range(10):
        queue.send(wrapped(str(number)))
    there.called(10)
    assert len(there.served.instances()) == 1


def test_a_function_that_cannot_start_is_a_failure(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    config = queue_config(retryStrategy={"PushRetryStrategy": "BACKOFF_RETRY"})
    there = Recorder(serve, tmp_path, role="unknown", triggers=trigger("eventbridge", config))
    there.cloud.queue("q").send(wrapped("one"))
    wait_for(there.cloud.waiting, "the next push is to come")
    there.cloud.advance(60)
    wait_for(lambda: there.cloud.queue("dead").messages, "it is given up")


def test_a_busy_function_is_a_failure_that_is_logged_with_its_reason(
    serve: Callable[..., RunningGateway], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    triggers = [
        {"triggerName": name, "triggerType": "eventbridge", "triggerConfig": config}
        for name in ("q", "trigger")
        for config in [queue_config(source={**SOURCE, "QueueName": name})]
    ]
    one = {"reservedConcurrency": 1}
    there = Recorder(serve, tmp_path, triggers=triggers, concurrencyConfig=one)
    hold = there.hold()
    there.cloud.queue("q").send(wrapped("first"))
    wait_for(there.calls, "the only instance is busy")
    there.cloud.queue("trigger").send(wrapped("second"))
    [record] = wait_for(lambda: caplog.records, "the push has failed")
    hold.unlink()
    assert record.getMessage() == (
        "trigger trigger of recorder: all instances that the function may have are busy"
    )
    there.called(1)
    attempt_again(there, 2)


def test_a_dead_letter_that_is_too_large_does_not_stop_the_trigger(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    there = recorder(serve, tmp_path, retryStrategy={"PushRetryStrategy": "BACKOFF_RETRY"})
    there.refuse()
    queue = there.cloud.queue("q")
    queue.send('"' * 60_000)  # twice as long inside JSON
    there.called(1)
    for calls in (2, 3, 4):
        attempt_again(there, calls)
    wait_for(lambda: not queue.messages, "it is dropped")
    there.accept()
    queue.send(wrapped("next"))
    assert bodies(there.called(5)[-1]) == ["next"]
