"""Checks that native code fits the target; else a function would fail only when it is deployed."""

from __future__ import annotations

import re
from pathlib import Path

from ops.bundle.target import Target
from ops.code_folder import BuildError

_X86_64 = 62  # e_machine
_SHARED_OBJECT = 3  # e_type
_WHEEL_TAG = re.compile(r"^Tag: (\S+)-(\S+)-(\S+)$", re.MULTILINE)
_MANYLINUX = re.compile(r"manylinux_2_(\d+)_x86_64|manylinux(?:1|2010|2014)_x86_64")
_GLIBC_2 = 28
"""python3.10 runs on Debian 10 with glibc 2.28, the older of the two runtimes."""


def check(folder: Path, target: Target) -> list[Path]:
    """The native files in `folder`. Raises BuildError for one that does not fit."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        with path.open("rb") as file:
            head = file.read(20)
        if head[:4] == b"\x7fELF":
            _check_elf(path, head, target)
            found.append(path)
        elif path.suffix in (".so", ".pyd", ".dll", ".dylib") or ".so." in path.name:
            raise BuildError(f"{path.name} is native code for another platform")
    return found


def _check_elf(path: Path, head: bytes, target: Target) -> None:
    kind, machine = (int.from_bytes(head[at : at + 2], "little") for at in (16, 18))
    if head[4:6] != b"\x02\x01" or kind != _SHARED_OBJECT or machine != _X86_64:
        raise BuildError(f"{path.name} is not native code for Linux x86-64")
    stem, _, tag = path.name.removesuffix(".so").partition(".")
    if tag not in ("abi3", f"{target.cache_tag}-x86_64-linux-gnu"):
        raise BuildError(f"{stem} is native code for {tag or 'no Python'}, not {target.cache_tag}")


def check_wheel(info: Path, target: Target) -> None:
    """Raise BuildError if a distribution's wheel is for another Python or a newer glibc."""
    tags = _WHEEL_TAG.findall((info / "WHEEL").read_text())
    if not any(_fits(python, abi, platform, target) for python, abi, platform in tags):
        made = ", ".join("-".join(tag) for tag in tags) or "nothing"
        raise BuildError(f"{info.name.removesuffix('.dist-info')} is made for {made}")


def _fits(python: str, abi: str, platform: str, target: Target) -> bool:
    mine = f"cp{target.python.replace('.', '')}"
    if abi == "abi3":
        minor = re.fullmatch(r"cp3(\d+)", python)
        good = minor is not None and int(minor[1]) <= int(target.python.partition(".")[2])
    else:
        good = (python in ("py3", "py2.py3") and abi == "none") or (python, abi) == (mine, mine)
    glibc = _MANYLINUX.fullmatch(platform)
    old_enough = glibc is not None and int(glibc[1] or 17) <= _GLIBC_2
    return good and (platform == "any" or old_enough)
