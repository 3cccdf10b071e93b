"""The sample that compares the file at publication, on a deployment whose file is replaced."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from fakealiyun.testing.vod import Vod
from local.stack import PROJECT
from tests.docs.guides.app import begin, put
from tests.docs.guides.test_bodies import TRANSCODED
from tests.support.road import FILM, Road
from tests.support.waiting import wait_for

SAMPLE = PROJECT / "docs" / "examples" / "publish.py"


@pytest.fixture(scope="module")
def sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("publish", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_the_reviewed_file_is_published(road: Road, sample: ModuleType) -> None:
    answer = begin(road)
    video_id = answer["VideoId"]
    put(answer)
    [told] = wait_for(
        lambda: road.receiver.of(video_id, "upload.completed"), "the app knows of the file"
    )
    road.settle()
    road.stack.cloud.clock.advance(TRANSCODED)
    vod = Vod(road.stack.cloud)._client
    reviewed = (told.data["Size"], told.data["FileMD5"])
    assert sample.is_reviewed_file(vod, video_id, *reviewed)
    assert not sample.is_reviewed_file(vod, video_id, reviewed[0] + 1, reviewed[1])
    assert not sample.is_reviewed_file(vod, video_id, reviewed[0], "")
    assert not sample.is_reviewed_file(vod, video_id, reviewed[0], "0" * 32)
    put(answer, FILM[:-1] + b"\xff")
    assert not sample.is_reviewed_file(vod, video_id, *reviewed)


def test_the_command_needs_its_arguments_and_a_key() -> None:
    done = subprocess.run(
        [sys.executable, str(SAMPLE)], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in done.stderr
