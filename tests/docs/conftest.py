"""`make run` without its set-up, for samples that are pasted beside it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
READY = re.compile(r"vodpass ready: functions http://127\.0\.0\.1:(\d+)  cloud http://[^:]+:(\d+)")


@pytest.fixture
def ports() -> Iterator[tuple[str, str]]:
    """The ports of a running `python -m local`: functions and cloud."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=PROJECT,
        env={**os.environ, "PORT": "0", "CLOUD_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        found = next((match for match in map(READY.match, output) if match), None)
        try:
            assert found is not None, "no ready line"
            yield found[1], found[2]
        finally:
            process.send_signal(signal.SIGINT)
            output.read()
            code = process.wait(timeout=30)
    assert code == 0
