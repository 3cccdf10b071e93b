"""The recheck: a second look at a finished upload, once every credential for it has expired.

Until then a client may replace the file. So `events` puts the announced facts into a message that
SMQ delays, and `watch` compares them with what VOD says then. No table is needed. The message
carries a MAC, so that nobody else can write one.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.alibaba.queue import Queue
from shared.alibaba.session import epoch, utc_text
from shared.alibaba.vod.records import Video
from shared.auth.mac import canonical, sign
from shared.config.settings import Settings
from shared.events.event import (
    COMPLETIONS,
    Event,
    new_event,
    rejection_reasons,
    result_types,
    video_data,
    video_event,
)
from shared.runtime.instance import Instance
from shared.runtime.seen import Latest

SOON = 60
"""Seconds until a recheck of a video in UploadSucc, for which VOD sends no further callback. Its
file may still change, so this recheck does not compare it."""

MAX_TRIES = 60
"""How many times a video whose callback came before its Status is checked again, SOON apart. After
that, the recheck at ``SettlesAt`` and the timer of `watch` find it."""

_UNDECIDED = "UploadSucc"
_MEMBER = "Settling"


@dataclass(frozen=True)
class FirstLook:
    """What is known of an upload until its recheck.

    ``size`` is in bytes. ``due``: when to recheck, in epoch seconds by VOD's clock. ``settled``:
    whether no credential can replace the file by then, so that it can be compared. ``tries``: for a
    video whose callback came before its Status, which check this is, from 1; else 0. ``late``: this
    is the late recheck.
    """

    video_id: str
    size: int
    file_md5: str | None
    status: str
    due: int
    settled: bool = True
    tries: int = 0
    late: bool = False


class ForgedRecheck(ValueError):
    """The message looks like a recheck, but its MAC is wrong."""


class Rechecks:
    """Schedules rechecks. Made once in an instance, so that its connection is kept."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._queue: Queue | None = None
        self._scheduled = Latest(20_000)
        """What was scheduled, and when it is due."""

    def schedule(
        self, settings: Settings, events: Iterable[Event], now: float, left: float
    ) -> None:
        """Schedules a recheck of each finished upload among ``events``.

        An instance schedules the same recheck only once: a repeated event means no new file.
        ``now`` is epoch seconds by VOD's clock. ``left`` is in seconds; no message takes more than
        a third of it. Without a queue this does nothing. Raises a Refusal if the queue does not
        accept a message.
        """
        if not settings.watch_queue:
            return
        for delay, first in _looks(events, now):
            self._send(settings, first, delay, left)

    def schedule_next_try(
        self,
        settings: Settings,
        video: Video,
        tries: int,
        left: float,
        *,
        once: bool = False,
    ) -> None:
        """Schedules another check of a video whose callback came before its Status, SOON from now.

        ``tries``: which check it is. After MAX_TRIES, or without a queue, this does nothing. An
        instance schedules the same check again only after MAX_TRIES times SOON, when all checks
        for the first callback are over. With ``once`` it never does. Raises a Refusal.
        """
        if not settings.watch_queue or tries > MAX_TRIES:
            return
        first = FirstLook(
            video.video_id,
            video.size,
            video.file_md5,
            video.status,
            int(video.now) + SOON,
            settled=False,
            tries=tries,
        )
        self._send(settings, first, SOON + 1, left, math.inf if once else MAX_TRIES * SOON)

    def schedule_late(self, settings: Settings, video: Video, left: float) -> None:
        """Schedules the late recheck of an upload whose file was compared at ``SettlesAt``.

        OSS judges a request when it receives it, so the body of a slow one may end after that.
        Without a queue, or without VODPASS_LATE_RECHECK, this does nothing. Raises a Refusal.
        """
        if not settings.watch_queue or not settings.late_recheck:
            return
        due = int(video.now) + settings.late_recheck
        seen = FirstLook(video.video_id, video.size, video.file_md5, video.status, due, late=True)
        self._send(settings, seen, settings.late_recheck + 1, left)

    def _send(
        self,
        settings: Settings,
        first: FirstLook,
        delay: int,
        left: float,
        pause: float = math.inf,
    ) -> None:
        """Sends a message, unless this instance sent the same within ``pause`` seconds."""
        facts = (first.video_id, first.size, first.file_md5, first.settled, first.tries, first.late)
        due = self._scheduled.get(facts)
        if due is None or first.due - due > pause:
            self._queue_of(settings).send(seal(settings, first), delay, left / 3)
            self._scheduled.put(facts, first.due)

    def _queue_of(self, settings: Settings) -> Queue:
        """The queue of `watch`. Raises Misconfigured if the function does not know its account."""
        if self._queue is None:
            url = f"http://{settings.mns_endpoint}"
            if not settings.mns_endpoint:
                account_id = self._instance.account_id
                url = f"https://{account_id}.mns.{settings.region}.aliyuncs.com"
            self._queue = Queue(f"{url}/queues/{settings.watch_queue}", self._instance.role)
        return self._queue


