"""What a caller gets if the instance ends in the middle of a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.gate import gate
from tests.support.house import House
from tests.support.processes import kill
from tests.support.reply import Reply
from tests.support.waiting import wait_for


def killed_while(house: House, function: str, operation: str, call: Callable[[], Reply]) -> Reply:
    """The answer to a call whose instance is killed while it waits for `operation`.

    VOD performs the operation afterwards.
    """
    house.cloud.faults.set("vod", operation, "slow")
    with ThreadPoolExecutor(1) as pool, gate() as vod:
        answer = pool.submit(call)
        wait_for(lambda: vod.held or answer.done(), "VOD is asked")
        for instance in house.instances(function):
            kill(instance["pid"])
        return answer.result()


@pytest.mark.parametrize("function", ["refresh", "play"])
def test_function_compute_answers_for_a_killed_instance(
    house: House, alice: str, function: str
) -> None:
    video_id = house.begun(alice)
    if function == "play":
        put(house.refresh(alice, video_id).json(), SMALL)
    ask = house.refresh if function == "refresh" else house.play
    assert ask(alice, video_id).status == 200
    before = {one["pid"] for one in house.instances(function)}
    reply = killed_while(house, function, "GetVideoInfo", lambda: ask(alice, video_id))
    assert (reply.status, reply.headers["X-Fc-Error-Type"]) == (502, "UnhandledInvocationError")
    assert "Process exited unexpectedly" in reply.json()["errorMessage"]
    assert ask(alice, video_id).status == 200
    assert before.isdisjoint(one["pid"] for one in house.instances(function))


def test_an_upload_whose_instance_was_killed_can_be_begun_again(house: House, alice: str) -> None:
    reply = killed_while(house, "upload", "CreateUploadVideo", lambda: house.upload(alice, "key-1"))
    assert reply.headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    while not house.cloud.vod.library.all():  # VOD still creates the video, a moment later
        time.sleep(0.01)
    video_id = house.upload(alice, "key-1").json()["VideoId"]
    assert [media.video_id for media in house.cloud.vod.library.all()] == [video_id]
