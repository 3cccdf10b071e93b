"""The assets of the account and their status machine.

    Uploading --file stored--> UploadSucc --no transcoding, plays as it is--> Normal
                               UploadSucc --no transcoding, does not play---> UploadSucc
                               UploadSucc --template group transcodes-------> Transcoding
                               Transcoding --> Normal | TranscodeFail

A valid credential can upload another file for the same object. The asset then goes through the same
statuses again. Whether the real service shows the earlier statuses then is not documented.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import Clock
from fakealiyun.oss.state import Storage, StoredObject
from fakealiyun.vod import notifications
from fakealiyun.vod.callbacks.timing import CallbackTiming
from fakealiyun.vod.container import fits, read_container
from fakealiyun.vod.extensions import PLAYABLE
from fakealiyun.vod.media import Job, Media, Source, Status, Stream
from fakealiyun.vod.mp4 import read_picture
from fakealiyun.vod.settings import VodSettings


class ReferenceIdTaken(Exception):
    """Another video has the ReferenceId. That video may be deleted."""


class Library:
    """All assets of the account. Thread-safe.

    `settings` returns the current ones. `bucket` contains the uploaded files, and `location` is its
    public host. `timing` announces the events.
    """

    def __init__(
        self,
        settings: Callable[[], VodSettings],
        storage: Storage,
        clock: Clock,
        bucket: str,
        location: str,
        timing: CallbackTiming,
    ) -> None:
        self.bucket = bucket
        self._location = location
        self.events = timing.events
        self._timing = timing
        self._settings = settings
        self._storage = storage
        self._clock = clock
        self._lock = threading.RLock()
        self._sequence = 0
        self._by_id: dict[str, Media] = {}
        self._by_key: dict[str, str] = {}
        self._by_reference: dict[str, str] = {}
        self._references: set[str] = set()
        storage.on_stored(self._file_stored)

    def create(self, build: Callable[[str, str, float, int], Media]) -> Media:
        """Add an asset. Raises ReferenceIdTaken.

        `build` gets the VideoId, a unique name for the object, the time and the sequence
        number. Whether ReferenceIds are case-sensitive is not documented. A ReferenceId that only
        differs in case from an existing one is refused.
        """
        with self._lock:
            self._sequence += 1
            now = self._clock.now()
            stem = f"{secrets.token_hex(4)}-{int(now * 1000):011x}"
            media = build(secrets.token_hex(16), stem, now, self._sequence)
            if media.reference_id is not None:
                folded = media.reference_id.casefold()
                if folded in self._references:
                    raise ReferenceIdTaken
                self._references.add(folded)
                self._by_reference[media.reference_id] = media.video_id
            self._by_id[media.video_id] = media
            self._by_key[media.key] = media.video_id
        self._timing.announce(notifications.base_change(media, "create", now))
        return media

    def get(self, video_id: str) -> Media | None:
        """The asset of that id, or None."""
        return self._by_id.get(video_id)

    def get_by_reference(self, reference_id: str) -> Media | None:
        """The asset with exactly that ReferenceId, or None."""
        with self._lock:
            video_id = self._by_reference.get(reference_id)
            return None if video_id is None else self._by_id.get(video_id)

    def all(self) -> list[Media]:
        """All assets, oldest first."""
        with self._lock:
            return list(self._by_id.values())

    def delete(self, video_ids: Iterable[str]) -> None:
        """Delete assets and their objects.

        A credential for such an asset stays valid, but a file that it uploads belongs to no asset.
        """
        for video_id in video_ids:
            with self._lock:
                media = self._by_id.pop(video_id, None)
                if media is None:
                    continue
                self._by_key.pop(media.key, None)
                if media.reference_id is not None:
                    self._by_reference.pop(media.reference_id, None)
                    if not self._settings().reference_ids_outlive_videos:
                        self._references.discard(media.reference_id.casefold())
            for key in self._objects_of(media):
                self._storage.delete(media.bucket, key)
            now = self._clock.now()
            self._timing.announce(notifications.base_change(media, "delete", now))
            self._timing.announce(notifications.deletion(media, now))

    def _objects_of(self, media: Media) -> list[str]:
        prefix = media.object_prefix
        if prefix is None:
            return [media.key]
        stored = (one.key for one in self._storage.objects(media.bucket))
        return [key for key in stored if key.startswith(prefix)]

    def reset(self) -> None:
        """Forget all assets and events. The storage removes the objects."""
        with self._lock:
            self._by_id.clear()
            self._by_key.clear()
            self._by_reference.clear()
            self._references.clear()
            self.events.reset()

    # -- the status machine

    def _file_stored(self, stored: StoredObject) -> None:
        """A put or a completed multipart upload took effect in OSS."""
        if stored.bucket != self.bucket:
            return
        family = read_container(stored.path)
        picture = read_picture(stored.path)
        with self._lock:
            video_id = self._by_key.get(stored.key)
            if video_id is None:
                return
            known = self._by_id[video_id]
            known = self._by_id[video_id] = replace(known, generation=known.generation + 1)
        source = Source(stored.size, stored.md5, picture, family)
        media = replace(known, status="UploadSucc", source=source, streams=())
        event = notifications.file_upload(media, self._file_url(media), self._clock.now())
        self._timing.carry_out(
            lambda: self._become(media), event, then=lambda: self._process(media, family)
        )

    def _process(self, media: Media, family: str | None) -> None:
        definitions = self._settings().template_groups[media.template_group_id].definitions
        if definitions:
            with self._lock:
                if not self._is_current(media):
                    return
                media = self._change(media.video_id, status="Transcoding")
            # A transcoder looks at the content, not at the name. The real transcode of a file that
            # is not video or audio fails with TranscodeFail.
            started, good = self._clock.now(), family is not None
            jobs = {definition: secrets.token_hex(16) for definition in definitions}
            self._later(
                self._settings().transcode_seconds,
                lambda: self._finish_transcode(media, jobs, started, good=good),
            )
        elif media.extension in PLAYABLE and fits(family, media.extension):
            self._later(self._settings().settle_seconds, lambda: self._publish(media))
        # Otherwise it stays UploadSucc: the file is there, but no playable stream. If the content
        # does not match the extension and nothing is transcoded, the real status is not documented.
        # UploadFail is said never to appear for resumable uploads.

    def transcode(self, video_id: str, definitions: tuple[str, ...], job: Job) -> tuple[str, ...]:
        """Start a transcode of an uploaded file, in addition to what it has. Returns the JobIds.

        The asset keeps its status if it is Normal. Whether the real one does is not documented.
        """
        with self._lock:
            media = self._by_id[video_id]
            if media.status != "Normal":
                media = self._change(video_id, status="Transcoding")
        started, good = self._clock.now(), media.source is not None and bool(media.source.family)
        jobs = {definition: secrets.token_hex(16) for definition in definitions}
        self._later(
            self._settings().transcode_seconds,
            lambda: self._finish_transcode(media, jobs, started, good=good, job=job),
        )
        return tuple(jobs.values())

    def _publish(self, media: Media) -> None:
        now = self._clock.now()
        stream = Stream("OD", media.extension, secrets.token_hex(16), now, now)
        with self._lock:
            if self._is_current(media):
                self._change(media.video_id, status="Normal", streams=(stream,))

    def _finish_transcode(
        self,
        media: Media,
        jobs: Mapping[str, str],
        started: float,
        *,
        good: bool,
        job: Job | None = None,
    ) -> None:
        """Publish a stream for each definition in `jobs`. `job`: what was asked for separately."""
        now = self._clock.now()
        form = "mp3" if media.media_type == "audio" else "mp4"
        streams = tuple(Stream(d, form, job_id, started, now) for d, job_id in jobs.items())
        status: Status = "Normal" if good or media.status == "Normal" else "TranscodeFail"
        if not self._is_current(media):
            return
        kept = () if job is None else self._by_id[media.video_id].streams
        done = replace(media, status=status, streams=(*kept, *streams) if good else kept)
        told = done if job is None else done.told_by(job)
        outcome: notifications.Outcome = "success" if good else "fail"
        url = self._file_url(media)
        self._timing.carry_out(
            lambda: self._become(done),
            *(notifications.stream_transcode(told, s, outcome, url, now) for s in streams),
            notifications.workflow_task(told, outcome, now)
            if media.workflow_id is not None and job is None
            else notifications.transcode(told, streams, outcome, url, now),
        )

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        if seconds > 0:
            self._clock.call_at(self._clock.now() + seconds, action)
        else:
            action()

    def _become(self, media: Media) -> None:
        """Give the asset the status, file and streams of `media`, unless a newer file arrived."""
        with self._lock:
            if self._is_current(media):
                self._change(
                    media.video_id,
                    status=media.status,
                    source=media.source,
                    streams=media.streams,
                )

    def _is_current(self, media: Media) -> bool:
        known = self._by_id.get(media.video_id)
        return known is not None and known.generation == media.generation

    def _change(self, video_id: str, **changes: Any) -> Media:
        media = replace(self._by_id[video_id], modified=self._clock.now(), **changes)
        self._by_id[video_id] = media
        return media

    def _file_url(self, media: Media) -> str:
        """The address of the file in events: http, and without a signature."""
        return f"http://{self._location}/{media.key}"
