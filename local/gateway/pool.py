"""The instances of one function: as many as requests need, up to its bound.

Between two requests Function Compute freezes an instance. Here it goes on running, so a thread that
a handler left behind gets further than it would there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from local.gateway.instance import Instance


class Exhausted(Exception):
    """Every instance that the function may have is busy."""

    def __init__(self) -> None:
        super().__init__("every instance that the function may have is busy")


class Pool:
    """Instances of one function, each lent to one request at a time.

    `start` makes an instance; it may raise. An instance that was idle for `idle_seconds` is ended
    by `retire`, which also runs its preStop hook.
    """

    def __init__(
        self,
        limit: int,
        start: Callable[[], Awaitable[Instance]],
        retire: Callable[[Instance], Awaitable[None]],
        idle_seconds: float,
    ) -> None:
        self._limit = limit
        self._start = start
        self._retire = retire
        self._idle_seconds = idle_seconds
        self._idle: list[tuple[Instance, asyncio.TimerHandle]] = []
        self._busy: set[Instance] = set()
        self._starting = 0
        self._draining = False
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def instances(self) -> list[Instance]:
        """Every instance that is up."""
        return [*self._busy, *(instance for instance, _ in self._idle)]

    async def acquire(self) -> Instance:
        """An instance for one request; give it back by `release` or `discard`.

        Raises Exhausted at once when the bound is reached. (Whether Function Compute lets such a
        request wait a moment is not documented; a refusal is what callers have to cope with.)
        """
        while self._idle:
            instance, reaper = self._idle.pop()
            reaper.cancel()
            if instance.alive:
                self._busy.add(instance)
                return instance
            self._end(instance)  # it died while it was idle
        if len(self._busy) + self._starting >= self._limit:
            raise Exhausted
        self._starting += 1
        try:
            instance = await self._start()
        finally:
            self._starting -= 1
        self._busy.add(instance)
        return instance

    def release(self, instance: Instance) -> None:
        """Take back an instance that can serve again."""
        self._busy.discard(instance)
        if self._draining:
            self._end(instance)
            return
        loop = asyncio.get_running_loop()
        self._idle.append((instance, loop.call_later(self._idle_seconds, self._reap, instance)))

    def discard(self, instance: Instance) -> None:
        """Take back an instance that cannot serve again; it is ended in the background."""
        self._busy.discard(instance)
        instance.kill()
        self._end(instance)

    def drain(self) -> None:
        """End every idle instance now, and each busy one after the request it serves."""
        self._draining = True
        idle, self._idle = self._idle, []
        for instance, reaper in idle:
            reaper.cancel()
            self._end(instance)

    async def close(self) -> None:
        """End every instance, busy ones too."""
        self.drain()
        for instance in list(self._busy):
            self.discard(instance)
        while self._endings:
            await asyncio.wait(self._endings)

    def _reap(self, instance: Instance) -> None:
        self._idle = [entry for entry in self._idle if entry[0] is not instance]
        self._end(instance)

    def _end(self, instance: Instance) -> None:
        async def end() -> None:
            with contextlib.suppress(Exception):
                await self._retire(instance)
            await instance.close()

        task = asyncio.ensure_future(end())
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
