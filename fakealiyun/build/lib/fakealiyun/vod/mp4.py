"""Duration and picture size of an MP4 file, from its `moov` box.

Format: ISO/IEC 14496-12. A box has a 32-bit size and a four-letter type. If the size is 1, a 64-bit
size follows. The number of headers and the size of `moov` are limited, so that a hostile file costs
little.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MOST_BOXES = 512
_LARGEST_MOOV = 8 * 1024 * 1024  # bytes
_LONGEST = 366 * 86400  # seconds; a longer duration cannot be true


@dataclass(frozen=True)
class Picture:
    """`duration` in seconds, `width` and `height` in pixels; 0 if the file does not have it."""

    duration: float = 0.0
    width: int = 0
    height: int = 0


def read_picture(path: Path) -> Picture:
    """Duration and picture size of a file; all are 0 if it is not a well-formed MP4."""
    try:
        with path.open("rb") as file:
            moov = _find_moov(file, path.stat().st_size)
            return _read_moov(moov)
    except (OSError, ValueError, struct.error):
        return Picture()


def _find_moov(file: BinaryIO, size: int) -> bytes:
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            break
        length, kind = struct.unpack_from(">I4s", header)
        begins = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", header, 8)
            begins = 16
        elif length == 0:
            length = size - at
        if length < begins or at + length > size:
            break
        if kind == b"moov":
            if length > _LARGEST_MOOV:
                break
            file.seek(at + begins)
            return file.read(length - begins)
        at += length
    raise ValueError("no moov box")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        if length < 8 or at + length > len(data):
            return
        yield kind, data[at + 8 : at + length]
        at += length


def _read_moov(moov: bytes) -> Picture:
    duration, width, height = 0.0, 0, 0
    for kind, body in _boxes(moov):
        if kind == b"mvhd":
            duration = _movie_duration(body)
        elif kind == b"trak":
            for inner, header in _boxes(body):
                if inner == b"tkhd":
                    w, h = _track_size(header)
                    if w * h > width * height:
                        width, height = w, h
    return Picture(duration, width, height)


def _movie_duration(body: bytes) -> float:
    if body[:1] == b"\x01":
        scale, units = struct.unpack_from(">IQ", body, 20)
    else:
        scale, units = struct.unpack_from(">II", body, 12)
    seconds = units / scale if scale else 0.0
    return round(seconds, 4) if seconds <= _LONGEST else 0.0


def _track_size(body: bytes) -> tuple[int, int]:
    at = 88 if body[:1] == b"\x01" else 76
    width, height = struct.unpack_from(">II", body, at)
    return width >> 16, height >> 16  # 16.16 fixed point
