"""How many instances run, and what each of them serves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from tests.support.gateway import RunningGateway
from tests.support.reply import Reply
from tests.support.waiting import wait_for


def together(served: RunningGateway, count: int, gate: Path) -> list[Reply]:
    """The replies to `count` requests that run in the function at the same time."""
    answers: list[Reply] = []

    def call(number: int) -> None:
        started = served.folder / f"started-{number}"
        answers.append(served.call(f"/state?gate={gate}&started={started}"))

    callers = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for caller in callers:
        caller.start()
    for number in range(count):
        wait_for((served.folder / f"started-{number}").exists, "the request is being served")
    gate.touch()
    for caller in callers:
        caller.join(timeout=60)
    return answers


def test_one_instance_serves_sequential_requests(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["state"])
    answers = [served.call("/state").json() for _ in range(5)]
    assert [answer["calls"] for answer in answers] == [1, 2, 3, 4, 5]
    [instance] = served.instances()
    assert instance["served"] == 5
    assert instance["pid"] == answers[0]["pid"]


def test_each_simultaneous_request_has_its_own_instance(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(["state"])
    answers = [answer.json() for answer in together(served, 4, served.folder / "gate")]
    assert len({answer["pid"] for answer in answers}) == 4
    assert {answer["running"] for answer in answers} == {1}
    assert len(served.instances()) == 4


def test_beyond_the_reserved_concurrency_is_a_429(serve: Callable[..., RunningGateway]) -> None:
    served = serve({"state": {"concurrencyConfig": {"reservedConcurrency": 2}}})
    gate = served.folder / "gate"
    refused: list[Reply] = []

    def third() -> None:
        for number in range(2):
            wait_for((served.folder / f"started-{number}").exists, "two are being served")
        refused.append(served.call("/state"))
        gate.touch()

    extra = threading.Thread(target=third)
    extra.start()
    answers: list[Reply] = []

    def call(number: int) -> None:
        started = served.folder / f"started-{number}"
        answers.append(served.call(f"/state?gate={gate}&started={started}"))

    callers = [threading.Thread(target=call, args=(number,)) for number in range(2)]
    for thread in callers:
        thread.start()
    for thread in (*callers, extra):
        thread.join(timeout=60)
    assert [answer.status for answer in answers] == [200, 200]
    assert (refused[0].status, refused[0].json()["Code"]) == (429, "ResourceExhausted")
    assert served.call("/state").status == 200


def test_an_idle_instance_is_ended(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["state"], idle_seconds=0.01)
    first = served.call("/state").json()["pid"]
    wait_for(lambda: served.instances() == [], "it is reaped")
    assert served.call("/state").json()["pid"] != first


def test_an_instance_lists_its_figures(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["state"])
    served.call("/state")
    [instance] = served.instances()
    assert instance["function"] == "state"
    assert instance["peakMemoryKB"] >= instance["memoryKB"] > 1000
    assert instance["startMilliseconds"] > 0
    assert any(line.startswith("Cold Start: ") for line in served.log("state"))


def test_the_scratch_folder_of_an_instance_is_deleted_with_it(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(["inspect"], idle_seconds=0.01)
    scratch = Path(served.call("/inspect").json()["environment"]["TMPDIR"])
    wait_for(lambda: not scratch.exists(), "the folder is gone")
