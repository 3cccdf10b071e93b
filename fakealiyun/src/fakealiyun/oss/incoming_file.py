"""Bytes on their way in: a file under a generated name, hashed while it is written."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from types import TracebackType

from fastcrc import crc64 as _crc64


def crc64(data: bytes, start: int = 0) -> int:
    """CRC-64 as OSS computes it (ECMA-182 polynomial, reflected: the one known as "XZ").

    `start` is the value of the bytes before `data`, so that it can be taken piece by piece.
    """
    value: int = _crc64.xz(data, start)
    return value


def file_name(kind: str) -> str:
    """A name that owes nothing to any caller: no object key can ever lead out of the folder."""
    return f"{uuid.uuid4().hex}.{kind}"


class IncomingFile:
    """A file being received, with its size (bytes), MD5 and CRC-64 so far.

    As a context manager it removes the file on the way out, unless somebody has taken it over by
    renaming it. So what breaks off in the middle leaves nothing behind.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / file_name("incoming")
        self.size = 0
        self.crc64 = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file = self.path.open("xb", buffering=0)

    def write(self, chunk: bytes) -> None:
        """Append `chunk`; the hashes follow."""
        self._file.write(chunk)
        self.size += len(chunk)
        self.crc64 = crc64(chunk, self.crc64)
        self._md5.update(chunk)

    @property
    def md5(self) -> str:
        """MD5 of what has been written, 32 lower-case hexadecimal digits."""
        return self._md5.hexdigest()

    def close(self) -> None:
        """No more bytes will come."""
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
        self.path.unlink(missing_ok=True)
