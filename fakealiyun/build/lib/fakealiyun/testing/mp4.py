"""Builds very small MP4 files from boxes."""

from __future__ import annotations

import struct


def box(kind: bytes, *content: bytes) -> bytes:
    """A box with a 32-bit size."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def large_box(kind: bytes, *content: bytes) -> bytes:
    """A box with a 64-bit size."""
    body = b"".join(content)
    return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body


def movie_header(seconds: float, scale: int = 1000, version: int = 0) -> bytes:
    """An `mvhd` box. `scale` is in units per second."""
    if version:
        times = struct.pack(">QQIQ", 0, 0, scale, int(seconds * scale))
    else:
        times = struct.pack(">IIII", 0, 0, scale, int(seconds * scale))
    return box(b"mvhd", bytes([version, 0, 0, 0]), times, b"\0" * 80)


def track(width: int, height: int, version: int = 0) -> bytes:
    """A `trak` box with a `tkhd` box. Width and height are in pixels."""
    times = b"\0" * (32 if version else 20)
    size = struct.pack(">II", width << 16, height << 16)
    return box(b"trak", box(b"tkhd", bytes([version, 0, 0, 0]), times, b"\0" * 52, size))


def film(seconds: float = 12.5, width: int = 640, height: int = 360, media: int = 4096) -> bytes:
    """A file with an audio track and a video track, and with `moov` at the end."""
    return (
        box(b"ftyp", b"isom\0\0\x02\0isomiso2mp41")
        + box(b"mdat", b"\0" * media)
        + box(b"moov", movie_header(seconds), track(0, 0), track(width, height))
    )
