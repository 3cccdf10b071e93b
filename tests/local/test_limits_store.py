"""The store of the limits ends with the process that started it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.limits_store import LimitsStore
from tests.support.debian import program
from tests.support.processes import alive, children
from tests.support.waiting import wait_for

STARTER = """
import sys
from pathlib import Path
from local.limits_store import LimitsStore
store = LimitsStore(Path(sys.argv[1]))
store.start()
print("started", flush=True)
sys.stdin.read()
store.stop()
"""


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has started a store. It stops the store when its input ends."""
    redis_server = program(["redis-server"], "redis-server")
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(redis_server)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
        process.kill()


@pytest.mark.parametrize("to_all", [False, True], ids=["alone", "after Ctrl+C"])
def test_a_killed_process_leaves_no_store_behind(
    starter: subprocess.Popen[str], tmp_path: Path, to_all: bool
) -> None:
    started = children(starter.pid)
    assert "redis-server" in started.values()
    assert list(tmp_path.glob("vodpass-store-*"))
    if to_all:
        for pid in (pid for pid, name in started.items() if name != "redis-server"):
            os.kill(pid, signal.SIGINT)
    starter.kill()
    wait_for(lambda: not any(alive(pid) for pid in started), "the store has ended")
    wait_for(lambda: not list(tmp_path.iterdir()), "its folder is gone")


def test_a_stopped_store_leaves_nothing_running(
    starter: subprocess.Popen[str], tmp_path: Path
) -> None:
    started = children(starter.pid)
    starter.communicate(timeout=30)
    assert not any(alive(pid) for pid in started)
    assert not list(tmp_path.iterdir())


def test_a_restarted_store_is_guarded_again() -> None:
    store = LimitsStore(program(["redis-server"], "redis-server"))
    before = children(os.getpid())
    store.start()
    try:
        first = {pid: name for pid, name in children(os.getpid()).items() if pid not in before}
        assert sorted(first.values()) == ["redis-server", "sh"]
        store.restart()
        second = {pid: name for pid, name in children(os.getpid()).items() if pid not in before}
        assert sorted(second.values()) == ["redis-server", "sh"]
        assert first.keys().isdisjoint(second)
    finally:
        store.stop()
