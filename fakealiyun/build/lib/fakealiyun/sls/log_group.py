"""Reads a LogGroup: the lines of one PutLogs, in Protocol Buffers, compressed.

Source: the API reference, "Data encoding method", and the official SDK. The messages are few, so
they are read here, without a library.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from fakealiyun.sls.errors import SlsError
from fakealiyun.sls.state import Line

MAX_BODY = 10 * 1024 * 1024
"""The largest LogGroup in bytes, before and after compression."""
MOST_LINES = 40_960

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Decompress = Callable[[bytes, int], bytes]


def unpack(body: bytes, compression: str | None, raw_size: int) -> bytes:
    """The body without its compression. Raises SlsError."""
    if not 0 <= raw_size <= MAX_BODY:
        raise SlsError("PostBodyTooLarge")
    if compression is None:
        whole = body
    else:
        try:
            whole = _decompressor(compression)(body, raw_size)
        except SlsError:
            raise
        except Exception:  # noqa: BLE001 - each library has errors of its own
            raise SlsError("PostBodyInvalid") from None
    if len(whole) != raw_size:
        raise SlsError("InvalidBodyRawSize")
    return whole


def _decompressor(name: str) -> Decompress:
    if name == "deflate":
        return _inflate
    try:
        if name == "lz4":
            block = import_module("lz4.block")
            return lambda data, size: bytes(block.decompress(data, uncompressed_size=size))
        if name == "zstd":
            module = import_module("zstd")
            return lambda data, _size: bytes(module.decompress(data))
    except ImportError:
        # A client that compresses so has the library. The fake itself does not require it.
        pass
    raise SlsError("InvalidCompressType")


def _inflate(data: bytes, size: int) -> bytes:
    reader = zlib.decompressobj()
    return reader.decompress(data, size + 1)


def read(data: bytes) -> list[Line]:
    """The lines of a LogGroup. Raises SlsError PostBodyInvalid."""
    try:
        return _group(data)
    except (ValueError, IndexError, UnicodeDecodeError):
        raise SlsError("PostBodyInvalid") from None


def _group(data: bytes) -> list[Line]:
    logs: list[bytes] = []
    topic = source = ""
    tags: dict[str, str] = {}
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            logs.append(value)
        elif number == 3 and isinstance(value, bytes):
            topic = value.decode()
        elif number == 4 and isinstance(value, bytes):
            source = value.decode()
        elif number == 6 and isinstance(value, bytes):
            tags.update([_pair(value)])
    if not 1 <= len(logs) <= MOST_LINES:
        raise ValueError
    return [_line(log, topic, source, tags) for log in logs]


def _line(data: bytes, topic: str, source: str, tags: Mapping[str, str]) -> Line:
    time: int | None = None
    contents: dict[str, str] = {}
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            time = value
        elif number == 2 and isinstance(value, bytes):
            contents.update([_pair(value)])
    if time is None or not contents:
        raise ValueError
    return Line(time, contents, topic, source, tags)


def _pair(data: bytes) -> tuple[str, str]:
    found = {number: value.decode() for number, value in _fields(data) if isinstance(value, bytes)}
    return found[1], found[2]


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of one message by number. Raises ValueError or IndexError."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, place = _varint(data, place)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError
        if place + size > len(data):
            raise ValueError
        part = data[place : place + size]
        place += size
        yield tag >> 3, part if kind == _BYTES else int.from_bytes(part, "little")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError
