"""What VOD first said of a finished upload, kept until the file has settled.

Until its last credential has expired, an upload may be written again. So what was announced goes,
under a MAC, into a message that the watch's queue keeps back until then; the watch compares it
with what VOD says now. There is no table, and what somebody else puts into the queue is no memory.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.alibaba.client import epoch, utc_text
from shared.alibaba.queue import Queue
from shared.auth import ownership as owner
from shared.config.settings import Settings
from shared.errors import Refusal
from shared.events.webhook import Event
from shared.runtime.instance import Instance

COMPLETIONS = frozenset({"upload.completed", "upload.rejected"})
SOON = 60
"""Seconds after which a video is looked at again that awaits neither transcoding nor review, and
yet is not playable: VOD announces nothing more of it. Its file may change still, and is not
compared."""

_REMEMBERED = 20_000
_UNDECIDED = "UploadSucc"
_MEMBER = "Settling"


@dataclass(frozen=True)
class FirstLook:
    """What was announced: ``size`` in bytes, ``status`` VOD's own; ``due`` (epoch seconds by
    VOD's clock) is when to look again. ``settled``: the file can then be compared."""

    video_id: str
    size: int
    file_md5: str | None
    status: str
    due: int
    settled: bool = True


class NoMemory(ValueError):
    """The message claims to be a first look, and is none of ours."""


class Memory:
    """Has the watch look again at finished uploads. Made once an instance, so that its connection
    is kept."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._queue: Queue | None = None
        self._kept: set[tuple[str, int, str | None, bool]] = set()

    def keep(
        self, settings: Settings, events: Iterable[Event], now: float, left: float
    ) -> Refusal | None:
        """Remember the finished uploads among ``events``, each until it has settled, and what an
        instance has remembered once never again: an event repeated is no new file.

        ``now`` is epoch seconds by VOD's clock; no message takes more than a third of ``left``
        (seconds). What prevents it is returned, not raised: the app is to have its news first,
        since VOD gives up by HTTP before a queue can be mended. Without a queue nothing is kept.
        """
        if not settings.watch_queue:
            return None
        try:
            for delay, first in _looks(events, now):
                facts = (first.video_id, first.size, first.file_md5, first.settled)
                if facts in self._kept:
                    continue
                self._to(settings).send(seal(settings, first), delay, left / 3)
                if len(self._kept) >= _REMEMBERED:
                    self._kept.clear()
                self._kept.add(facts)
        except Refusal as refusal:
            return refusal
        return None

    def _to(self, settings: Settings) -> Queue:
        if self._queue is None:
            url = f"http://{settings.mns_endpoint}"
            if not settings.mns_endpoint:
                account_id = self._instance.account_id
                url = f"https://{account_id}.mns.{settings.region}.aliyuncs.com"
            self._queue = Queue(f"{url}/queues/{settings.watch_queue}", self._instance.role)
        return self._queue


def _looks(events: Iterable[Event], now: float) -> Iterator[tuple[int, FirstLook]]:
    """What to remember, and for how many seconds."""
    for event in events:
        if event.content["type"] not in COMPLETIONS:
            continue
        data = event.content["data"]
        video_id, status = data["VideoId"], data["Status"]
        times = [(epoch(data["SettlesAt"]) or now, True)]
        if status == _UNDECIDED:
            times.append((now + SOON, False))
        for due, settled in times:
            # A second more: a message must not come before it is due.
            delay = math.ceil(due - now) + 1
            size, md5 = data["Size"], data["FileMD5"]
            yield delay, FirstLook(video_id, size, md5, status, int(due), settled)


def seal(settings: Settings, first: FirstLook) -> str:
    """The message. Its ``VideoId`` alone is what an app would ask the watch with."""
    key = settings.owner_keys[0]
    values = _values(first)
    sealed = {**values, "k": key.key_id, "m": _mac(settings, key.key_id, first.video_id, values)}
    return json.dumps({"VideoId": first.video_id, _MEMBER: sealed})


def unseal(settings: Settings, text: str) -> FirstLook | None:
    """The first look in a message; None where it is a message of another kind. Raises NoMemory."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or _MEMBER not in message:
        return None
    try:
        sealed = dict(message[_MEMBER])
        key_id, mac = str(sealed.pop("k")), str(sealed.pop("m"))
        genuine = _mac(settings, key_id, message["VideoId"], sealed)
        if not hmac.compare_digest(genuine.encode("ascii"), mac.encode("utf-8")):
            raise NoMemory
        return FirstLook(
            message["VideoId"],
            sealed["Size"],
            sealed["FileMD5"],
            sealed["Status"],
            int(epoch(sealed["Due"]) or 0),
            sealed["Settled"],
        )
    except (ValueError, KeyError, TypeError, StopIteration):
        raise NoMemory from None


def _values(first: FirstLook) -> dict[str, Any]:
    return {
        "Size": first.size,
        "FileMD5": first.file_md5,
        "Status": first.status,
        "Due": utc_text(first.due),
        "Settled": first.settled,
    }


def _mac(settings: Settings, key_id: str, video_id: str, values: dict[str, Any]) -> str:
    key = next(key for key in settings.owner_keys if key.key_id == key_id)
    alias = settings.issuer_alias
    return owner.sign(key, "settling", alias, video_id, owner.canonical(values))
