"""One accepted request, and its answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from fakealiyun.clock import Clock
from fakealiyun.oss import traffic_limit
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import IncomingFile
from fakealiyun.oss.request import RequestHead
from fakealiyun.oss.state import MultipartUpload, Storage, StoredObject

if TYPE_CHECKING:
    from fakealiyun.oss.callback import UploadCallbacks

MAX_OBJECT = 5 * 1024**3  # bytes in one PUT or one part
_MAX_XML = 2 * 1024**2  # bytes; 10,000 parts need about one million
#: Errors when a request is read and its connection is closed or its encoding is broken.
BROKEN = (OSError, ClientError, HttpProcessingError)
_TURN = 4 * 1024**2  # bytes received before other tasks of the loop can run


@dataclass(frozen=True)
class OssAnswer:
    """The answer to a request. With `file` the body is `length` bytes of it, from `start` on.

    Without a file, `length` is the Content-Length of a HEAD answer. The sender of the answer closes
    the file. `pace` limits the speed of the body, and `gzip` compresses it. `server_time` says
    whether the answer has `x-oss-server-time`: the real service leaves it out in a few cases.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: BinaryIO | None = None
    start: int = 0
    length: int | None = None
    pace: traffic_limit.Pace | None = None
    gzip: bool = False
    server_time: bool = True


@dataclass(frozen=True)
class OssCall:
    """A request whose signature and permission have been checked.

    `bucket` exists, except in PutBucket, and is empty in ListBuckets. `key` is empty for operations
    on a bucket. The caller's credential is not
    included on purpose: permission for the operation is decided before this point. If it needs more
    permissions, `authorize(actions, bucket, key)` raises OssError AccessDenied without one of the
    actions.
    """

    request: web.Request = field(repr=False)
    head: RequestHead
    bucket: str
    key: str
    storage: Storage = field(repr=False)
    clock: Clock = field(repr=False)
    callbacks: UploadCallbacks = field(repr=False)
    authorize: Callable[[Sequence[str], str, str], None] = field(repr=False)
    account_id: str
    region: str
    operation: str
    request_id: str

    def existing(self) -> StoredObject:
        """The object of the call. Raises OssError NoSuchKey."""
        stored = self.storage.get(self.bucket, self.key)
        if stored is None:
            raise OssError("NoSuchKey", details={"Key": self.key})
        return stored

    def upload(self, *, ec: str | None = None) -> MultipartUpload:
        """The unfinished upload that the query names. Raises OssError NoSuchUpload (`ec`)."""
        return self.storage.upload(self.bucket, self.key, self.parameter("uploadId"), ec=ec)

    def part_number(self, largest: int) -> int:
        """The number of the part, 1 to `largest`. Raises OssError InvalidArgument."""
        number = self.number("partNumber", 0, 1, largest)
        if not number:
            raise OssError("InvalidArgument", f"partNumber must be 1 to {largest}.")
        return number

    def parameter(self, name: str) -> str:
        """A query parameter; empty if it is absent or has no value."""
        return self.head.parameters.get(name, "")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from the query. Raises OssError InvalidArgument outside low..high."""
        raw = self.parameter(name)
        if not raw:
            return default
        if raw.isascii() and raw.isdigit() and len(raw) <= 20 and low <= int(raw) <= high:
            return int(raw)
        raise OssError(
            "InvalidArgument",
            f"{name} must be a whole number from {low} to {high}.",
            details={"ArgumentName": name, "ArgumentValue": raw},
        )

    def flag(self, name: str) -> bool:
        """Whether a header is `true`; it may also be `false` or absent. Raises OssError."""
        value = (self.head.header(name) or "false").lower()
        if value not in ("true", "false"):
            raise OssError("InvalidArgument", f"{name} must be true or false.")
        return value == "true"

    async def receive(self, content: IncomingFile, limit: int = MAX_OBJECT) -> None:
        """Write the request's body to `content`.

        Raises OssError: MissingContentLength, EntityTooLarge (more than `limit` bytes),
        IncompleteBody (the connection broke), InvalidDigest (it does not match Content-MD5).
        """
        pace = traffic_limit.pace(self.head)
        announced = self._announced(limit)
        before = content.size
        digest = hashlib.md5(usedforsecurity=False)
        wanted = self._content_md5()
        turn = before + _TURN
        while chunk := await self._next_chunk():
            if content.size - before + len(chunk) > limit:
                raise OssError("EntityTooLarge", details={"MaxSizeAllowed": str(limit)})
            content.write(chunk)
            if pace is not None:
                await pace.passed(len(chunk))
            if wanted is not None:
                digest.update(chunk)
            if content.size > turn:
                turn = content.size + _TURN
                await asyncio.sleep(0)
        if announced is not None and content.size - before != announced:
            raise OssError("IncompleteBody")
        if wanted is not None and not hmac.compare_digest(wanted, digest.digest()):
            details = {"Content-MD5": base64.b64encode(wanted).decode()}
            raise OssError("InvalidDigest", details=details)

    async def read_xml(self) -> bytes:
        """The XML body of a request. Raises OssError like `receive`."""
        with IncomingFile(self.storage.folder) as content:
            await self.receive(content, _MAX_XML)
            content.close()
            return content.path.read_bytes()

    async def _next_chunk(self) -> bytes:
        try:
            return await self.request.content.readany()
        except BROKEN:
            raise OssError("IncompleteBody") from None

    def _announced(self, limit: int) -> int | None:
        length = self.request.content_length
        if length is None:
            if "chunked" not in (self.head.header("transfer-encoding") or "").lower():
                raise OssError("MissingContentLength")
            return None
        if length > limit:
            raise OssError(
                "EntityTooLarge",
                details={"MaxSizeAllowed": str(limit), "ProposedSize": str(length)},
            )
        return length

    def _content_md5(self) -> bytes | None:
        raw = self.head.header("content-md5")
        if raw is None:
            return None
        try:
            digest = base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError):
            digest = b""
        if len(digest) != 16:
            raise OssError("InvalidDigest", details={"Content-MD5": raw})
        return digest
