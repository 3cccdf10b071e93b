"""RESP, the protocol of Redis, as far as the store needs it: commands of texts, short answers."""

from __future__ import annotations

from collections.abc import Sequence

MAX_ANSWER = 4096  # bytes

Command = Sequence[str]


def encoded(command: Command) -> bytes:
    """A command as it is sent: an array of texts."""
    parts = [part.encode("utf-8") for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(
        b"$%d\r\n%s\r\n" % (len(part), part) for part in parts
    )


def answer(got: bytes, position: int) -> tuple[str, int] | None:
    """The answer at ``position`` and where it ends; None if it has not come completely.

    An error is its first word, after a hyphen. Raises ValueError for another kind of answer.
    """
    end = got.find(b"\r\n", position)
    if end < 0:
        return None
    kind, line = got[position : position + 1], got[position + 1 : end].decode("ascii", "replace")
    end += 2
    if kind == b"-":
        return f"-{line.partition(' ')[0]}", end
    if kind in (b"+", b":"):
        return line, end
    if kind != b"$":
        raise ValueError
    size = int(line)
    if size < 0:
        return "", end
    if not 0 <= size <= MAX_ANSWER:
        raise ValueError
    if len(got) < end + size + 2:
        return None
    return got[end : end + size].decode("ascii", "replace"), end + size + 2
