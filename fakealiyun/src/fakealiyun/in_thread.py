"""What serves in an event loop, as a context manager: the loop then runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

_START_SECONDS = 60

_T = TypeVar("_T", bound="InThread")


class InThread(ABC):
    """In a running loop: `await start()` and `await stop()`. Elsewhere: `with`, once."""

    _loop: asyncio.AbstractEventLoop | None = None
    _stopping: asyncio.Event | None = None
    _thread: threading.Thread | None = None

    @abstractmethod
    async def start(self) -> None:
        """Begin to serve."""

    @abstractmethod
    async def stop(self) -> None:
        """End what has been started, as far as it has."""

    def __enter__(self: _T) -> _T:
        """Raises what `start` raises, and TimeoutError."""
        started = threading.Event()
        failures: list[BaseException] = []
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started, failures)),
            name=type(self).__name__,
            daemon=True,
        )
        self._thread.start()
        if not started.wait(_START_SECONDS):
            raise TimeoutError(f"{type(self).__name__} did not start")
        if failures:
            self._thread.join()
            raise failures[0]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()

    async def _serve(self, started: threading.Event, failures: list[BaseException]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        try:
            await self.start()
        except BaseException as failure:  # noqa: BLE001 - it is raised where it was asked for
            failures.append(failure)
            await self.stop()
            return
        finally:
            started.set()
        await self._stopping.wait()
        await self.stop()
