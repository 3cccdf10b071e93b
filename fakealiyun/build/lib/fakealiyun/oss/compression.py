"""Compression of texts on their way to the client: which answers, and the compressed bytes.

Source: the vendor's page about gzip. It names the types, the smallest size, and the headers that a
compressed answer does not have.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

from fakealiyun.oss.request import RequestHead

_TYPES = frozenset(
    """
    application/javascript application/json application/rss+xml application/x-javascript
    text/cache-manifest text/css text/html text/json text/plain text/xml
    """.split()
)
SMALLEST = 1024  # bytes
_GZIP_WINDOW = 31  # of zlib: 15 bits, with the header of gzip
_NEVER = re.compile(r"\s*q\s*=\s*0(\.0{0,3})?\s*")
_REMOVED = ("ETag", "Accept-Ranges")


def is_compressible(headers: Mapping[str, str]) -> bool:
    """Whether an object with these headers has a type that OSS compresses."""
    return headers["Content-Type"].partition(";")[0].strip().lower() in _TYPES


def is_wanted(head: RequestHead, headers: Mapping[str, str], size: int) -> bool:
    """Whether the answer with these headers, about `size` bytes, is compressed for this client."""
    return (
        size >= SMALLEST
        and is_compressible(headers)
        and "Content-Encoding" not in headers
        and head.header("range") is None
        and _accepts_gzip(head.header("accept-encoding") or "")
    )


def compressed(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of the compressed answer."""
    left = {name: value for name, value in headers.items() if name not in _REMOVED}
    return {**left, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


class Gzip:
    """Compresses a body piece by piece."""

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(wbits=_GZIP_WINDOW)

    def add(self, chunk: bytes) -> bytes:
        """What can be sent after this piece; it may be empty."""
        return self._compressor.compress(chunk)

    def end(self) -> bytes:
        """The rest, after the last piece."""
        return self._compressor.flush()


def _accepts_gzip(value: str) -> bool:
    for item in value.lower().split(","):
        name, _, quality = item.partition(";")
        if name.strip() == "gzip":
            return _NEVER.fullmatch(quality) is None
    return False
