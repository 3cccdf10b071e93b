"""Counts in the memory of one instance: what the script does in the store.

It serves a deployment without a store, and one whose store is away.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.limits.script import (
    AGAIN,
    BUCKETS,
    DONE,
    FORGOTTEN_AT_ONCE,
    LIFE,
    MOST_UPLOADS,
    NEW,
    REMEMBERED,
)

MOST_USERS = 10_000


class _User:
    """What is counted of one user. The members are those of the keys in the store."""

    def __init__(self) -> None:
        self.rates: dict[str, list[list[int]]] = {}
        self.slots: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self.before: dict[str, float] = {}
        self.slot_of: dict[str, str] = {}
        self.video_of: dict[str, str] = {}

    def drop(self, slot: str) -> None:
        """Forgets an upload."""
        self.slots.pop(slot, None)
        self.counts.pop(slot, None)
        self.before.pop(slot, None)
        video = self.video_of.pop(slot, None)
        if video is not None:
            self.slot_of.pop(video, None)


class Memory:
    """The counts of the users that this instance saw last, MOST_USERS of them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._users: dict[str, _User] = {}

    def ask(self, user: str, question: Mapping[str, Any]) -> str:
        """The answer that the script gives to the same question."""
        known = self._users.pop(user, None) or _User()
        self._users[user] = known  # now the last one
        if len(self._users) > MOST_USERS:
            del self._users[next(iter(self._users))]
        now = self._clock()
        if "op" in question:
            _note(known, question, now)
            return DONE
        return _count(known, question, now)


def _note(user: _User, question: Mapping[str, Any], now: float) -> None:
    video = question.get("video")
    slot = question.get("slot") or user.slot_of.get(str(video), str(video))
    if question["op"] == "drop":
        if slot not in user.counts:
            user.drop(slot)
    elif question["op"] in ("end", "back"):
        before = user.before.get(slot, 0.0) if question["op"] == "back" else 0.0
        if slot in user.slots:
            user.slots[slot] = min(user.slots[slot], max(now - LIFE, before))
    elif question["op"] == "touch":
        if slot in user.slots:
            user.slots[slot] = now
    elif video != slot and slot in user.slots:
        count = user.counts.get(str(video), 0)
        if count:
            user.counts[slot] = user.counts.get(slot, 0) + count
        user.drop(str(video))
        user.slot_of[str(video)], user.video_of[slot] = slot, str(video)


def _count(user: _User, question: Mapping[str, Any], now: float) -> str:
    """Counts a request. Returns NEW or AGAIN, or else the limit reached and the seconds to wait."""
    refused: list[tuple[float, str]] = []
    slot, again = None, False
    if "slot" in question or "video" in question:
        _forget(user, now, keep_open="open" in question)
        video = question.get("video", "")
        slot = question.get("slot") or user.slot_of.get(video, video)
        again = slot in user.slots or "video" in question
        refused += _refused_upload(user, question, slot, now, again=again)
    counted = {}
    for name, most, period, cost in question["again" if again else "rates"]:
        bucket = math.floor(now / (period / BUCKETS))
        kept = [pair for pair in user.rates.get(name, ()) if pair[0] >= bucket - BUCKETS]
        counted[name] = kept
        over = sum(count for _, count in kept) + cost - most
        if over > 0:
            refused.append((_wait(kept, over, period, now), name))
        else:
            _add(kept, bucket, cost)
    if refused:
        seconds, name = max(refused, key=lambda one: one[0])
        return f"{name} {max(1, math.ceil(seconds))}"
    user.rates.update(counted)
    if slot is not None:
        if again:
            user.counts[slot] = user.counts.get(slot, 0) + 1
            user.before[slot] = user.slots.get(slot, 0.0)
        user.slots[slot] = now
    return AGAIN if again else NEW


def _forget(user: _User, now: float, *, keep_open: bool) -> None:
    """Forgets the uploads of more than a day ago, and the oldest ones if there are too many."""
    for old in [old for old, last in user.slots.items() if last <= now - REMEMBERED]:
        user.drop(old)
    if len(user.slots) >= MOST_UPLOADS:
        upto = now - LIFE if keep_open else math.inf
        oldest = sorted((last, old) for old, last in user.slots.items() if last <= upto)
        for _, old in oldest[:FORGOTTEN_AT_ONCE]:
            user.drop(old)


def _refused_upload(
    user: _User, question: Mapping[str, Any], slot: str, now: float, *, again: bool
) -> list[tuple[float, str]]:
    """The limits of uploads that are reached, each with the seconds to wait."""
    refused = []
    last = user.slots.get(slot)
    most = question.get("open")
    if most and (last is None or last <= now - LIFE):
        opened = sorted(one for one in user.slots.values() if one > now - LIFE)
        if len(opened) >= most:
            refused.append((opened[len(opened) - most] + LIFE - now, "open_uploads"))
    most = question.get("refreshes")
    if again and most and user.counts.get(slot, 0) >= most:
        since = now if last is None else last
        refused.append((since + REMEMBERED - now, "refreshes_per_video"))
    return refused


def _wait(kept: list[list[int]], over: int, period: int, now: float) -> float:
    """Seconds until enough of the oldest buckets no longer count."""
    for bucket, count in kept:
        over -= count
        if over <= 0:
            return (bucket + BUCKETS + 1) * period / BUCKETS - now
    return period


def _add(kept: list[list[int]], bucket: int, cost: int) -> None:
    if kept and kept[-1][0] >= bucket:
        kept[-1] = [kept[-1][0], kept[-1][1] + cost]
    else:
        kept.append([bucket, cost])
