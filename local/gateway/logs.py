"""The log of the functions: the latest lines, also shown in the terminal."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MAX_LINE = 32 * 1024  # bytes of one log line (Function Compute's documentation)
MAX_TAIL = 4 * 1024  # bytes that `X-Fc-Log-Type: Tail` returns
KEPT_LINES = 5000

# A log line may contain text from a caller. It must not control the developer's terminal.
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class LogLine:
    """One line that a function wrote, or that Function Compute wrote about it."""

    function: str
    instance: str
    request_id: str | None
    text: str


class RequestLog:
    """The last MAX_TAIL bytes that one request logged."""

    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, line: bytes) -> None:
        """Append one line and drop the oldest bytes."""
        self._data += line + b"\n"
        del self._data[:-MAX_TAIL]

    def tail(self) -> bytes:
        """The last MAX_TAIL bytes."""
        return bytes(self._data)


class FunctionLogs:
    """The last KEPT_LINES lines of all functions. Threads may write and read at the same time.

    `echo` is called with each line, which then begins with the name of its function.
    """

    def __init__(self, echo: Callable[[str], None] | None = None) -> None:
        self._lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._lock = threading.Lock()
        self._echo = echo

    def write(self, line: LogLine) -> None:
        """Keep and show one line."""
        with self._lock:
            self._lines.append(line)
        if self._echo is not None:
            shown = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", line.text)
            self._echo(f"[{line.function}] {shown}")

    def lines(self, function: str | None = None) -> list[LogLine]:
        """The kept lines, oldest first, of one function or of all."""
        with self._lock:
            kept = list(self._lines)
        return [line for line in kept if function in (None, line.function)]
