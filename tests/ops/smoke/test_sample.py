"""The file that the smoke test uploads by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakealiyun.vod.container import read_container
from fakealiyun.vod.mp4 import Picture, read_picture
from ops.smoke.command import SAMPLE
from ops.smoke.sample import HEIGHT, LEAST, WIDTH, mp4


@pytest.mark.parametrize("size", [LEAST, 100_000, SAMPLE])
def test_is_an_mp4_file_of_the_given_size(tmp_path: Path, size: int) -> None:
    path = tmp_path / "sample.mp4"
    path.write_bytes(mp4(size))
    assert path.stat().st_size == size
    assert read_container(path) == "iso"
    assert read_picture(path) == Picture(1.0, WIDTH, HEIGHT)


def test_every_file_is_different() -> None:
    assert mp4(SAMPLE) != mp4(SAMPLE)


def test_a_size_that_is_too_small() -> None:
    with pytest.raises(ValueError, match="at least 45000 bytes"):
        mp4(LEAST - 1)
