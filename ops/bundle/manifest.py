"""The manifest of a bundle, and the steps that make its bytes the same on every machine."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLACE = "python/manifest.json"
"""Its place in a function's folder. It is in `python/` because the names at `/code` are fixed."""

_TIME = 315532800  # 1980-01-01, the earliest time that a zip can hold


def write(folder: Path, about: Mapping[str, Any]) -> None:
    """Write the manifest: `about`, and the SHA-256 of every other file of the function."""
    content = {**about, "files": digests(folder)}
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    (folder / PLACE).write_text(text, "utf-8")


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file but the manifest, by its place at `/code`."""
    return {
        place: hashlib.sha256(path.read_bytes()).hexdigest()
        for place, path in _files(folder)
        if place != PLACE
    }


def settle(folder: Path) -> None:
    """Give every file and folder fixed permissions and times."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_TIME, _TIME))


def archive(folder: Path) -> bytes:
    """The zip that a deployment uploads, sorted and with fixed times, as the `s` tool makes it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made:
        for place, path in _files(folder):
            entry = zipfile.ZipInfo(place, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, path.read_bytes())
    return content.getvalue()


def _files(folder: Path) -> list[tuple[str, Path]]:
    return sorted(
        (path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()
    )
