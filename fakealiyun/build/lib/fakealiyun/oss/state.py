"""The storage of OSS: buckets, objects, unfinished multipart uploads, and their files.

The index is in memory. The bytes are in files with random names. An object changes in one step:
readers see the old object or the new one, even if an upload breaks.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fakealiyun.listeners import notify
from fakealiyun.oss.cors import CorsRule
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import SUFFIX, IncomingFile

if TYPE_CHECKING:
    from fakealiyun.clock import Clock

_log = logging.getLogger(__name__)
_OURS = re.compile(rf"[0-9a-f]{{32}}\.{SUFFIX}")
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def is_bucket_name(name: str) -> bool:
    """Whether it has 3 to 63 lower-case letters, digits and hyphens, with no hyphen at an end."""
    return _BUCKET_NAME.fullmatch(name) is not None


Tags = tuple[tuple[str, str], ...]
"""The tags of an object, in the order in which they were set."""


@dataclass(frozen=True)
class StoredObject:
    """The current state of an object.

    `size` is in bytes. `md5` is lower-case hexadecimal, over the whole content, also after a
    multipart upload. `etag` has no quotes (upper-case MD5, or `<hex>-<parts>`). `last_modified` is
    in epoch seconds of cloud time. `path` is the file with the content. Only read it, and open it
    soon, because it is removed when the object is replaced. `headers` are the stored headers of
    the upload, by lower-case name. `acl` is `default` or `private`.
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
    tags: Tags = ()
    acl: str = "default"


@dataclass(frozen=True)
class Bucket:
    """A bucket: its region, its time of creation (cloud time), and its cross-origin rules.

    `response_vary` says whether answers vary by origin under every rule. A `managed` bucket belongs
    to a service of the cloud.
    """

    name: str
    region: str
    created: float
    cors: tuple[CorsRule, ...]
    response_vary: bool = False
    managed: bool = False


@dataclass(frozen=True)
class Part:
    """One uploaded part. `etag` is as in StoredObject."""

    number: int
    size: int
    etag: str
    crc64: int
    last_modified: float
    path: Path


@dataclass
class MultipartUpload:
    """An unfinished upload. It belongs to the object, not to the credential that initiated it."""

    upload_id: str
    bucket: str
    key: str
    initiated: float
    content_type: str
    headers: Mapping[str, str]
    forbid_overwrite: bool
    tags: Tags = ()
    acl: str = "default"
    parts: dict[int, Part] = field(default_factory=dict)


