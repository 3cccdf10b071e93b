"""The build backend: setuptools, with wheels that are the same bytes on every machine.

Setuptools copies times and permissions of the source files into a wheel. They depend on the
checkout. Here every entry gets the same ones, in sorted order.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

_COPIES = Path("build")  # in the project, which is the current folder of a backend
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel; returns its file name (PEP 517).

    Setuptools copies the modules to `build/` and never removes them there. A module that was
    deleted since would get into the wheel. So the folder is removed before and afterwards.
    """
    shutil.rmtree(_COPIES, ignore_errors=True)
    name = str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))
    shutil.rmtree(_COPIES, ignore_errors=True)
    settle(Path(wheel_directory) / name)
    return name


def settle(wheel: Path) -> None:
    """Write a wheel again, sorted, with fixed times and permissions."""
    with zipfile.ZipFile(wheel) as made:
        content = {entry.filename: made.read(entry) for entry in made.infolist()}
    # RECORD is last, as the specification of wheels recommends.
    names = sorted(content, key=lambda name: (name.endswith(".dist-info/RECORD"), name))
    with zipfile.ZipFile(wheel, "w") as settled:
        for name in names:
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            settled.writestr(entry, content[name], compresslevel=6)
