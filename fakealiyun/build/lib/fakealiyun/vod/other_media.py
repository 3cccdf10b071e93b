"""Images and attached media: watermarks, subtitles and materials.

    Uploading --file stored--> Normal

They have no ReferenceId and cannot be refreshed. A valid credential can upload another file for the
same object. This causes another event.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from fakealiyun.clock import Clock
from fakealiyun.oss.state import Storage, StoredObject
from fakealiyun.vod import notifications
from fakealiyun.vod.callbacks.timing import CallbackTiming


@dataclass(frozen=True)
class OtherMedia:
    """An image or an attached media. Immutable. Times are cloud time.

    `size` is in bytes, and 0 before the upload of the file. `purpose` is the ImageType or
    BusinessType.
    """

    media_id: str
    kind: Literal["image", "attached"]
    purpose: str
    extension: str
    bucket: str
    key: str
    app_id: str
    created: float
    modified: float
    title: str = ""
    description: str = ""
    tags: str = ""
    file_name: str = ""
    cate_ids: tuple[int, ...] = ()
    extend: str | None = field(default=None, repr=False)
    callback_url: str | None = field(default=None, repr=False)
    status: Literal["Uploading", "Normal", "UploadFail"] = "Uploading"
    size: int = 0

    @property
    def object_prefix(self) -> None:
        """They have no other objects."""
        return None


class OtherMediaLibrary:
    """All images and attached media of the account. Thread-safe.

    `bucket` contains the files, and `location` is its public host. `timing` announces an event for
    each uploaded file.
    """

    def __init__(
        self, storage: Storage, clock: Clock, bucket: str, location: str, timing: CallbackTiming
    ) -> None:
        self.bucket = bucket
        self._location = location
        self._storage = storage
        self._clock = clock
        self._timing = timing
        self._lock = threading.RLock()
        self._by_id: dict[str, OtherMedia] = {}
        self._by_key: dict[str, str] = {}
        storage.on_stored(self._file_stored)

    def create(self, build: Callable[[str, str, float], OtherMedia]) -> OtherMedia:
        """Add one. `build` gets its id, a unique name for the object key, and the time."""
        with self._lock:
            name = secrets.token_hex(16).upper()
            medium = build(secrets.token_hex(16), name, self._clock.now())
            self._by_id[medium.media_id] = medium
            self._by_key[medium.key] = medium.media_id
        return medium

    def get(self, kind: Literal["image", "attached"], media_id: str) -> OtherMedia | None:
        """The one of that kind and id, or None."""
        found = self._by_id.get(media_id)
        return found if found is not None and found.kind == kind else None

    def delete(self, media: Iterable[OtherMedia]) -> None:
        """Delete media and their objects. A credential stays valid, but its file has no medium."""
        for medium in media:
            with self._lock:
                if self._by_id.pop(medium.media_id, None) is None:
                    continue
                self._by_key.pop(medium.key, None)
            self._storage.delete(medium.bucket, medium.key)

    def all(self) -> list[OtherMedia]:
        """All of them, oldest first."""
        with self._lock:
            return list(self._by_id.values())

    def file_url(self, medium: OtherMedia) -> str:
        """The address of the file: http, and without a signature."""
        return f"http://{self._location}/{medium.key}"

    def reset(self) -> None:
        """Forget all of them. The storage removes the objects."""
        with self._lock:
            self._by_id.clear()
            self._by_key.clear()

    def _file_stored(self, stored: StoredObject) -> None:
        if stored.bucket != self.bucket:
            return
        now = self._clock.now()
        with self._lock:
            media_id = self._by_key.get(stored.key)
            if media_id is None:
                return
            # What the real service does with bytes that are not an image is not documented.
            medium = replace(self._by_id[media_id], status="Normal", size=stored.size, modified=now)
        announce = (
            notifications.image_upload
            if medium.kind == "image"
            else notifications.attached_media_upload
        )
        event = announce(medium, self.file_url(medium), now)
        self._timing.carry_out(lambda: self._publish(medium), event)

    def _publish(self, medium: OtherMedia) -> None:
        with self._lock:
            if medium.media_id in self._by_id:
                self._by_id[medium.media_id] = replace(medium, modified=self._clock.now())