def _looks(events: Iterable[Event], now: float) -> Iterator[tuple[int, FirstLook]]:
    """The rechecks that ``events`` need, each with its delay in seconds."""
    for one in events:
        if one.type not in COMPLETIONS:
            continue
        data = one.content["data"]
        video_id, status = data["VideoId"], data["Status"]
        times = [(epoch(data["SettlesAt"]) or now, True)]
        if status == _UNDECIDED:
            times.append((now + SOON, False))
        for due, settled in times:
            # One second more: a message must not arrive before it is due.
            delay = math.ceil(due - now) + 1
            size, md5 = data["Size"], data["FileMD5"]
            yield delay, FirstLook(video_id, size, md5, status, int(due), settled)


def changes(first: FirstLook, video: Video, settings: Settings) -> list[Event]:
    """The events that the app may not know yet, by comparing two looks at an upload.

    ``video`` comes from ``with_source`` if the file is to be compared. If one look lacks the MD5,
    the MD5 decides nothing.
    """
    events, event_types = [], []
    rewritten = first.file_md5 is not None and video.file_md5 not in (None, first.file_md5)
    if first.settled and (rewritten or video.size != first.size):
        data = {**video_data(video, settings), "FileMD5": video.file_md5}
        data["Previous"] = {"Size": first.size, "FileMD5": first.file_md5}
        facts = (str(video.size), video.file_md5 or "")
        events = [new_event(settings, "upload.changed", video.video_id, facts, data, now=video.now)]
        if rejection_reasons(video, settings):
            event_types.append("upload.rejected")
    if events or not result_types(first.status):
        # VOD's callback may have been dropped, or was never sent.
        event_types += result_types(video.status)
    return events + [video_event(settings, event_type, video) for event_type in event_types]


def seal(settings: Settings, first: FirstLook) -> str:
    """The message of a recheck. Its ``VideoId`` alone has the form of an app's own message."""
    key = settings.owner_keys[0]
    values = _values(first)
    sealed = {**values, "k": key.key_id, "m": _mac(settings, key.key_id, first.video_id, values)}
    return json.dumps({"VideoId": first.video_id, _MEMBER: sealed})


def unseal(settings: Settings, text: str) -> FirstLook | None:
    """The first look in a message; None for a message of another kind. Raises ForgedRecheck."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or _MEMBER not in message:
        return None
    try:
        values = dict(message[_MEMBER])
        key_id, mac = str(values.pop("k")), str(values.pop("m"))
        genuine = _mac(settings, key_id, message["VideoId"], values)
        if not hmac.compare_digest(genuine.encode("ascii"), mac.encode("utf-8")):
            raise ForgedRecheck
        return FirstLook(
            message["VideoId"],
            values["Size"],
            values["FileMD5"],
            values["Status"],
            int(epoch(values["Due"]) or 0),
            values["Settled"],
            int(values.get("Tries", 0)),
            bool(values.get("Late", False)),
        )
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        raise ForgedRecheck from None


def _values(first: FirstLook) -> dict[str, Any]:
    values = {
        "Size": first.size,
        "FileMD5": first.file_md5,
        "Status": first.status,
        "Due": utc_text(first.due),
        "Settled": first.settled,
    }
    values |= {"Tries": first.tries} if first.tries else {}
    return {**values, "Late": True} if first.late else values


def _mac(settings: Settings, key_id: str, video_id: str, values: dict[str, Any]) -> str:
    key = next(key for key in settings.owner_keys if key.key_id == key_id)
    return sign(key, "settling", settings.issuer_alias, video_id, canonical(values))
