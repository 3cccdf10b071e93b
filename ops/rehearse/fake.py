"""An empty account in a fake cloud on this machine, for the time of a rehearsal."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.account import Account, Key

REGION = "cn-shanghai"
"""The region of the fake cloud."""

KEY = Key("LTAIlocaladmin", "local-admin-secret")
"""The public key of the fake account, which opens nothing else."""

_PROJECT = Path(__file__).resolve().parents[2]
_READY = re.compile(r"vodpass ready: functions (http://\S+) +cloud http://(127\.0\.0\.1:\d+)")


class NotStarted(Exception):
    """The fake cloud does not start."""


@dataclass(frozen=True)
class Fake:
    """A running fake cloud, by the address of its API."""

    endpoint: str

    def account(self) -> Account:
        """Its account, called with its administrator's key."""
        at = self.endpoint
        return Account(KEY, REGION, endpoint=at, ram_endpoint=at, fc_endpoint=at)


@contextlib.contextmanager
def fake(webhook_url: str, *mapped: str) -> Iterator[Fake]:
    """An empty account, on ports of its own, that accepts deployments. Raises NotStarted.

    Deployed functions send their events to `webhook_url`. The fake cloud answers to the names
    `mapped` too.
    """
    names = [word for name in mapped for word in ("--map-host", name)]
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--empty-account", "--webhook-url", webhook_url, *names],
        cwd=_PROJECT,
        env={name: text for name, text in os.environ.items() if not name.startswith("VODPASS_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield _ready(process)
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[str]) -> Fake:
    while process.stdout is not None and (line := process.stdout.readline()):
        found = _READY.match(line)
        if found:
            _drain(process)
            return Fake(found[2])
    raise NotStarted("the fake cloud does not start: try `python -m local --empty-account`")


def _drain(process: subprocess.Popen[str]) -> None:
    """Read on in the background, so that the fake cloud never waits for a reader."""

    def read() -> None:
        with contextlib.suppress(ValueError, OSError):
            while process.stdout is not None and process.stdout.readline():
                pass

    threading.Thread(target=read, daemon=True).start()
