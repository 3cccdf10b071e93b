"""A TLS server on this machine that hands every byte to the fake cloud, which speaks plain HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine
from typing import Any

from fakealiyun.in_thread import InThread

_ADDRESS = "127.0.0.1"
_CHUNK = 64 * 1024  # bytes


class TlsFront(InThread):
    """Listens with `context` on a free port of the loopback address, for `port` of the same."""

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        self._context = context
        self._behind = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that it listens on. Raises RuntimeError before the start."""
        if self._server is None:
            raise RuntimeError(type(self).__name__)
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Start to serve."""
        self._server = await asyncio.start_server(self._answer, _ADDRESS, 0, ssl=self._context)

    async def stop(self) -> None:
        """Stop, and close every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._hand_over(reader, writer)
        writer.close()

    async def _hand_over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection(_ADDRESS, self._behind)
        # A cancellation may come at any `await` below, in the clean-up too.
        with contextlib.closing(behind_writer):
            pumps: list[Coroutine[Any, Any, None]] = [
                _pump(reader, behind_writer),
                _pump(behind_reader, writer),
            ]
            tasks = [asyncio.ensure_future(one) for one in pumps]
            try:
                # When one side ends, the exchange has ended: no client of ours closes only half.
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in tasks:
                    one.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
