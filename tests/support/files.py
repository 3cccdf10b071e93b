"""Generated files to upload."""

from __future__ import annotations

import random
import struct

PART = 100 * 1024  # bytes: the smallest part that OSS accepts, except for the last part


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def mp4(size: int = 5 * PART + 1234, seconds: float = 4.5) -> bytes:
    """An MP4 file of `size` bytes: brand, a movie header with `seconds` as duration, and data."""
    brand = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    times = struct.pack(">III", 0, 0, 1000) + struct.pack(">I", int(seconds * 1000))
    header = _box(
        b"mvhd",
        struct.pack(">I", 0),
        times,
        struct.pack(">IH10x", 0x10000, 0x100),
        matrix,
        bytes(24),
        struct.pack(">I", 2),
    )
    track_header = _box(
        b"tkhd",
        struct.pack(">I", 7),
        struct.pack(">IIIII", 0, 0, 1, 0, int(seconds * 1000)),
        bytes(16),
        matrix,
        struct.pack(">II", 640 << 16, 360 << 16),
    )
    movie = _box(b"moov", header, _box(b"trak", track_header))
    rest = size - len(brand) - len(movie) - 8
    if rest < 0:
        raise ValueError("too small for an MP4 file")
    return brand + movie + _box(b"mdat", random.Random(size).randbytes(rest))  # noqa: S311


SMALL = mp4(1024)
