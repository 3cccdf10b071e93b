"""One accepted request, and the answer to it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from fakealiyun.clock import Clock
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import IncomingFile
from fakealiyun.oss.request import RequestHead
from fakealiyun.oss.state import Storage

MAX_OBJECT = 5 * 1024**3  # bytes in one PUT or one part
_MAX_XML = 2 * 1024**2  # bytes; 10,000 parts need about one million
#: What reading from a request raises when the connection is gone or the encoding is broken.
BROKEN = (OSError, ClientError, HttpProcessingError)
_BREATH = 4 * 1024**2  # bytes received before others get a turn


@dataclass(frozen=True)
class OssAnswer:
    """What goes back. With `file` the body is `length` bytes of it from `start` on.

    `length` without a file is what a HEAD announces. A file is closed by whoever sends it.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: BinaryIO | None = None
    start: int = 0
    length: int | None = None


@dataclass(frozen=True)
class OssCall:
    """A request whose signature and permission have been checked.

    `bucket` exists; `key` is empty for an operation on the bucket. The caller's credential is not
    here on purpose: what a request may do is decided before it gets this far.
    """

    request: web.Request = field(repr=False)
    head: RequestHead
    bucket: str
    key: str
    storage: Storage = field(repr=False)
    clock: Clock = field(repr=False)

    def parameter(self, name: str) -> str:
        """A query parameter; empty when absent or without a value."""
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
        """A header that is `true` or `false` or absent. Raises OssError InvalidArgument."""
        value = (self.head.header(name) or "false").lower()
        if value not in ("true", "false"):
            raise OssError("InvalidArgument", f"{name} must be true or false.")
        return value == "true"

    async def receive(self, content: IncomingFile, limit: int = MAX_OBJECT) -> None:
        """Write the request's body to `content`.

        Raises OssError: MissingContentLength, EntityTooLarge (over `limit` bytes), IncompleteBody
        (it broke off), InvalidDigest (it is not what Content-MD5 says).
        """
        announced = self._announced(limit)
        before = content.size
        digest = hashlib.md5(usedforsecurity=False)
        wanted = self._content_md5()
        breath = before + _BREATH
        while chunk := await self._next_chunk():
            if content.size - before + len(chunk) > limit:
                raise OssError("EntityTooLarge", details={"MaxSizeAllowed": str(limit)})
            content.write(chunk)
            if wanted is not None:
                digest.update(chunk)
            if content.size > breath:
                breath = content.size + _BREATH
                await asyncio.sleep(0)
        if announced is not None and content.size - before != announced:
            raise OssError("IncompleteBody")
        if wanted is not None and not hmac.compare_digest(wanted, digest.digest()):
            raise OssError(
                "InvalidDigest",
                "The Content-MD5 you specified did not match what we received.",
                details={"Content-MD5": base64.b64encode(wanted).decode()},
            )

    async def read_xml(self) -> bytes:
        """The body of a request that carries XML. Raises OssError as `receive` does."""
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
