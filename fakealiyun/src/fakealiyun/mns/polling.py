"""Receives that wait for a message."""

from __future__ import annotations

import asyncio
import contextlib

from fakealiyun.mns.call import MnsCall
from fakealiyun.mns.message import Message


async def receive(call: MnsCall, count: int, seconds: int) -> list[Message]:
    """At most `count` messages, as soon as there is one within `seconds` of cloud time.

    It ends with what there is, be it nothing, when the time is over. For a caller that has gone
    nothing is taken. Raises MnsError QueueNotExist, also when the queue is deleted meanwhile.
    """
    if not seconds:
        return call.queue.receive_up_to(count)
    loop = asyncio.get_running_loop()
    look = asyncio.Event()
    over = False

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
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
