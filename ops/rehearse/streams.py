"""What a rehearsal prints, and what its commands read and print."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator

from ops import voice
from ops.voice import tell, told


class Copied(io.StringIO):
    """Keeps what is printed, and prints it too."""

    def __init__(self) -> None:
        super().__init__()
        self._out = sys.stdout

    def write(self, text: str) -> int:
        self._out.write(text)
        return super().write(text)


@contextlib.contextmanager
def standard_input(text: str) -> Iterator[None]:
    """Let a command of this process read a text."""
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before


def title(*words: str) -> None:
    """Print what runs next."""
    said = " ".join(told(word) for word in words if word)
    print(f"\n{'' if said.startswith('#') else '$ '}{said}", flush=True)


def right(text: str) -> None:
    """Print that something is as it should be."""
    tell(f"right    {text}")


def spoken() -> list[str]:
    """The arguments for the language of this command."""
    return [voice.OPTION, voice.spoken()]
