"""Container and picture size of files, from their content."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakealiyun.testing.mp4 import box, film, large_box, movie_header, track
from fakealiyun.vod.container import container_of, fits
from fakealiyun.vod.mp4 import Picture, read_picture

HEADS = {
    "mp4": box(b"ftyp", b"isom" + b"\0" * 16),
    "mov": box(b"ftyp", b"qt  " + b"\0" * 16),
    "m4a": box(b"ftyp", b"M4A " + b"\0" * 16),
    "flv": b"FLV\x01\x05\0\0\0\x09",
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01",
    "mkv": b"\x1aE\xdf\xa3\x01\0\0\0",
    "ts": (b"\x47" + b"\0" * 187) * 5,
    "m3u8": b"#EXTM3U\n#EXT-X-VERSION:3\n",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "wav": b"RIFF\0\0\0\0WAVEfmt ",
    "mp3": b"ID3\x04\0\0\0\0\0\0",
    "flac": b"fLaC\0\0\0\x22",
    "ogg": b"OggS\0\x02",
    "aac": b"\xff\xf1\x50\x80",
    "gif": b"GIF89a\x01\0",
}


@pytest.mark.parametrize("extension", HEADS)
def test_a_container_fits_its_extension_and_no_stranger(extension: str) -> None:
    head = HEADS[extension]
    assert fits(container_of(head), extension)
    strangers = {"mp4", "flv", "mp3", "m3u8", "webm"} - {extension}
    siblings = {"mov": "mp4", "m4a": "mp4", "mkv": "webm"}
    for stranger in strangers - {siblings.get(extension, "")}:
        assert not fits(container_of(head), stranger)


def test_an_mp3_without_a_tag_begins_with_a_frame() -> None:
    assert fits(container_of(b"\xff\xfb\x90\x64"), "mp3")
    assert container_of(b"\xff\xff\xff\xff") is None


@pytest.mark.parametrize(
    "head", [b"", b"a film", b"<html>", b"PK\x03\x04", b"\x7fELF", b"\0" * 64, b"\x47" + b"x" * 400]
)
def test_what_is_no_container(head: bytes) -> None:
    assert container_of(head) is None


def test_duration_and_size_of_an_mp4(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(film(12.5, 1920, 1080))
    assert read_picture(path) == Picture(12.5, 1920, 1080)
    in_front = box(b"ftyp", b"isom") + box(b"moov", movie_header(3, 90000, 1), track(8, 6, 1))
    path.write_bytes(in_front + large_box(b"mdat", b"\0" * 10))
    assert read_picture(path) == Picture(3.0, 8, 6)
    path.write_bytes(large_box(b"mdat", b"\0" * 10) + box(b"moov", movie_header(2)))
    assert read_picture(path) == Picture(2.0, 0, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 7,
        box(b"ftyp") + b"\xff\xff\xff\xffmoov",
        box(b"moov", b"\0\0\0\x04mvhd"),
        box(b"moov", box(b"mvhd", b"\0")),
        box(b"moov", box(b"mvhd", b"\1" + b"\0" * 30)),
        box(b"moov", movie_header(5, 0)),
        box(b"moov", box(b"mvhd", b"\0" * 12, struct.pack(">II", 1, 2**32 - 1))),
        struct.pack(">I4sQ", 1, b"moov", 3),
        struct.pack(">I4s", 0, b"moov"),
        box(b"free") * 600 + box(b"moov", movie_header(5)),
        box(b"moov", box(b"trak", box(b"tkhd", b"\0" * 10))),
    ],
)
def test_a_hostile_mp4_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert read_picture(path) == Picture()


def test_a_moov_that_claims_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.write(struct.pack(">I4s", 2**31, b"moov") + movie_header(5))
        os.truncate(file.fileno(), 2**31)
    assert read_picture(path) == Picture()


@settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 4200), st.binary(min_size=1, max_size=8))
def test_a_damaged_mp4_is_read_without_failing(tmp_path: Path, at: int, damage: bytes) -> None:
    content = bytearray(film(media=64))
    at %= len(content)
    content[at : at + len(damage)] = damage
    path = tmp_path / "damaged"
    path.write_bytes(content)
    picture = read_picture(path)
    assert picture.duration >= 0
    assert 0 <= picture.width < 65536
