"""Makes a small MP4 file: one second of a grey picture."""

from __future__ import annotations

import secrets
import struct

WIDTH, HEIGHT = 160, 90
LEAST = 45_000
"""The smallest size, in bytes."""
TIMESCALE = 1000  # units a second


def mp4(size: int) -> bytes:
    """A valid MP4 file of exactly `size` bytes, at least LEAST; every file is different.

    It has one uncompressed RGB frame. The rest are random bytes in a box that players skip. Raises
    ValueError for a smaller size.
    """
    if size < LEAST:
        raise ValueError(f"the size must be at least {LEAST} bytes")
    frame = b"\x80" * (WIDTH * HEIGHT * 3)
    brand = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    data = _box(b"mdat", frame)
    movie = _movie(len(frame), offset=len(brand) + 8)
    rest = size - len(brand) - len(data) - len(movie) - 8
    return brand + data + movie + _box(b"free", secrets.token_bytes(rest))


def _movie(frame_size: int, offset: int) -> bytes:
    """The `moov` box for one sample of `frame_size` bytes at `offset` of the file (ISO/IEC
    14496-12)."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie_header = _full(
        b"mvhd",
        struct.pack(">IIII", 0, 0, TIMESCALE, TIMESCALE),
        struct.pack(">IH10x", 0x10000, 0x100),
        matrix,
        bytes(24),
        struct.pack(">I", 2),
    )
    track_header = _full(
        b"tkhd",
        struct.pack(">IIIII8xhhH2x", 0, 0, 1, 0, TIMESCALE, 0, 0, 0),
        matrix,
        struct.pack(">II", WIDTH << 16, HEIGHT << 16),
        flags=7,
    )
    media_header = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, TIMESCALE, TIMESCALE, 0x55C4, 0))
    handler = _full(b"hdlr", struct.pack(">I4s12x", 0, b"vide"), b"picture\0")
    information = _box(
        b"minf",
        _full(b"vmhd", bytes(8), flags=1),
        _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1))),
        _samples(frame_size, offset),
    )
    track = _box(b"trak", track_header, _box(b"mdia", media_header, handler, information))
    return _box(b"moov", movie_header, track)


def _samples(frame_size: int, offset: int) -> bytes:
    entry = _box(
        b"raw ",
        struct.pack(">6xH16xHHIII", 1, WIDTH, HEIGHT, 0x480000, 0x480000, 0),
        struct.pack(">H32sHh", 1, b"", 24, -1),
    )
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">III", 1, 1, TIMESCALE)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        _full(b"stsz", struct.pack(">III", 0, 1, frame_size)),
        _full(b"stco", struct.pack(">II", 1, offset)),
    )


def _full(kind: bytes, *content: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *content)


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body
