"""What the gateway learns of the fake cloud beside it."""

from __future__ import annotations

import asyncio

from local.cloud import FakeCloud
from local.cloud.clock import MAX_ADVANCE
from local.gateway import FakeCloudLink
from local.gateway.cloud_link import sleep_until


def test_a_reset_begins_a_new_generation_and_time_does_not() -> None:
    with FakeCloud() as cloud:
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


def test_nobody_waits_for_a_time_of_a_cloud_that_was_reset() -> None:
    async def wait(cloud: FakeCloud) -> None:
        link = FakeCloudLink(cloud)
        waiting = asyncio.ensure_future(sleep_until(link, link.now() + 3600))
        await asyncio.sleep(0)
        assert not waiting.done()
        cloud.reset()
        await asyncio.wait_for(waiting, 30)

    with FakeCloud() as cloud:
        asyncio.run(wait(cloud))
