"""Lets an asynchronous server be a context manager: its event loop runs in its own thread."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

_START_SECONDS = 60

_T = TypeVar("_T", bound="InThread")


class InThread(ABC):
    """In a running event loop, await `start()` and `stop()`. Elsewhere use `with`, once."""

    _loop: asyncio.AbstractEventLoop | None = None
    _stopping: asyncio.Event | None = None
    _thread: threading.Thread | None = None

    @abstractmethod
    async def start(self) -> None:
        """Start to serve."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop. Must also work if `start` failed halfway."""

    def __enter__(self: _T) -> _T:
        """Start in a new thread. Raises the error of `start`, or TimeoutError after 60 seconds."""
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
        except BaseException as failure:  # noqa: BLE001 - `__enter__` raises it
            failures.append(failure)
            await self.stop()
            return
        finally:
            started.set()
        await self._stopping.wait()
        await self.stop()
