"""Unpacks a code package: a zip from an untrusted source.

Names, links and sizes in the archive cannot make it write outside the given folder or exceed the
limits. The real limits for unpacked code are not documented. These protect the machine.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

MAX_BYTES = 512 * 1024 * 1024
MAX_FILES = 20_000
_MAX_DIRECTORY = 8 * 1024 * 1024  # bytes of the list of entries; zipfile reads all of it at once
_MAX_LINK = 1024
_LONGEST_NAME = 512
_END = struct.Struct("<4s4H2LH")
_CHUNK = 256 * 1024


class ArchiveError(ValueError):
    """The archive cannot be used. The message says why and never quotes the content."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip into the empty `folder`. Raises ArchiveError; then delete the folder."""
    try:
        _check_directory(archive)
        with zipfile.ZipFile(archive) as opened:
            _unpack(opened, folder)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, struct.error, EOFError):
        raise ArchiveError("the package is not a valid zip") from None
    except (NotImplementedError, RuntimeError):
        raise ArchiveError("the package uses a kind of zip that is not supported") from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise ArchiveError("two entries of the package have the same name") from None
    except OSError as error:
        raise ArchiveError(f"the package cannot be unpacked ({error.strerror})") from None


def _check_directory(archive: Path) -> None:
    """Refuse a list of entries that is too long, before zipfile reads it."""
    size = archive.stat().st_size
    with archive.open("rb") as file:
        file.seek(max(0, size - _END.size - 0xFFFF))
        tail = file.read()
    if tail[-_END.size :].startswith(b"PK\5\6") and tail.endswith(b"\0\0"):
        place = len(tail) - _END.size
    else:
        place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise ArchiveError("the package is not a zip")
    if tail[max(0, place - 20) : place].startswith(b"PK\6\7"):
        raise ArchiveError("zip64 is not supported")
    _, _, _, _, count, length, _, _ = _END.unpack_from(tail, place)
    if count > MAX_FILES or length > _MAX_DIRECTORY:
        raise ArchiveError(f"the package has more than {MAX_FILES} entries")


def _unpack(opened: zipfile.ZipFile, folder: Path) -> None:
    entries = opened.infolist()
    if len(entries) > MAX_FILES:
        raise ArchiveError(f"the package has more than {MAX_FILES} entries")
    left = MAX_BYTES
    links: list[tuple[Path, str]] = []
    for entry in entries:
        place = folder / _name(entry)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.flag_bits & 1:
            raise ArchiveError("the package is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveError("the package uses a kind of zip that is not supported")
        if entry.is_dir():
            if kind not in (0, stat.S_IFDIR):
                raise ArchiveError("an entry is neither a file nor a folder nor a link")
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source:
            if kind == stat.S_IFLNK:
                links.append((place, _target(source)))
            elif kind in (0, stat.S_IFREG):
                executable = bool(entry.external_attr >> 16 & 0o100)
                left = _copy(source, place, left, 0o755 if executable else 0o644)
            else:
                raise ArchiveError("an entry is neither a file nor a folder nor a link")
    _link(links, folder)


def _name(entry: zipfile.ZipInfo) -> PurePosixPath:
    # zipfile cuts `filename` at a NUL and changes it on some systems. This is the original name.
    name = entry.orig_filename
    path = PurePosixPath(name)
    if (
        not path.parts
        or len(name) > _LONGEST_NAME
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or not name.isprintable()
        or ":" in path.parts[0]
    ):
        raise ArchiveError("an entry has a name that leads out of the package or is malformed")
    return path


def _copy(source: IO[bytes], place: Path, left: int, mode: int) -> int:
    with place.open("xb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise ArchiveError(f"the package unpacks to more than {MAX_BYTES} bytes")
            file.write(chunk)
    place.chmod(mode)
    return left


def _target(source: IO[bytes]) -> str:
    raw = source.read(_MAX_LINK + 1)
    try:
        target = raw.decode()
    except UnicodeDecodeError:
        target = ""
    if not target or len(raw) > _MAX_LINK or not target.isprintable() or target.startswith("/"):
        raise ArchiveError("a link of the package leads out of it or is malformed")
    return target


def _link(links: list[tuple[Path, str]], folder: Path) -> None:
    """Make the links last, so that no file is written through a link. Then check their targets."""
    for place, target in links:
        place.symlink_to(target)
    root = folder.resolve()
    for place, _ in links:
        try:
            led = Path(os.path.realpath(place, strict=True))
        except OSError:
            raise ArchiveError("a link of the package leads nowhere") from None
        if not led.is_relative_to(root):
            raise ArchiveError("a link of the package leads out of it or is malformed")
