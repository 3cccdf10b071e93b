"""What the gateway gets from the fake cloud in the same process."""

from __future__ import annotations

import asyncio

import pytest

from fakealiyun import FakeCloud
from fakealiyun.clock import MAX_ADVANCE
from local.gateway import FakeCloudLink, cloud_link
from local.gateway.cloud_link import sleep_until
from local.roles import LOCAL_VALUES, RAM_FOLDER


def test_a_reset_starts_a_new_generation_but_time_does_not() -> None:
    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud:
        link = FakeCloudLink(cloud)
        first = link.generation()
        cloud.clock.advance(MAX_ADVANCE)
        assert link.generation() == first
        cloud.reset()
        second = link.generation()
        assert second not in (first, None)
        assert link.generation() == second
        cloud.reset()
        assert link.generation() not in (first, second)


def test_a_reset_ends_every_wait() -> None:
    async def wait(cloud: FakeCloud) -> None:
        link = FakeCloudLink(cloud)
        waiting = asyncio.ensure_future(sleep_until(link, link.now() + 3600))
        await asyncio.sleep(0)
        assert not waiting.done()
        cloud.reset()
        await asyncio.wait_for(waiting, 30)

    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud:
        asyncio.run(wait(cloud))


@pytest.mark.parametrize("steps", range(8))
def test_a_move_of_the_clock_never_hides_a_cancel(steps: int) -> None:
    """In every step of the event loop, from the move to the end of the wait."""

    async def move_and_cancel(cloud: FakeCloud) -> None:
        link = FakeCloudLink(cloud)
        waiting = asyncio.ensure_future(sleep_until(link, link.now() + 3600))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        cloud.clock.advance(3600)
        for _ in range(steps):
            await asyncio.sleep(0)
        cancelled = waiting.cancel()
        await asyncio.wait({waiting}, timeout=30)
        assert waiting.done()
        assert waiting.cancelled() == cancelled

    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud:
        asyncio.run(move_and_cancel(cloud))


def test_a_wait_for_the_clock_ends_only_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The periodic checks of the clock do not end it."""

    async def look_and_move(cloud: FakeCloud) -> None:
        link = FakeCloudLink(cloud)
        looks, often = 0, asyncio.Event()
        now = link.now

        def look() -> float:
            nonlocal looks
            looks += 1
            if looks == 5:
                often.set()
            return now()

        monkeypatch.setattr(link, "now", look)
        waiting = asyncio.ensure_future(sleep_until(link, now() + 3600))
        await asyncio.wait_for(often.wait(), 30)
        assert not waiting.done()
        cloud.clock.advance(3600)
        await asyncio.wait_for(waiting, 30)

    monkeypatch.setattr(cloud_link, "_LOOK_SECONDS", 0.001)
    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud:
        asyncio.run(look_and_move(cloud))
