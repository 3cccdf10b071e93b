"""`python -m ops.rehearse`: from no settings to a deployment on which nothing is found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ops.prose import english

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(1200)
def test_the_whole_way_is_sound_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.rehearse", "--language", "zh"],
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
    assert re.search(r"^完成 [0-9]+ 项，失败或跳过 0 项$", first, re.M)
    assert re.search(r"^无需操作：[0-9]+ 项均符合要求$", second, re.M)
    assert re.search(r"^诊断 +没有发现问题$", second, re.M)
    assert re.search(r"^试用 +已上传、刷新、播放并删除一个视频$", second, re.M)
    assert re.search(r"^回调 +视频点播的回调已指向该部署$", second, re.M)
    # A reader of Chinese needs no English on the way.
    assert english(done.stdout + done.stderr) == []
    assert list(tmp_path.glob("vodpass-*")) == []