class Storage:
    """Buckets and their objects, in files under `root`. Thread-safe.

    Only one process at a time may use `root`. The content is lost at the end of the process: files
    of an earlier process are removed.
    """

    def __init__(self, root: Path, clock: Clock) -> None:
        self.folder = root
        self._clock = clock
        self._lock = threading.RLock()
        self._buckets: dict[str, Bucket] = {}
        self._permanent: dict[str, Bucket] = {}
        self._objects: dict[tuple[str, str], StoredObject] = {}
        self._uploads: dict[str, MultipartUpload] = {}
        self._listeners: list[Callable[[StoredObject], None]] = []
        root.mkdir(parents=True, exist_ok=True)
        for entry in root.iterdir():
            if _OURS.fullmatch(entry.name):
                entry.unlink(missing_ok=True)

    # -- buckets

    def create_bucket(
        self, name: str, region: str, *, cors: Sequence[CorsRule] = (), managed: bool = False
    ) -> None:
        """Add a bucket, or set the rules of an existing one. A reset restores it.

        `region` is like `cn-shanghai`. `cors` are its cross-origin rules in order. As in OSS, a
        bucket has none by default. Raises ValueError for a name that OSS does not allow.
        """
        if not is_bucket_name(name):
            raise ValueError(
                "bucket name: 3 to 63 lower-case letters, digits and hyphens, "
                "no hyphen at either end"
            )
        with self._lock:
            known = self._buckets.get(name)
            created = self._clock.now() if known is None else known.created
            bucket = Bucket(name, region, created, tuple(cors), managed=managed)
            self._buckets[name] = self._permanent[name] = bucket

    def add_bucket(self, name: str, region: str) -> None:
        """Add a bucket until the next reset, as PutBucket does. An existing one stays.

        Raises OssError InvalidBucketName, and BucketAlreadyExists for a managed bucket.
        """
        if not is_bucket_name(name):
            raise OssError("InvalidBucketName", details={"BucketName": name})
        with self._lock:
            known = self._buckets.get(name)
            if known is not None and known.managed:
                raise OssError("BucketAlreadyExists", details={"BucketName": name})
            self._buckets.setdefault(name, Bucket(name, region, self._clock.now(), ()))

    def remove_bucket(self, name: str) -> None:
        """Remove an empty bucket. Raises OssError BucketNotEmpty."""
        with self._lock:
            if self.uploads(name) or any(bucket == name for bucket, _ in self._objects):
                raise OssError("BucketNotEmpty", details={"BucketName": name})
            self._buckets.pop(name, None)

    def set_cors(self, name: str, rules: tuple[CorsRule, ...], *, response_vary: bool) -> None:
        """Replace the cross-origin rules of a bucket, if it exists."""
        with self._lock:
            bucket = self._buckets.get(name)
            if bucket is not None:
                self._buckets[name] = replace(bucket, cors=rules, response_vary=response_vary)

    def bucket(self, name: str) -> Bucket | None:
        """The bucket of that name, or None."""
        return self._buckets.get(name)

    def buckets(self) -> tuple[Bucket, ...]:
        """All buckets, oldest first."""
        with self._lock:
            return tuple(self._buckets.values())

    # -- objects

    def get(self, bucket: str, key: str) -> StoredObject | None:
        """The current object, or None."""
        return self._objects.get((bucket, key))

    def objects(self, bucket: str) -> list[StoredObject]:
        """The objects of the bucket, in the byte order of their keys."""
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
        tags: Tags = (),
        acl: str = "default",
    ) -> StoredObject:
        """Store `content` as the object, in one step. Raises OssError FileAlreadyExists."""
        content.close()
        stored = StoredObject(
            bucket=bucket,
            key=key,
            size=content.size,
            md5=content.md5,
            etag=content.md5.upper(),
            content_type=content_type,
            last_modified=self._clock.now(),
            path=content.path,
            crc64=content.crc64,
            headers=headers,
            tags=tags,
            acl=acl,
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
        """Store `content`, which contains the old and the new bytes, as the appendable object.

        Raises OssError PositionNotEqualToLength if the object is no longer `position` bytes long.
        Listeners are not called: it is not known whether VOD treats an append as an upload.
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
                path=content.path,
                crc64=content.crc64,
                object_type="Appendable",
                headers=headers if old is None else old.headers,
                tags=() if old is None else old.tags,
                acl="default" if old is None else old.acl,
            )
            self._swap(stored, content)
        return stored

    def check_appendable(self, bucket: str, key: str, position: int) -> None:
        """Raises OssError unless bytes can be appended at `position`."""
        old = self.get(bucket, key)
        if old is not None and old.object_type != "Appendable":
            raise OssError("ObjectNotAppendable")
        length = 0 if old is None else old.size
        if position != length:
            raise OssError(
                "PositionNotEqualToLength",
                headers={"x-oss-next-append-position": str(length)},
            )

    def change(
        self, stored: StoredObject, *, tags: Tags | None = None, acl: str | None = None
    ) -> None:
        """Set the tags or the ACL of an object, unless it was replaced in the meantime."""
        with self._lock:
            if self._objects.get((stored.bucket, stored.key)) is not stored:
                return
            self._objects[(stored.bucket, stored.key)] = replace(
                stored,
                tags=stored.tags if tags is None else tags,
                acl=stored.acl if acl is None else acl,
            )

    def delete(self, bucket: str, key: str) -> None:
        """Remove the object and its unfinished multipart uploads, if they exist."""
        with self._lock:
            self.delete_object(bucket, key)
            for upload in self.uploads(bucket):
                if upload.key == key:
                    self.abort(upload)

    def delete_object(self, bucket: str, key: str) -> None:
        """Remove only the object, like DeleteObject."""
        with self._lock:
            old = self._objects.pop((bucket, key), None)
        if old is not None:
            old.path.unlink(missing_ok=True)

    def on_stored(self, listener: Callable[[StoredObject], None]) -> None:
        """Call `listener` once for each put or completed multipart upload, after it took effect."""
        self._listeners.append(listener)

    def reset(self) -> None:
        """Remove all objects and unfinished uploads, and undo what clients did to buckets.

        Buckets of `create_bucket`, their rules and listeners stay.
        """
        with self._lock:
            self._buckets = dict(self._permanent)
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
        tags: Tags = (),
        acl: str = "default",
    ) -> MultipartUpload:
        """Start a multipart upload."""
        upload = MultipartUpload(
            upload_id=secrets.token_hex(16).upper(),
            bucket=bucket,
            key=key,
            initiated=self._clock.now(),
            content_type=content_type,
            headers=headers,
            forbid_overwrite=forbid_overwrite,
            tags=tags,
            acl=acl,
        )
        with self._lock:
            self._uploads[upload.upload_id] = upload
        return upload

    def upload(
        self, bucket: str, key: str, upload_id: str, *, ec: str | None = None
    ) -> MultipartUpload:
        """The unfinished upload of that object. Raises OssError NoSuchUpload, with this EC."""
        found = self._uploads.get(upload_id)
        if found is None or (found.bucket, found.key) != (bucket, key):
            raise OssError("NoSuchUpload", ec=ec, details={"UploadId": upload_id})
        return found

    def uploads(self, bucket: str) -> list[MultipartUpload]:
        """The unfinished uploads of the bucket, sorted by key, then by UploadId."""
        with self._lock:
            found = [item for item in self._uploads.values() if item.bucket == bucket]
        return sorted(found, key=lambda item: (item.key.encode(), item.upload_id))

    def put_part(self, upload: MultipartUpload, number: int, content: IncomingFile) -> Part:
        """Store a part, and replace one of the same number. Raises OssError NoSuchUpload."""
        content.close()
        part = Part(
            number=number,
            size=content.size,
            etag=content.md5.upper(),
            crc64=content.crc64,
            last_modified=self._clock.now(),
            path=content.path,
        )
        with self._lock:
            self.upload(upload.bucket, upload.key, upload.upload_id)
            content.keep()
            old = upload.parts.get(number)
            upload.parts[number] = part
        if old is not None:
            old.path.unlink(missing_ok=True)
        return part

    def abort(self, upload: MultipartUpload) -> None:
        """Remove the upload and its parts."""
        with self._lock:
            self._uploads.pop(upload.upload_id, None)
        _remove_parts(upload)

    def reserve_upload(self, upload: MultipartUpload, *, ec: str | None = None) -> None:
        """Reserve the upload for one caller, who completes it.

        A second caller gets OssError NoSuchUpload. So does a part that arrives later; what the
        real service does with such a part is not known.
        """
        with self._lock:
            self.upload(upload.bucket, upload.key, upload.upload_id, ec=ec)
            del self._uploads[upload.upload_id]

    def release_upload(self, upload: MultipartUpload) -> None:
        """Undo `reserve_upload`, after the completion failed."""
        with self._lock:
            self._uploads[upload.upload_id] = upload

    def finish_upload(
        self, upload: MultipartUpload, content: IncomingFile, *, etag: str, forbid_overwrite: bool
    ) -> StoredObject:
        """Store the assembled `content` as the object. Raises OssError FileAlreadyExists."""
        content.close()
        stored = StoredObject(
            bucket=upload.bucket,
            key=upload.key,
            size=content.size,
            md5=content.md5,
            etag=etag,
            content_type=upload.content_type,
            last_modified=self._clock.now(),
            path=content.path,
            crc64=content.crc64,
            object_type="Multipart",
            headers=upload.headers,
            tags=upload.tags,
            acl=upload.acl,
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
            notify(listener, stored, _log, "a listener failed after an object was stored")

    def _swap(self, stored: StoredObject, content: IncomingFile) -> None:
        content.keep()
        old = self._objects.get((stored.bucket, stored.key))
        self._objects[(stored.bucket, stored.key)] = stored
        if old is not None:
            old.path.unlink(missing_ok=True)


def _remove_parts(upload: MultipartUpload) -> None:
    for part in upload.parts.values():
        part.path.unlink(missing_ok=True)
