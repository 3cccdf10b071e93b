"""What /proc tells of processes that may end at any moment (Linux only)."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def _read(pid: int, name: str) -> str | None:
    """The text of /proc/PID/`name`; None if there is no such process, or no longer.

    A process may end between the opening of its file and the reading, so the reading fails too.
    """
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None


def alive(pid: int) -> bool:
    """Whether the process runs. A zombie counts as ended."""
    state = _read(pid, "stat")
    # The second field is the program's name in brackets; a name may hold blanks and brackets.
    return state is not None and state.rpartition(")")[2].split()[0] not in "ZX"


def kill(pid: int) -> None:
    """Kills the process, unless it has ended already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def children(pid: int) -> dict[int, str]:
    """The names of a process's children by their ids, without those that end meanwhile."""
    ids = (_read(pid, f"task/{pid}/children") or "").split()
    names = {int(child): _read(int(child), "comm") for child in ids}
    return {child: name.strip() for child, name in names.items() if name is not None}
