"""The web client in Node: everything that needs no browser."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from local.stack import Stack

FOLDER = Path(__file__).parent / "node"


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.test.mjs")))
def test_in_node(name: str, node: str, stack: Stack) -> None:
    done = subprocess.run(
        # The limit is the whole file's too.
        [node, "--test", "--test-timeout=240000", "--test-reporter=spec", str(FOLDER / name)],
        env={**os.environ, "VODPASS": stack.url, "CLOUD": stack.cloud.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ℹ pass 0" not in done.stdout, "it ran no test"
