"""Asynchronous invocation, which any caller of an HTTP trigger can ask for."""

from __future__ import annotations

from collections.abc import Callable

from tests.gateway.conftest import Served, wait_for

ASYNC = {"X-Fc-Invocation-Type": "Async"}


def lines(served: Served) -> list[str]:
    trace = served.folder / "trace"
    return trace.read_text().split() if trace.exists() else []


def test_is_accepted_at_once_and_run_once(serve: Callable[..., Served]) -> None:
    served = serve(["retry"])
    answer = served.call(f"/retry?until=1&trace={served.folder}/trace", headers=ASYNC)
    assert (answer.status, answer.body) == (202, b"")
    wait_for(lambda: lines(served), "it runs")
    assert lines(served) == [answer.headers["X-Fc-Request-Id"]]


def test_a_failure_is_tried_again_by_the_clouds_clock(serve: Callable[..., Served]) -> None:
    served = serve({"retry": {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 2}}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    for attempt in (1, 2):
        wait_for(served.cloud.waiting, "it waits for the next attempt")
        assert len(lines(served)) == attempt
        served.cloud.advance(60)
    wait_for(lambda: len(lines(served)) == 3, "the last attempt")
    served.call(f"/retry?until=1&trace={served.folder}/trace")
    assert served.cloud.waiting() == 0, "three attempts, and no more"


def test_without_retries_a_failure_is_final(serve: Callable[..., Served]) -> None:
    served = serve({"retry": {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 0}}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    wait_for(lambda: lines(served), "the attempt")
    wait_for(lambda: [found for found in served.instances() if found["served"]], "it ends")
    assert served.cloud.waiting() == 0


def test_an_event_that_grew_too_old_is_dropped(serve: Callable[..., Served]) -> None:
    served = serve({"retry": {"asyncInvokeConfig": {"maxAsyncEventAgeInSeconds": 1}}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    wait_for(lambda: lines(served), "the first attempt")
    wait_for(lambda: [found for found in served.instances() if found["served"]], "it ends")
    assert served.cloud.waiting() == 0, "the next would come after its second"


def test_limits_and_unknown_words(serve: Callable[..., Served]) -> None:
    served = serve(["echo"])
    large = served.call("/echo", method="POST", body=b"a" * (128 * 1024 + 1), headers=ASYNC)
    assert large.status == 413
    assert served.call("/echo", headers={"X-Fc-Invocation-Type": "Later"}).status == 400
    assert served.call("/echo", headers={**ASYNC, "X-Fc-Async-Delay": "5"}).status == 400
    assert served.call("/echo", headers={"X-Fc-Invocation-Type": "Sync"}).status == 200
