"""Changes variables in the text of a `.env` file, and writes the file in one step.

The file is read by three: `s` (Node's dotenv, then dotenv-expand), a shell, and `ops.dot_env`. So
a value that these read differently is refused.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ops import dot_env

MODE = 0o600
LARGEST = 256 * 1024  # bytes

_BARE = re.compile(r"[A-Za-z0-9_./:,@%+=~-]*")
_QUOTED = re.compile(r"[^'\x00-\x1f\x7f$\\`]*")


class FileError(Exception):
    """The file cannot be read or written; the message says why."""


class ValueRefused(Exception):
    """A value that `s`, a shell and our tools would read differently."""


class EnvFile:
    """The text of a `.env` file, and the bytes that were read."""

    def __init__(self, text: str, read: bytes | None) -> None:
        self.text = text
        self.read = read
        """None: there is no file yet."""

    @property
    def values(self) -> dict[str, str]:
        """The variables. Of a name that is there twice, the last one counts."""
        return dict(dot_env.parse(self.text))

    @property
    def repeated(self) -> list[str]:
        """The names that are there more than once."""
        counted = Counter(found[1] for found in dot_env.LINE.finditer(self.text))
        return sorted(name for name, times in counted.items() if times > 1)

    def put(self, name: str, value: str) -> None:
        """Set a variable where it stands, or at the end. Raises ValueRefused."""
        line = f"{name}={quoted(value)}"
        last = None
        for found in dot_env.LINE.finditer(self.text):
            last = found if found[1] == name else last
        if last is None:
            end = "" if not self.text or self.text.endswith("\n") else "\n"
            self.text += f"{end}{line}\n"
        else:
            rest = self.text[_end_of_value(self.text, last) :]
            blank = " " if rest.startswith("#") else ""
            self.text = self.text[: last.start(1)] + line + blank + rest


def _end_of_value(text: str, found: re.Match[str]) -> int:
    """Where the value ends. The match goes on, to the end of a comment in the next line."""
    return found.end(2) if found[2] is not None else text.index("=", found.end(1)) + 1


def quoted(value: str) -> str:
    """The text that a `.env` file needs for the value. Raises ValueRefused."""
    if _BARE.fullmatch(value):
        return value
    if not _QUOTED.fullmatch(value):
        raise ValueRefused
    return f"'{value}'"


def load(path: Path, example: Path) -> EnvFile:
    """The file at `path` or, if there is none, the text of the example. Raises FileError."""
    try:
        raw = path.read_bytes() if path.exists() else None
        text = (example.read_bytes() if raw is None else raw).decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"{path.name}: is not UTF-8") from None
    except OSError as error:
        raise FileError(f"{path.name}: {os.strerror(error.errno or 0)}") from None
    if raw is not None and (len(raw) > LARGEST or "\0" in text):
        raise FileError(f"{path.name}: is not a file of variables")
    return EnvFile(text, raw)


def write(path: Path, file: EnvFile) -> None:
    """Replace the file in one step, with mode 0600. Raises FileError; then nothing has changed."""
    place = path.resolve()
    made: str | None = None
    try:
        if (place.read_bytes() if place.exists() else None) != file.read:
            raise FileError(f"{path.name}: has changed meanwhile; run this again")
        # mkstemp makes it with mode 0600. Git ignores the name, as every .env.*.
        descriptor, made = tempfile.mkstemp(dir=place.parent, prefix=".env.", suffix=".new")
        with os.fdopen(descriptor, "wb") as out:
            out.write(file.text.encode())
            out.flush()
            os.fchmod(out.fileno(), MODE)
            os.fsync(out.fileno())
        os.replace(made, place)
        made = None
    except OSError as error:
        raise FileError(f"{path.name}: {os.strerror(error.errno or 0)}") from None
    finally:
        if made is not None:
            with contextlib.suppress(OSError):
                Path(made).unlink()


def changed_by_s(values: Mapping[str, str]) -> list[str]:
    """The variables of ours whose values `s` changes, because they hold `$`."""
    return sorted(
        name for name, value in values.items() if name.startswith("VODPASS_") and "$" in value
    )
