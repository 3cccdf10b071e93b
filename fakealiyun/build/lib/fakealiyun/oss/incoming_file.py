"""A file that receives the bytes of an upload, and their hashes."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from types import TracebackType

from fastcrc import crc64 as _crc64

SUFFIX = "object"
"""The ending of the names of the files."""


def crc64(data: bytes, start: int = 0) -> int:
    """CRC-64 as OSS computes it (ECMA-182 polynomial, reflected, also called "XZ").

    `start` is the CRC of the bytes before `data`, so that it can be computed piece by piece.
    """
    value: int = _crc64.xz(data, start)
    return value


class IncomingFile:
    """A file under a random name, with the size (bytes), MD5 and CRC-64 of its bytes so far.

    The name contains nothing from a request, so it cannot leave the folder. At the end of a `with`
    block the file is removed, unless `keep` was called. So an upload that breaks leaves no file
    behind.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.{SUFFIX}"
        self._kept = False
        self.size = 0
        self.crc64 = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file = self.path.open("xb", buffering=0)

    def write(self, chunk: bytes) -> None:
        """Append `chunk` and update the hashes."""
        self._file.write(chunk)
        self.size += len(chunk)
        self.crc64 = crc64(chunk, self.crc64)
        self._md5.update(chunk)

    @property
    def md5(self) -> str:
        """MD5 of the bytes so far: 32 lower-case hexadecimal digits."""
        return self._md5.hexdigest()

    def keep(self) -> None:
        """Leave the file in its place at the end of the `with` block."""
        self._kept = True

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> IncomingFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if not self._kept:
            self.path.unlink(missing_ok=True)
