"""Callers that send requests on a schedule, whether or not the last answers have come.

A caller that waited for each answer would send less as soon as the server is slow, and so hide it.
Every run is bounded by its rate, its seconds and MOST_AT_ONCE, and goes to loopback only.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

ADDRESS = "127.0.0.1"
MOST_AT_ONCE = 400  # requests on their way, of one caller
MOST_SECONDS = 60.0  # of one run
MOST_RATE = 1000.0  # requests a second, of one caller
PATIENCE = 30.0  # seconds for one request with its repeats
REPEATS = 4


@dataclass(frozen=True)
class Caller:
    """A user who asks for plays. ``repeats``: whether it repeats what is throttled, as clients do.

    ``rate``: requests a second.
    """

    token: str
    rate: float
    repeats: bool = True


@dataclass(frozen=True)
class Outcome:
    """One request: the last status, who refused it, seconds with all repeats, and the repeats."""

    status: int
    refused_by: str
    seconds: float
    repeats: int


@dataclass
class Seen:
    """What a caller saw."""

    outcomes: list[Outcome]
    not_sent: int = 0
    """Requests that were due while MOST_AT_ONCE were on their way."""

    def counts(self) -> dict[str, int]:
        """How often each status came, and who refused: `429 vodpass` is ours, `429 FC` FC's."""
        counted = Counter(f"{one.status} {one.refused_by}".strip() for one in self.outcomes)
        return dict(sorted(counted.items()))

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the requests that got a credential had it."""
        taken = sorted(one.seconds for one in self.outcomes if one.status == 200)
        if not taken:
            return float("nan")
        return round(taken[min(len(taken) - 1, int(share * len(taken)))] * 1000, 1)


def run(port: int, video: str, callers: Sequence[Caller], seconds: float) -> list[Seen]:
    """What each caller saw, all of them at the same time for ``seconds``."""
    assert seconds <= MOST_SECONDS  # noqa: S101
    assert all(caller.rate <= MOST_RATE for caller in callers)  # noqa: S101
    return asyncio.run(_run(port, video, callers, seconds))


async def _run(port: int, video: str, callers: Sequence[Caller], seconds: float) -> list[Seen]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://{ADDRESS}:{port}", connector=connector) as session:
        return list(
            await asyncio.gather(*(_call(session, video, caller, seconds) for caller in callers))
        )


async def _call(session: aiohttp.ClientSession, video: str, caller: Caller, seconds: float) -> Seen:
    seen = Seen([])
    under_way: set[asyncio.Task[Outcome]] = set()
    begin = time.monotonic()
    for number in range(int(caller.rate * seconds)):
        await asyncio.sleep(begin + number / caller.rate - time.monotonic())
        if len(under_way) >= MOST_AT_ONCE:
            seen.not_sent += 1
            continue
        task = asyncio.create_task(_request(session, video, caller))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        task.add_done_callback(lambda done: seen.outcomes.append(done.result()))
    if under_way:
        await asyncio.wait(under_way, timeout=PATIENCE)
    return seen


async def _request(session: aiohttp.ClientSession, video: str, caller: Caller) -> Outcome:
    headers = {"Authorization": f"Bearer {caller.token}"}
    begin = time.monotonic()
    status, refused_by, repeats = 0, "", 0
    while True:
        wait: float | None = None
        try:
            async with session.get(f"/play?VideoId={video}", headers=headers) as answer:
                body = await answer.read()
                status = answer.status
                refused_by = _refused_by(status, body)
                wait = float(answer.headers.get("Retry-After", "0")) if status == 429 else None
        except (aiohttp.ClientError, TimeoutError):
            status, refused_by = 0, "no answer"
        again = caller.repeats and repeats < REPEATS and (status in (0, 429) or status >= 500)
        if not again or (wait or 0) > PATIENCE:
            return Outcome(status, refused_by, time.monotonic() - begin, repeats)
        # As our clients wait: as asked, or half a second and more.
        await asyncio.sleep(wait or 0.5 * 2**repeats * random.uniform(0.75, 1.25))  # noqa: S311
        repeats += 1


def _refused_by(status: int, body: bytes) -> str:
    if status == 200:
        return ""
    try:
        problem = json.loads(body)
    except ValueError:
        return "FC"
    if "status" not in problem:
        return "FC"
    return "limit" if "Limit" in problem else "vodpass"
