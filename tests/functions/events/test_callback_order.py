"""Callbacks of VOD before, with and after the Status that they announce: no event is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun.vod.settings import TRANSCODE
from tests.functions.events.conftest import emptied, running
from tests.support.code_under_test import CodeUnderTest
from tests.support.road import Road
from tests.support.waiting import wait_for

TRANSCODING = 5.0
"""Seconds that a transcode takes in the fake."""


OFFSETS = [
    *(("TranscodeComplete", seconds) for seconds in (-4.0, -1.0, 0.0, 30.0)),
    # The fake knows of a file only when it has arrived.
    *(("FileUploadComplete", seconds) for seconds in (0.0, 30.0)),
]
"""Event types, and how many seconds after the change of status VOD sends them."""


@pytest.fixture(scope="module")
def deployed(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("transcoding")
    with running(code_under_test, folder, VODPASS_TEMPLATE_GROUP_ID=TRANSCODE) as road:
        yield road


@pytest.fixture
def road(deployed: Road) -> Iterator[Road]:
    """A deployment whose uploads are transcoded."""
    yield from emptied(deployed)


@pytest.mark.parametrize("by_queue", [False, True], ids=["http", "queue"])
@pytest.mark.parametrize(("of", "seconds"), OFFSETS)
def test_every_event_arrives_within_two_minutes_under_one_id(
    road: Road, by_queue: bool, seconds: float, of: str
) -> None:
    road.stack.cloud.vod.adjust(callback_offsets={of: seconds})
    if by_queue:
        road.by_queue()
    upload = road.upload()
    road.finish(upload)
    road.settle()
    for step in (TRANSCODING + seconds, -seconds, 0.5, 61, 58):
        road.stack.cloud.clock.advance(max(step, 0.1))
        road.settle()
    wanted = {"upload.completed", "video.ready"}
    wait_for(
        lambda: {one.type for one in road.receiver.of(upload.video_id)} >= wanted, "both arrive"
    )
    for kind in wanted:
        assert len(road.receiver.ids(upload.video_id, kind)) == 1
