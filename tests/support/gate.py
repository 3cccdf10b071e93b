"""Calls to the fake cloud that wait for the test, however slow the machine is."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

_sleep = asyncio.sleep


class Gate:
    """Holds each call that meets a fault `slow`. `open` lets them go on."""

    def __init__(self) -> None:
        self.held = 0
        """How many calls have come to it."""
        self._opened = threading.Event()

    def open(self) -> None:
        self._opened.set()

    async def wait(self, _seconds: float) -> None:
        """What a call does instead of waiting so many seconds."""
        self.held += 1
        while not self._opened.is_set():
            await _sleep(0.01)


@contextlib.contextmanager
def gate() -> Iterator[Gate]:
    """A gate for the calls to the fake clouds of this process. It is open at the end."""
    made = Gate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fakealiyun.openapi.gateway.asyncio", SimpleNamespace(sleep=made.wait))
        try:
            yield made
        finally:
            made.open()
