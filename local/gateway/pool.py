"""The instances of one function: as many as requests need, up to its limit.

Function Compute freezes an instance between two requests. Here it continues to run, so a background
thread of a handler gets further than it would there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from local.gateway.background import BackgroundTasks
from local.gateway.instance import Instance


class Exhausted(Exception):
    """All instances that the function may have are busy."""

    def __init__(self) -> None:
        super().__init__("all instances that the function may have are busy")


class Pool:
    """Instances of one function. Each serves one request at a time.

    `start` starts an instance and may raise. `retire` runs the preStop hook of an instance before
    it ends, for example after it was idle for `idle_seconds`.
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
        self._endings = BackgroundTasks()

    @property
    def instances(self) -> list[Instance]:
        """Every running instance."""
        return [*self._busy, *(instance for instance, _ in self._idle)]

    async def acquire(self) -> Instance:
        """An instance for one request. Return it with `release` or `discard`.

        Raises Exhausted at once if the limit is reached. (Whether Function Compute makes such a
        request wait is not documented. Callers must handle a refusal.)
        """
        while self._idle:
            instance, reaper = self._idle.pop()
            reaper.cancel()
            if instance.alive:
                self._busy.add(instance)
                return instance
            self._end(instance)  # it ended while it was idle
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
        """Return an instance that can serve again."""
        self._busy.discard(instance)
        if self._draining:
            self._end(instance)
            return
        loop = asyncio.get_running_loop()
        self._idle.append((instance, loop.call_later(self._idle_seconds, self._reap, instance)))

    def discard(self, instance: Instance) -> None:
        """Return an instance that cannot serve again. It is ended in the background."""
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
        await self._endings.wait()

    def _reap(self, instance: Instance) -> None:
        self._idle = [entry for entry in self._idle if entry[0] is not instance]
        self._end(instance)

    def _end(self, instance: Instance) -> None:
        async def end() -> None:
            with contextlib.suppress(Exception):
                await self._retire(instance)
            await instance.close()

        self._endings.start(end())
