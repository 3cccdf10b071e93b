"""Long polling: a receive that waits for a message."""

from __future__ import annotations

import asyncio
import contextlib

from fakealiyun.mns.call import MnsCall
from fakealiyun.mns.message import Message


async def receive(call: MnsCall, count: int, seconds: int) -> list[Message]:
    """Up to `count` messages. Waits up to `seconds` of cloud time for the first one.

    When the time is over, the list may be empty. If the caller has disconnected, no message is
    received. Raises MnsError QueueNotExist, also if the queue is deleted during the wait.
    """
    if not seconds:
        return call.queue.receive_up_to(count)
    loop = asyncio.get_running_loop()
    look = asyncio.Event()
    over = False

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(look.set)

    def end() -> None:
        nonlocal over
        over = True
        wake()

    forget = call.queue.wake_with(wake)
    timer = call.clock.call_at(call.clock.now() + seconds, end)
    try:
        while call.connected():
            last = over
            look.clear()
            found = call.queue.receive_up_to(count)
            if found or last:
                return found
            await look.wait()
        return []
    finally:
        timer.cancel()
        forget()
