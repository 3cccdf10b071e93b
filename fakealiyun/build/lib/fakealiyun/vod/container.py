"""Detects the container format of a file from its first bytes."""

from __future__ import annotations

from pathlib import Path

_HEAD = 1024  # bytes that are read
_ISO = frozenset("mp4 m4v m4a mov qt 3gp f4v mj2".split())
_FAMILIES: dict[str, frozenset[str]] = {
    "iso": _ISO,
    "flv": frozenset({"flv", "f4v"}),
    "ebml": frozenset({"webm", "mkv"}),
    "ts": frozenset({"ts", "m2t", "mts"}),
    "ps": frozenset({"mpg", "mpeg", "mpe", "vob", "dat"}),
    "m3u8": frozenset({"m3u8"}),
    "riff-avi": frozenset({"avi"}),
    "riff-wave": frozenset({"wav"}),
    "mpeg-audio": frozenset({"mp3"}),
    "adts": frozenset({"aac"}),
    "asf": frozenset({"asf", "wmv", "wma"}),
    "rm": frozenset({"rm", "rmvb", "ra"}),
    "ogg": frozenset({"ogg"}),
    "flac": frozenset({"flac"}),
    "ape": frozenset({"ape"}),
    "ac3": frozenset({"ac3"}),
    "amr": frozenset({"amr"}),
    "caf": frozenset({"caf"}),
    "gif": frozenset({"gif"}),
    "swf": frozenset({"swf"}),
    "mjpeg": frozenset({"mjpeg"}),
}


def container_of(head: bytes) -> str | None:
    """The container family of a file with these first bytes; None if it is unknown."""
    for family, found in (
        ("iso", head[4:8] in (b"ftyp", b"moov", b"wide") and len(head) >= 16),
        ("flv", head[:4] == b"FLV\x01"),
        ("ebml", head[:4] == b"\x1aE\xdf\xa3"),
        ("ts", _is_transport_stream(head)),
        ("ps", head[:4] == b"\x00\x00\x01\xba"),
        ("m3u8", head.removeprefix(b"\xef\xbb\xbf")[:7] == b"#EXTM3U"),
        ("riff-avi", head[:4] == b"RIFF" and head[8:12] == b"AVI "),
        ("riff-wave", head[:4] == b"RIFF" and head[8:12] == b"WAVE"),
        ("asf", head[:4] == b"\x30\x26\xb2\x75"),
        ("rm", head[:4] in (b".RMF", b".ra\xfd")),
        ("ogg", head[:4] == b"OggS"),
        ("flac", head[:4] == b"fLaC"),
        ("ape", head[:4] == b"MAC "),
        ("ac3", head[:2] == b"\x0b\x77"),
        ("amr", head[:5] == b"#!AMR"),
        ("caf", head[:4] == b"caff"),
        ("gif", head[:6] in (b"GIF87a", b"GIF89a")),
        ("swf", head[:3] in (b"FWS", b"CWS", b"ZWS")),
        ("mjpeg", head[:3] == b"\xff\xd8\xff"),
        ("adts", len(head) >= 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0),
        ("mpeg-audio", _is_mpeg_audio(head)),
    ):
        if found:
            return family
    return None


def _is_transport_stream(head: bytes) -> bool:
    packet = 188
    if len(head) < packet or head[0] != 0x47:
        return False
    return all(head[at] == 0x47 for at in range(0, len(head), packet))


def _is_mpeg_audio(head: bytes) -> bool:
    if head[:3] == b"ID3":
        return True
    # Frame sync, and valid values of layer, bit rate and sampling rate.
    return (
        len(head) >= 4
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x06 != 0
        and head[2] & 0xF0 != 0xF0
        and head[2] & 0x0C != 0x0C
    )


def read_container(path: Path) -> str | None:
    """The container family of a file; None if it is unknown or the file cannot be read."""
    try:
        with path.open("rb") as file:
            return container_of(file.read(_HEAD))
    except OSError:
        return None


def fits(family: str | None, extension: str) -> bool:
    """Whether a file with this extension should be a container of that family."""
    return family is not None and extension in _FAMILIES[family]
