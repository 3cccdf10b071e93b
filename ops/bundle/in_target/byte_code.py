"""Compile a folder, or check what was compiled. Run by an interpreter of the target's version.

python byte_code.py compile FOLDER
python byte_code.py check FOLDER

The byte code holds a hash of its source that Python does not check when it loads it (PEP 552,
`unchecked-hash`), because a zip changes the files' times. So it is checked here. Paths in the byte
code are those of the deployed function.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys
from pathlib import Path

UNCHECKED_HASH = (1).to_bytes(4, "little")
HEAD = 16


def head_of(source: bytes) -> bytes:
    """The first 16 bytes of the byte code of a source."""
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source)


def deployed(path: Path, folder: Path) -> str:
    return "/code/" + path.relative_to(folder).as_posix()


def compiled(source: bytes, name: str) -> bytes:
    code = compile(source, name, "exec", dont_inherit=True)
    # Dump, load and dump again. Otherwise the bytes would depend on which equal constants happened
    # to be the same object in the compiler's memory.
    return marshal.dumps(marshal.loads(marshal.dumps(code)))  # noqa: S302 - our own bytes


def compile_all(folder: Path) -> None:
    for path in sorted(folder.rglob("*.py")):
        source = path.read_bytes()
        target = Path(importlib.util.cache_from_source(str(path)))
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(head_of(source) + compiled(source, deployed(path, folder)))


def check_all(folder: Path) -> None:
    expected = {}
    for path in folder.rglob("*.py"):
        expected[Path(importlib.util.cache_from_source(str(path)))] = path
    found = set(folder.rglob("*.pyc"))
    if found != set(expected):
        odd = sorted(str(path.relative_to(folder)) for path in found ^ set(expected))
        raise SystemExit("byte code without source, or source without byte code: " + odd[0])
    for target, path in expected.items():
        data = target.read_bytes()
        if data[:HEAD] != head_of(path.read_bytes()):
            raise SystemExit(str(target.relative_to(folder)) + " does not match its source")
        code = marshal.loads(data[HEAD:])  # noqa: S302 - our own bytes
        if code.co_filename != deployed(path, folder):
            raise SystemExit(str(target.relative_to(folder)) + " names another file")


if __name__ == "__main__":
    {"compile": compile_all, "check": check_all}[sys.argv[1]](Path(sys.argv[2]))
