"""A gateway stops at once, whatever waits in it and however the cloud's clock moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local.gateway.recorder import Recorder
from tests.support.gateway import RunningGateway
from tests.support.loop_thread import LoopThread
from tests.support.processes import alive
from tests.support.sample_deployment import queue_config, trigger
from tests.support.waiting import wait_for

ASYNC = {"X-Fc-Invocation-Type": "Async"}
STEPS = range(6)
"""Steps of the event loop between a move of the clock and the stop. In these steps a waiting task
wakes up, and its next run is about to start or has just started."""


def move_and_stop(loop: LoopThread, served: RunningGateway, steps: int) -> None:
    """Stop the gateway right after a move of the clock. Nothing of it may remain."""

    async def work() -> None:
        served.cloud.advance(300)
        for _ in range(steps):
            await asyncio.sleep(0)
        await served.gateway.stop()

    pids = [instance["pid"] for instance in served.instances()]
    assert pids
    loop.run(work())
    assert not any(alive(pid) for pid in pids)
    assert served.gateway.invoker.instances() == []
    assert served.cloud.waiting() == 0


@pytest.mark.parametrize("steps", STEPS)
def test_while_a_push_becomes_due(
    loop: LoopThread, serve: Callable[..., RunningGateway], tmp_path: Path, steps: int
) -> None:
    there = Recorder(serve, tmp_path, triggers=trigger("eventbridge", queue_config()))
    there.refuse()
    queue = there.cloud.queue("q")
    sent = queue.send("{}")
    there.called(1)
    wait_for(there.cloud.waiting, "the next push is to come")
    move_and_stop(loop, there.served, steps)
    assert [message.id for message in queue.messages] == [sent], "it waits for another gateway"
    assert there.cloud.queue("dead").messages == []


@pytest.mark.parametrize("steps", STEPS)
def test_while_an_asynchronous_invocation_becomes_due(
    loop: LoopThread, serve: Callable[..., RunningGateway], steps: int
) -> None:
    served = serve({"retry": {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 8}}})
    served.call(f"/retry?until=99&trace={served.folder}/trace", headers=ASYNC)
    wait_for(served.cloud.waiting, "it waits for the next attempt")
    move_and_stop(loop, served, steps)
