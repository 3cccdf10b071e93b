"""`python -m ops.rehearse`: from no settings to a deployment on which nothing is found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(1200)
def test_the_whole_way_is_sound_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.rehearse"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    commands = re.findall(r"^\$ python -m (ops\.\w+)", done.stdout, re.M)
    assert commands == ["ops.setup", "ops.account", "ops.account", "ops.deploy"]
    first, second = done.stdout.split("$ python -m ops.account apply")[1:]
    assert re.search(r"^[0-9]+ done, 0 failed or left$", first, re.M)
    assert re.search(r"^nothing to do: [0-9]+ are as they should be$", second, re.M)
    assert re.search(r"^doctor +nothing found$", second, re.M)
    assert re.search(r"^smoke +uploaded, refreshed, played and deleted a video$", second, re.M)
    assert re.search(r"^callback +VOD sends its callbacks to this deployment$", second, re.M)
    assert list(tmp_path.glob("vodpass-*")) == []
