"""Asynchronous invocation, which any caller of an HTTP trigger can request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.gateway.asynchronous import THROTTLED
from tests.support.gateway import RunningGateway
from tests.support.gateway_cloud import ACCOUNT
from tests.support.waiting import wait_for

ASYNC = {"X-Fc-Invocation-Type": "Async"}


def lines(served: RunningGateway) -> list[str]:
    trace = served.folder / "trace"
    return trace.read_text().split() if trace.exists() else []


def test_is_accepted_at_once_and_run_once(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["retry"])
    answer = served.call(f"/retry?until=1&trace={served.folder}/trace", headers=ASYNC)
    assert (answer.status, answer.body) == (202, b"")
    wait_for(lambda: lines(served), "it runs")
    assert lines(served) == [answer.headers["X-Fc-Request-Id"]]


def test_a_failure_is_retried_by_the_clouds_clock(serve: Callable[..., RunningGateway]) -> None:
    served = serve({"retry": {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 2}}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    for attempt in (1, 2):
        wait_for(served.cloud.waiting, "it waits for the next attempt")
        assert len(lines(served)) == attempt
        served.cloud.advance(60)
    wait_for(lambda: len(lines(served)) == 3, "the last attempt")
    served.call(f"/retry?until=1&trace={served.folder}/trace")
    assert served.cloud.waiting() == 0, "three attempts, and no more"


def test_without_retries_a_failure_is_final(serve: Callable[..., RunningGateway]) -> None:
    served = serve({"retry": {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 0}}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    wait_for(lambda: lines(served), "the attempt")
    wait_for(lambda: [found for found in served.instances() if found["served"]], "it ends")
    assert served.cloud.waiting() == 0


def test_an_event_over_its_maximum_age_is_dropped(serve: Callable[..., RunningGateway]) -> None:
    served = serve({"retry": {"asyncInvokeConfig": {"maxAsyncEventAgeInSeconds": 1}}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    wait_for(served.cloud.waiting, "it waits for the next attempt")
    served.cloud.advance_to_next()
    wait_for(lambda: len(lines(served)) == 2, "an attempt at the end of its second")
    wait_for(lambda: [found for found in served.instances() if found["served"] == 2], "it ends")
    assert served.cloud.waiting() == 0, "the next would come after its second"


def test_limits_and_unknown_values(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["echo"])
    large = served.call("/echo", method="POST", body=b"a" * (128 * 1024 + 1), headers=ASYNC)
    assert large.status == 413
    assert served.call("/echo", headers={"X-Fc-Invocation-Type": "Later"}).status == 400
    assert served.call("/echo", headers={**ASYNC, "X-Fc-Async-Delay": "5"}).status == 400
    assert served.call("/echo", headers={"X-Fc-Invocation-Type": "Sync"}).status == 200


QUEUE = {"destination": f"acs:mns:cn-shanghai:{ACCOUNT}:/queues/results/messages"}
ARN = f"acs:fc:cn-shanghai:{ACCOUNT}:functions/test-"


def test_a_move_past_the_maximum_age_is_one_more_attempt_and_then_a_result(
    serve: Callable[..., RunningGateway],
) -> None:
    policy = {"destinationConfig": {"onFailure": QUEUE}, "maxAsyncEventAgeInSeconds": 3600}
    served = serve({"retry": {"asyncInvokeConfig": policy}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    wait_for(served.cloud.waiting, "it waits for the next attempt")
    served.cloud.advance(10 * 86_400)
    queue = served.cloud.queue("results")
    [message] = wait_for(lambda: queue.messages, "the result arrives")
    assert json.loads(message.body)["requestContext"]["approximateInvokeCount"] == 2
    assert len(lines(served)) == 2
    assert served.cloud.waiting() == 0


@pytest.mark.parametrize("ahead", [0, 86_400])
def test_nothing_is_retried_after_a_reset(serve: Callable[..., RunningGateway], ahead: int) -> None:
    policy = {"destinationConfig": {"onFailure": QUEUE}, "maxAsyncRetryAttempts": 8}
    served = serve({"retry": {"asyncInvokeConfig": policy}})
    served.cloud.advance(ahead)
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    for _ in range(5):
        wait_for(served.cloud.waiting, "it waits for the next attempt")
        served.cloud.advance_to_next()
    wait_for(served.cloud.waiting, "it waits for the next attempt")
    served.cloud.reset()
    wait_for(lambda: not served.cloud.waiting(), "it is forgotten")
    served.cloud.advance(86_400)
    assert len(lines(served)) == 6
    assert served.cloud.queue("results").messages == []


@pytest.mark.parametrize(("until", "destination"), [(1, "onSuccess"), (99, "onFailure")])
def test_a_reset_during_a_run_discards_its_result(
    serve: Callable[..., RunningGateway], until: int, destination: str
) -> None:
    policy = {"maxAsyncRetryAttempts": 0, "destinationConfig": {destination: QUEUE}}
    served = serve({"retry": {"asyncInvokeConfig": policy}})
    trace = served.folder / "trace"
    (served.folder / "trace.hold").touch()
    served.call(f"/retry?until={until}&trace={trace}", headers=ASYNC)
    wait_for(lambda: lines(served), "it runs")
    served.cloud.reset()
    (served.folder / "trace.hold").unlink()
    wait_for(lambda: [found for found in served.instances() if found["served"]], "it ends")
    assert served.cloud.queue("results").messages == []


@pytest.mark.parametrize(
    ("until", "destination", "error"),
    [(1, "onSuccess", ""), (99, "onFailure", "UnhandledInvocationError")],
)
def test_the_result_goes_to_the_destination_queue(
    serve: Callable[..., RunningGateway], until: int, destination: str, error: str
) -> None:
    policy = {"maxAsyncRetryAttempts": 0, "destinationConfig": {destination: QUEUE}}
    served = serve({"retry": {"asyncInvokeConfig": policy}})
    answer = served.call(f"/retry?until={until}&trace={served.folder}/trace", headers=ASYNC)
    queue = served.cloud.queue("results")
    [message] = wait_for(lambda: queue.messages, "the result arrives")
    result = json.loads(message.body)
    assert result["requestContext"] == {
        "requestId": answer.headers["X-Fc-Request-Id"],
        "functionArn": f"{ARN}retry",
        "condition": error,
        "approximateInvokeCount": 1,
    }
    assert json.loads(result["requestPayload"])["queryParameters"]["until"] == str(until)
    assert result["responseContext"] == {"statusCode": 200, "functionError": error}
    expected = "at last" if until == 1 else "not yet"
    assert expected in result["responsePayload"]


def test_a_result_that_is_too_large_for_the_queue_is_logged(
    serve: Callable[..., RunningGateway], caplog: pytest.LogCaptureFixture
) -> None:
    policy = {"destinationConfig": {"onSuccess": QUEUE}}
    served = serve({"retry": {"asyncInvokeConfig": policy}})
    target = f"/retry?until=1&trace={served.folder}/trace"
    answer = served.call(target, method="POST", body="a" * 65_536, headers=ASYNC)
    [record] = wait_for(lambda: caplog.records, "a warning is logged")
    assert record.getMessage() == (
        f"the result of {answer.headers['X-Fc-Request-Id']} is lost: "
        "a message has at most 65536 bytes"
    )


def test_the_result_may_go_to_another_function(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    policy: Mapping[str, Any] = {
        "maxAsyncRetryAttempts": 1,
        "destinationConfig": {"onFailure": {"destination": f"{ARN}recorder"}},
    }
    recorder = {"environmentVariables": {"TRACE": str(tmp_path / "recorded")}, "triggers": []}
    served = serve({"retry": {"asyncInvokeConfig": policy}, "recorder": recorder})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    wait_for(served.cloud.waiting, "it waits for the next attempt")
    served.cloud.advance(60)
    recorded = tmp_path / "recorded"
    wait_for(
        lambda: recorded.exists() and recorded.read_text().endswith("\n"), "the result arrives"
    )
    [line] = recorded.read_text().splitlines()
    assert json.loads(line)["event"]["requestContext"]["approximateInvokeCount"] == 2


def test_an_event_that_never_gets_a_free_instance_goes_to_its_destination(
    serve: Callable[..., RunningGateway],
) -> None:
    policy = {"maxAsyncEventAgeInSeconds": 1, "destinationConfig": {"onFailure": QUEUE}}
    one = {"reservedConcurrency": 1}
    served = serve({"state": {"asyncInvokeConfig": policy, "concurrencyConfig": one}})
    gate, started = served.folder / "gate", served.folder / "started"
    served.call(f"/state?gate={gate}&started={started}", headers=ASYNC)
    wait_for(started.exists, "the only instance is busy")
    served.call("/state", headers=ASYNC)
    wait_for(served.cloud.waiting, "it waits for the next attempt")
    served.cloud.advance_to_next()
    queue = served.cloud.queue("results")
    [message] = wait_for(lambda: queue.messages, "the result arrives")
    gate.touch()
    result = json.loads(message.body)
    assert result["requestContext"]["condition"] == THROTTLED
    assert result["responseContext"] == {"statusCode": 429, "functionError": ""}
