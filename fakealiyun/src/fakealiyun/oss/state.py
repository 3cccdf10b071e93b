"""What OSS remembers: buckets, objects, unfinished multipart uploads, and the files under them.

The index is in memory, the bytes are files under generated names. An object changes in one step:
readers see the old one or the new one, whatever breaks off half-way.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fakealiyun.oss.cors import CorsRule
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import IncomingFile, file_name

if TYPE_CHECKING:
    from fakealiyun.clock import Clock

_log = logging.getLogger(__name__)
_OURS = re.compile(r"[0-9a-f]{32}\.(incoming|object|part)")
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def is_bucket_name(name: str) -> bool:
    """3 to 63 lower-case letters, digits and hyphens, no hyphen at either end."""
    return _BUCKET_NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class StoredObject:
    """An object as it is now.

    `size` in bytes; `md5` lower-case hexadecimal, of the whole content however it arrived; `etag`
    without quotes (upper-case MD5, or `<hex>-<parts>`); `last_modified` epoch seconds of cloud
    time; `path` the file with the content: read it, never write it, and open it soon, because it
    goes when the object is replaced. `headers` are those kept from the upload, by lower-case name.
    """

    bucket: str
    key: str
    size: int
    md5: str
    etag: str
    content_type: str
    last_modified: float
    path: Path
    crc64: int = 0
    object_type: str = "Normal"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bucket:
    """A bucket: where it is, since when (cloud time), and its cross-origin rules in order."""

    name: str
    region: str
    created: float
    cors: tuple[CorsRule, ...]


@dataclass(frozen=True)
class Part:
    """One uploaded part; `etag` as in StoredObject."""

    number: int
    size: int
    etag: str
    crc64: int
    last_modified: float
    path: Path


@dataclass
class MultipartUpload:
    """An upload under way. It belongs to the object, not to the credential that began it."""

    upload_id: str
    bucket: str
    key: str
    initiated: float
    content_type: str
    headers: Mapping[str, str]
    forbid_overwrite: bool
    parts: dict[int, Part] = field(default_factory=dict)


class Storage:
    """Buckets and their objects, in files under `root`, which one process at a time may use.

    The content does not outlive the process: files a former one left behind are removed.
    Safe to call from any thread.
    """

    def __init__(self, root: Path, clock: Clock) -> None:
        self.folder = root
        self._clock = clock
        self._lock = threading.RLock()
        self._buckets: dict[str, Bucket] = {}
        self._objects: dict[tuple[str, str], StoredObject] = {}
        self._uploads: dict[str, MultipartUpload] = {}
        self._listeners: list[Callable[[StoredObject], None]] = []
        root.mkdir(parents=True, exist_ok=True)
        for entry in root.iterdir():
            if _OURS.fullmatch(entry.name):
                entry.unlink(missing_ok=True)

    # -- buckets

    def create_bucket(self, name: str, region: str, *, cors: Sequence[CorsRule] = ()) -> None:
        """Add a bucket, or set the rules of one that exists.

        `region` is like `cn-shanghai`. As in OSS, a bucket has no cross-origin rules until its
        owner sets some: `cors`, in their order. Raises ValueError for a name that OSS does not
        allow.
        """
        if not is_bucket_name(name):
            raise ValueError(
                "bucket name: 3 to 63 lower-case letters, digits and hyphens, "
                "no hyphen at either end"
            )
        with self._lock:
            known = self._buckets.get(name)
            created = self._clock.now() if known is None else known.created
            self._buckets[name] = Bucket(name, region, created, tuple(cors))

    def bucket(self, name: str) -> Bucket | None:
        """The bucket of that name."""
        return self._buckets.get(name)

    def buckets(self) -> tuple[Bucket, ...]:
        """All buckets, oldest first."""
        with self._lock:
            return tuple(self._buckets.values())

    # -- objects

    def get(self, bucket: str, key: str) -> StoredObject | None:
        """The object as it is now."""
        return self._objects.get((bucket, key))

    def objects(self, bucket: str) -> list[StoredObject]:
        """The bucket's objects in the byte order of their keys."""
        with self._lock:
            found = [item for (name, _), item in self._objects.items() if name == bucket]
        return sorted(found, key=lambda item: item.key.encode())

    def put(
        self,
        bucket: str,
        key: str,
        content: IncomingFile,
        *,
        content_type: str,
        headers: Mapping[str, str],
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Make `content` the object, in one step. Raises OssError FileAlreadyExists."""
        content.close()
        stored = StoredObject(
            bucket=bucket,
            key=key,
            size=content.size,
            md5=content.md5,
            etag=content.md5.upper(),
            content_type=content_type,
            last_modified=self._clock.now(),
            path=self.folder / file_name("object"),
            crc64=content.crc64,
            headers=headers,
        )
        self._install(stored, content, forbid_overwrite)
        return stored

    def append(
        self,
        bucket: str,
        key: str,
        position: int,
        content: IncomingFile,
        *,
        content_type: str,
        headers: Mapping[str, str],
    ) -> StoredObject:
        """Make `content`, which holds the old bytes and the new ones, the appendable object.

        Raises OssError PositionNotEqualToLength if the object is no longer `position` bytes long.
        Listeners are not called: whether VOD takes an append for an upload is not known.
        """
        content.close()
        with self._lock:
            self.check_appendable(bucket, key, position)
            old = self.get(bucket, key)
            stored = StoredObject(
                bucket=bucket,
                key=key,
                size=content.size,
                md5=content.md5,
                etag=content.md5.upper(),
                content_type=content_type if old is None else old.content_type,
                last_modified=self._clock.now(),
                path=self.folder / file_name("object"),
                crc64=content.crc64,
                object_type="Appendable",
                headers=headers if old is None else old.headers,
            )
            self._swap(stored, content)
        return stored

    def check_appendable(self, bucket: str, key: str, position: int) -> None:
        """Raises OssError unless bytes may be appended at `position`."""
        old = self.get(bucket, key)
        if old is not None and old.object_type != "Appendable":
            raise OssError("ObjectNotAppendable")
        length = 0 if old is None else old.size
        if position != length:
            raise OssError(
                "PositionNotEqualToLength",
                headers={"x-oss-next-append-position": str(length)},
            )

    def delete(self, bucket: str, key: str) -> None:
        """Remove the object and its unfinished multipart uploads, if there are any."""
        with self._lock:
            self.delete_object(bucket, key)
            for upload in self.uploads(bucket):
                if upload.key == key:
                    self.abort(upload)

    def delete_object(self, bucket: str, key: str) -> None:
        """Remove the object alone, as DeleteObject does."""
        with self._lock:
            old = self._objects.pop((bucket, key), None)
        if old is not None:
            old.path.unlink(missing_ok=True)

    def on_stored(self, listener: Callable[[StoredObject], None]) -> None:
        """Call `listener` after each put or completed multipart upload, once, when it holds."""
        self._listeners.append(listener)

    def reset(self) -> None:
        """Remove all objects and unfinished uploads. Buckets, their rules and listeners stay."""
        with self._lock:
            for bucket, key in list(self._objects):
                self.delete_object(bucket, key)
            for upload in list(self._uploads.values()):
                self.abort(upload)

    # -- multipart uploads

    def start_upload(
        self,
        bucket: str,
        key: str,
        *,
        content_type: str,
        headers: Mapping[str, str],
        forbid_overwrite: bool = False,
    ) -> MultipartUpload:
        """Begin a multipart upload."""
        upload = MultipartUpload(
            upload_id=secrets.token_hex(16).upper(),
            bucket=bucket,
            key=key,
            initiated=self._clock.now(),
            content_type=content_type,
            headers=headers,
            forbid_overwrite=forbid_overwrite,
        )
        with self._lock:
            self._uploads[upload.upload_id] = upload
        return upload

    def upload(self, bucket: str, key: str, upload_id: str) -> MultipartUpload:
        """The unfinished upload of that object. Raises OssError NoSuchUpload."""
        found = self._uploads.get(upload_id)
        if found is None or (found.bucket, found.key) != (bucket, key):
            raise OssError("NoSuchUpload", details={"UploadId": upload_id})
        return found

    def uploads(self, bucket: str) -> list[MultipartUpload]:
        """The bucket's unfinished uploads, by key, then by time."""
        with self._lock:
            found = [item for item in self._uploads.values() if item.bucket == bucket]
        return sorted(found, key=lambda item: (item.key.encode(), item.initiated))

    def put_part(self, upload: MultipartUpload, number: int, content: IncomingFile) -> Part:
        """Keep a part; one of the same number is replaced. Raises OssError NoSuchUpload."""
        content.close()
        part = Part(
            number=number,
            size=content.size,
            etag=content.md5.upper(),
            crc64=content.crc64,
            last_modified=self._clock.now(),
            path=self.folder / file_name("part"),
        )
        with self._lock:
            self.upload(upload.bucket, upload.key, upload.upload_id)
            content.path.replace(part.path)
            old = upload.parts.get(number)
            upload.parts[number] = part
        if old is not None:
            old.path.unlink(missing_ok=True)
        return part

    def abort(self, upload: MultipartUpload) -> None:
        """Forget the upload and its parts."""
        with self._lock:
            self._uploads.pop(upload.upload_id, None)
        _remove_parts(upload)

    def take_upload(self, upload: MultipartUpload) -> None:
        """End the upload for everybody else, so that one caller alone completes it.

        Raises OssError NoSuchUpload for whoever comes second. What happens to a part that is
        still on its way then is not known of the real service; here it finds no upload.
        """
        with self._lock:
            self.upload(upload.bucket, upload.key, upload.upload_id)
            del self._uploads[upload.upload_id]

    def give_back(self, upload: MultipartUpload) -> None:
        """Undo `take_upload`: the completion failed."""
        with self._lock:
            self._uploads[upload.upload_id] = upload

    def finish_upload(
        self, upload: MultipartUpload, content: IncomingFile, *, etag: str, forbid_overwrite: bool
    ) -> StoredObject:
        """Make the assembled `content` the object. Raises OssError FileAlreadyExists."""
        content.close()
        stored = StoredObject(
            bucket=upload.bucket,
            key=upload.key,
            size=content.size,
            md5=content.md5,
            etag=etag,
            content_type=upload.content_type,
            last_modified=self._clock.now(),
            path=self.folder / file_name("object"),
            crc64=content.crc64,
            object_type="Multipart",
            headers=upload.headers,
        )
        self._install(stored, content, forbid_overwrite)
        _remove_parts(upload)
        return stored

    # -- inside

    def _install(self, stored: StoredObject, content: IncomingFile, forbid_overwrite: bool) -> None:
        with self._lock:
            if forbid_overwrite and (stored.bucket, stored.key) in self._objects:
                raise OssError("FileAlreadyExists")
            self._swap(stored, content)
        for listener in tuple(self._listeners):
            _tell(listener, stored)

    def _swap(self, stored: StoredObject, content: IncomingFile) -> None:
        content.path.replace(stored.path)
        old = self._objects.get((stored.bucket, stored.key))
        self._objects[(stored.bucket, stored.key)] = stored
        if old is not None:
            old.path.unlink(missing_ok=True)


def _remove_parts(upload: MultipartUpload) -> None:
    for part in upload.parts.values():
        part.path.unlink(missing_ok=True)


def _tell(listener: Callable[[StoredObject], None], stored: StoredObject) -> None:
    try:
        listener(stored)
    except Exception:  # noqa: BLE001
        # The object is stored: whoever uploaded it must hear so, whatever a listener does.
        _log.exception("a listener failed after an object was stored")
