"""`GET /_local/stream`: what happens in the local deployment, live, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiohttp import web

STREAM_PATH = "/_local/stream"
MOST_KEPT = 500
_HEARTBEAT_SECONDS = 15.0


class Stream:
    """Sends messages to every page that listens, first those that it has kept.

    The last MOST_KEPT messages are kept. A browser that connects again sends `Last-Event-ID`, and
    gets only what it has missed. `publish` may be called from any thread.
    """

    def __init__(self) -> None:
        self.run = secrets.token_hex(4)
        """Differs between runs of `make run`, whose clouds begin empty."""
        self._number = 0
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=MOST_KEPT)
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def start(self) -> None:
        """Use the running event loop."""
        self._loop = asyncio.get_running_loop()

    def publish(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send one message: the name of the event, and its data as JSON. Has no effect before
        `start`."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send, kind, json.dumps(data))

    def close(self) -> None:
        """End every connection."""
        self._closed = True
        self._end_all()

    def disconnect(self) -> None:
        """End every connection, from any thread. The pages connect again."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        for listener in self._listeners:
            listener.put_nowait(None)

    def route(self) -> web.RouteDef:
        """The guard of the server refuses pages of other sites."""
        return web.get(STREAM_PATH, self._serve, allow_head=False)

    def _send(self, kind: str, text: str) -> None:
        self._number += 1
        message = f"id: {self.run}-{self._number}\nevent: {kind}\ndata: {text}\n\n".encode()
        self._kept.append((self._number, message))
        for listener in self._listeners:
            listener.put_nowait(message)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )
        await response.prepare(request)
        listener: asyncio.Queue[bytes | None] = asyncio.Queue()
        last = self._last_seen(request.headers.get("Last-Event-ID", ""))
        for number, message in self._kept:
            if number > last:
                listener.put_nowait(message)
        self._listeners.add(listener)
        # Not wait_for: before Python 3.12 it can lose what the queue gives at the last moment.
        next_part = asyncio.ensure_future(listener.get())
        try:
            await response.write(b"retry: 1000\n\n")
            while not self._closed:
                await asyncio.wait({next_part}, timeout=_HEARTBEAT_SECONDS)
                if not next_part.done():
                    await response.write(b": still here\n\n")
                    continue
                part = next_part.result()
                if part is None:
                    break
                await response.write(part)
                next_part = asyncio.ensure_future(listener.get())
        except ConnectionError:
            pass  # the page is gone
        finally:
            next_part.cancel()
            self._listeners.discard(listener)
        return response

    def _last_seen(self, event_id: str) -> int:
        run, _, number = event_id.partition("-")
        return int(number) if run == self.run and number.isascii() and number.isdigit() else 0
