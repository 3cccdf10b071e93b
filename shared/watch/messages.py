"""Handles the messages in the queue of `watch`: rechecks, and requests of the app."""

from __future__ import annotations

from typing import Any

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.records import AWAITING_FILE, Video
from shared.errors import Refusal
from shared.events import callback
from shared.events.confirmation import decide
from shared.events.recheck import FirstLook, changes, unseal
from shared.events.webhook import NotDelivered
from shared.runtime import log
from shared.runtime.queue_trigger import messages
from shared.watch.run import Run
from shared.watch.sweep import COMPLETED, look_after, look_at_completed

COMPARE_WITHIN = 3600  # seconds; VOD may have deleted a source file that it has not shown by then


def handle(run: Run, event: Any) -> str:
    """Handles each message by itself. Returns the code of a fault, or OK."""
    codes = [_handled(run, text) for _, text in messages(event)]
    if not codes:
        return "InvalidRequest"  # the trigger sends no empty list
    return next((code for code in codes if code != "OK"), "OK")


def _handled(run: Run, text: str) -> str:
    """Handles one message. Returns the code of a fault, or OK."""
    try:
        _handle(run, text)
    except Refusal as refusal:
        return refusal.code
    except (ValueError, RecursionError):
        return "InvalidRequest"
    except Exception as fault:  # noqa: BLE001  the other messages must not wait for this one
        log.write(function="watch", code="Misconfigured", fault=type(fault).__name__)
        return "Misconfigured"
    return "OK"


def _handle(run: Run, text: str) -> None:
    """Handles a message: of a recheck, of VOD, or of the app. Raises ValueError or a Refusal."""
    first = unseal(run.settings, text)
    if first is not None:
        recheck(run, first)
        return
    try:
        received = callback.read(text)
    except callback.UnreadableCallback:
        look_after(run, callback.video_id_in(text))
        return
    if received.media_type == "video" and received.media_id is not None:
        look_after(run, received.media_id)


def recheck(run: Run, first: FirstLook) -> None:
    """Looks again at an upload, and sends what has changed since ``first``. Raises a Refusal.

    If it is too early, it counts a fault: SMQ then delivers the message again.
    """
    try:
        video = run.vod.video(video_id=first.video_id)
    except NotFoundAtVod:
        return
    if video.now < first.due or (first.settled and video.status == AWAITING_FILE):
        run.failed += 1  # too early
        return
    if first.tries and decide("TranscodeComplete", video.status) == "wait":
        # VOD has still not changed the Status that its callback announced.
        tries, left = first.tries + 1, run.session.left
        run.memory.rechecks.schedule_next_try(run.settings, video, tries, left)
        return
    if first.tries and first.status == AWAITING_FILE and video.status in COMPLETED:
        look_at_completed(run, video)
        return
    if first.settled:
        video = run.vod.with_source(video)
        if _lacks_md5(first, video) and video.now < first.due + COMPARE_WITHIN:
            run.failed += 1  # too early
            return
    try:
        for event in changes(first, video, run.settings):
            run.send(event)
    except NotDelivered:
        run.failed += 1
        return
    if first.settled and not first.late:
        run.memory.rechecks.schedule_late(run.settings, video, run.session.left)


def _lacks_md5(first: FirstLook, video: Video) -> bool:
    """Whether VOD gave the MD5 of the file before, and does not now."""
    return first.file_md5 is not None and video.file_md5 is None
