"""Looks after uploads under way, by a timer: what VOD has no event for.

Each run starts from what VOD lists and the clock, and keeps no state: a run that is lost, late or
doubled changes nothing in the ids of what the app gets to see. An event whose time has come is
sent in every run for LOOK_BACK seconds, under one id, so that an hour without a run loses none.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

from shared.alibaba.client import Session, utc_text
from shared.alibaba.vod import (
    AWAITING_FILE,
    CREDENTIAL_LIFE,
    UPLOAD_FAILED,
    VOD,
    IllegalStatus,
    NotFoundAtVod,
    Video,
    Vod,
)
from shared.config.settings import Settings
from shared.errors import Refusal, UploadFinished, UploadWindowClosed, VideoNotFound
from shared.events import callback as notice
from shared.events import event as news
from shared.events import recheck as settling
from shared.events.recheck import FirstLook, Memory
from shared.events.webhook import Event, NotDelivered, Webhook
from shared.runtime import log as audit
from shared.runtime.instance import Instance, deadline
from shared.uploads import renew as uploads

RUN_SECONDS = 240.0  # for one run; the function's own timeout may allow less
MAX_VIDEOS = 5000  # looked at in one run: 50 calls, and as far as GetVideoList may reach
EVERY = 300  # seconds between two runs
# Seconds between two renewals. The first credential then has 600 s left, and so has each that was
# renewed in time: at the same point of every CREDENTIAL_LIFE instead, the next would be due only
# when the last has ended.
RENEW_EVERY = 2400
LOOK_BACK = 4200  # seconds for which an event that is due is sent again
CLEANUP_AFTER = CREDENTIAL_LIFE + 600  # seconds after the window: no credential is alive then
COMPLETED = ("UploadSucc", "Transcoding", "TranscodeFail", "Checking", "Blocked", "Normal")
COMPARE_WITHIN = 3600  # seconds; a source that VOD has not shown by then it may have deleted
_ENOUGH = 5.0  # seconds that must be left for another video


class RunFailed(Exception):
    """Raised to the trigger, so that it tries again; the text is constant."""


class Run:
    """One run: the cloud, the receivers, and what came of it."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings
        self._vod = Vod(session)
        self.looked_at = 0
        self.left_over = 0
        self.failed = 0
        self.sent: dict[str, int] = {}

    def sweep(self) -> None:
        """Look after every upload that may have something due. Raises a Refusal."""
        jobs, window = self._settings.watch, self._settings.upload_window
        if jobs & {"expiring", "abandoned"}:
            reach = window + CLEANUP_AFTER + LOOK_BACK
            for video in self._listed((AWAITING_FILE, UPLOAD_FAILED), reach):
                self._guarded(video)
        if "completed" in jobs:
            for video in self._listed(COMPLETED, window + LOOK_BACK):
                self._guarded(video)
            _runs_before[:] = [True]

    def look_after(self, video_id: str) -> None:
        """The same for one video. Raises a Refusal; a video that is gone needs nothing."""
        try:
            video = self._vod.video(video_id=video_id)
        except NotFoundAtVod:
            return
        self._guarded(video)

    def _listed(self, statuses: tuple[str, ...], reach: int) -> Iterator[Video]:
        page, seen, total = 1, 0, 1
        now = self._session.cloud_time()
        # The earlier of both clocks: too many videos are looked at, rather than too few.
        since = min(time.time(), now) - reach
        # From either end in turn, so that what one run cannot reach does not wait for ever.
        oldest_first = int(now) // EVERY % 2 == 0
        while seen < total:
            videos, total = self._vod.videos(statuses, since, page, oldest_first=oldest_first)
            if not videos:
                return
            for video in videos:
                if self.looked_at >= MAX_VIDEOS or self._session.left < _ENOUGH:
                    self.left_over += total - seen
                    return
                seen += 1
                self.looked_at += 1
                yield video
            page += 1

    def _guarded(self, video: Video) -> None:
        """One video's trouble must not keep the others waiting."""
        if news.sealed(video, self._settings) is None:
            return
        try:
            self._tend(video)
        except (Refusal, NotDelivered, NotFoundAtVod, IllegalStatus):
            self.failed += 1

    def _tend(self, video: Video) -> None:
        jobs, window = self._settings.watch, self._settings.upload_window
        if video.status == UPLOAD_FAILED:
            for kind in news.verdict(video.status) if "abandoned" in jobs else ():
                self._send(news.of_video(self._settings, kind, video))
            return
        if video.status != AWAITING_FILE:
            if "completed" in jobs and video.status in COMPLETED:
                self._complete(video)
            return
        if "expiring" in jobs:
            self._keep_alive(video)
        if "abandoned" in jobs and video.age > window:
            self._abandon(video)

    def _complete(self, video: Video) -> None:
        """Tell what became of a finished upload, where the app may not know yet."""
        seen = (video.video_id, video.size, video.status)
        if seen in _completed:
            return
        video = self._vod.with_source(video)
        kinds = [news.completion(video, self._settings), *news.verdict(video.status)]
        events = [news.of_video(self._settings, kind, video) for kind in kinds]
        forgotten = None
        if self._may_change(video):
            forgotten = _MEMORY.keep(self._settings, events, video.now, self._session.left)
        for event in events:
            self._send(event)
        if forgotten is not None:
            raise forgotten
        if len(_completed) >= _REMEMBERED:
            _completed.clear()
        _completed.add(seen)

    def _may_change(self, video: Video) -> bool:
        """Whether a credential for a finished upload may be alive: else every new instance would
        have all of a day's uploads looked at again. VOD does not say when an upload finished."""
        touched = max(video.created_at, video.modified_at or 0.0)
        return bool(_runs_before) or video.now - touched < news.SETTLING

    def settle(self, first: FirstLook) -> None:
        """Look at an upload again, as was left word. Raises a Refusal."""
        try:
            video = self._vod.video(video_id=first.video_id)
        except NotFoundAtVod:
            return
        if video.now < first.due or (first.settled and video.status == AWAITING_FILE):
            self.failed += 1  # too early: it comes again
            return
        if first.settled:
            video = self._vod.with_source(video)
            lacking = first.file_md5 is not None and video.file_md5 is None
            if lacking and video.now < first.due + COMPARE_WITHIN:
                self.failed += 1  # told before, and now not: no comparison yet
                return
        try:
            for event in news.settled(first, video, self._settings):
                self._send(event)
        except NotDelivered:
            self.failed += 1

    def _keep_alive(self, video: Video) -> None:
        """A credential is about to end: tell the client, or bring it a new one.

        What was due within the window is told even after it, where no run came in time.
        """
        renewing, window = bool(self._settings.credential_webhook_url), self._settings.upload_window
        newest = int(video.age // RENEW_EVERY) - 1
        for period in range(max(0, newest - 1), newest + 1):
            due = RENEW_EVERY * (period + 1)
            if due >= window or not due <= video.age < due + LOOK_BACK:
                continue
            if not renewing:
                self._send(self._expiring(video, period))
            elif period == newest and video.age <= window:
                # An older credential is of no use to anybody by now.
                self._renew(video, period)

    def _expiring(self, video: Video, period: int) -> Event:
        ends = video.created_at + RENEW_EVERY * period + CREDENTIAL_LIFE
        data = {**news.data_of(video, self._settings), "ExpireUTCTime": utc_text(ends)}
        return self._event("upload.expiring", video, (str(period),), data)

    def _renew(self, video: Video, period: int) -> None:
        event = self._event("upload.refreshed", video, (str(period),), {})
        if event.event_id in _delivered:
            return
        try:
            credential = uploads.renew(self._vod, video, self._settings.upload_window)
        except (UploadFinished, UploadWindowClosed, VideoNotFound):
            return
        data = {
            **news.data_of(video, self._settings),
            **uploads.answer(credential, "VideoId", event.event_id),
        }
        renewed = self._event("upload.refreshed", video, (str(period),), data)
        self._send(renewed, credentials=True)

    def _abandon(self, video: Video) -> None:
        overdue = video.age - self._settings.upload_window
        if overdue < LOOK_BACK:
            data = news.data_of(video, self._settings)
            self._send(self._event("upload.abandoned", video, (), data))
        if overdue > CLEANUP_AFTER and self._settings.cleanup != "off":
            self._clean_up(video)

    def _clean_up(self, video: Video) -> None:
        """Delete an abandoned video, after a fresh look; a dry run only says so."""
        try:
            now = self._vod.video(video_id=video.video_id)
        except NotFoundAtVod:
            return
        unchanged = now.status == AWAITING_FILE and now.reference_id == video.reference_id
        if not unchanged or news.sealed(now, self._settings) is None:
            return
        if self._settings.cleanup == "delete":
            with contextlib.suppress(NotFoundAtVod):  # another run, or this one's lost answer
                self._vod.delete_video(video.video_id)
        audit.write(function="watch", clean_up=self._settings.cleanup, VideoId=video.video_id)

    def _event(
        self, kind: str, video: Video, facts: tuple[str, ...], data: dict[str, Any]
    ) -> Event:
        return news.event(self._settings, kind, video.video_id, facts, data, video.now)

    def _send(self, event: Event, *, credentials: bool = False) -> None:
        if event.event_id in _delivered:
            return
        receiver = _receiver(self._settings, credentials=credentials)
        receiver.deliver(event, max(0.0, self._session.left))
        if len(_delivered) >= _REMEMBERED:
            _delivered.clear()
        _delivered.add(event.event_id)
        kind = str(event.content["type"])
        self.sent[kind] = self.sent.get(kind, 0) + 1


_REMEMBERED = 20_000
_delivered: set[str] = set()
"""Ids this instance has delivered. It only spares the app repeats; another instance, or this one
after a restart, sends them again."""

_completed: set[tuple[str, int, str]] = set()
"""Finished uploads (VideoId, size, status) of which this instance has told all there is."""

_runs_before: list[bool] = []
"""Not empty once this instance knows which uploads had finished before."""

_receivers: dict[bool, Webhook] = {}


def _receiver(settings: Settings, *, credentials: bool) -> Webhook:
    if credentials not in _receivers:
        private = settings.webhook_private or settings.local
        if credentials:
            url, secrets = settings.credential_webhook_url, settings.credential_webhook_secrets
        else:
            url, secrets = settings.webhook_url, settings.webhook_secrets
        _receivers[credentials] = Webhook(url, secrets, private=private)
    return _receivers[credentials]


_INSTANCE = Instance("watch", VOD)
_MEMORY = Memory(_INSTANCE)


def handler(event: bytes, context: Any) -> None:
    """FC's entry: a timer's event starts a run, the queue's messages name single videos.

    Never returns anything: what a function returns, a caller could have stored. Raises RunFailed.
    """
    _INSTANCE.begin(context)
    due = deadline(context, RUN_SECONDS)
    line: dict[str, Any] = {"function": "watch"}
    code = "OK"
    try:
        run = Run(_INSTANCE.session(due), _INSTANCE.require_settings())
        parsed = json.loads(event)
        if isinstance(parsed, dict) and "triggerName" in parsed:
            run.sweep()
        else:
            code = _answer(run, parsed)
    except Refusal as refusal:
        audit.write(**line, code=refusal.code, cold=_INSTANCE.was_cold())
        raise RunFailed("the run did not end") from None
    except IllegalStatus:
        audit.write(**line, code="IllegalStatus", cold=_INSTANCE.was_cold())
        raise RunFailed("the run did not end") from None
    except (ValueError, RecursionError):
        audit.write(**line, code="InvalidRequest", cold=_INSTANCE.was_cold())
        raise RunFailed("the event cannot be read") from None
    line.update(looked_at=run.looked_at, sent=run.sent or None, left_over=run.left_over or None)
    audit.write(**line, failed=run.failed or None, code=code, cold=_INSTANCE.was_cold())
    if run.failed or code != "OK":
        raise RunFailed("not every video was looked after")


def _answer(run: Run, event: Any) -> str:
    """Do what queue messages ask for, each for itself. The code of what went wrong, or OK."""
    codes = [_answered(run, *message) for message in notice.from_queue(event)]
    return next((code for code in codes if code != "OK"), "OK")


def _answered(run: Run, message_id: str, text: str) -> str:
    try:
        _do(run, message_id, text)
    except Refusal as refusal:
        return refusal.code
    except IllegalStatus:
        return "IllegalStatus"
    except (ValueError, RecursionError):
        return "InvalidRequest"
    return "OK"


def _do(run: Run, message_id: str, text: str) -> None:
    """Raises ValueError for a message that asks for nothing known, and what a Run raises."""
    first = settling.unseal(_INSTANCE.require_settings(), text)
    if first is not None:
        run.settle(first)
        return
    try:
        received = notice.read(text, message_id)
    except notice.UnreadableNotice:
        run.look_after(notice.video_id_in(text))
        return
    if received.kind == "video" and received.media_id is not None:
        run.look_after(received.media_id)
