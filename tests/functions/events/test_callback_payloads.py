"""The functions can read every callback of the fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.callbacks import House
from fakealiyun.testing.receiver import Receiver
from shared.events import callback as notice


@pytest.fixture
def house(cloud: FakeCloud) -> Iterator[House]:
    receiver = Receiver()
    yield House(cloud, receiver)
    receiver.close()


def test_the_functions_can_read_each_callback(house: House) -> None:
    house.subscribe()
    video_id = house.transcoded()
    image, attached = house.image(), house.attached()
    image.put(b"x")
    attached.put(b"x")
    house.vod.call("delete_video", video_ids=video_id)
    house.settle()
    read = {
        (one.event_type, one.media_type, one.media_id)
        for one in (notice.read(received.body) for received in house.receiver.received)
        if one.known
    }
    assert read == {
        ("MediaBaseChangeComplete", "video", video_id),
        ("FileUploadComplete", "video", video_id),
        ("StreamTranscodeComplete", "video", video_id),
        ("TranscodeComplete", "video", video_id),
        ("DeleteMediaComplete", "video", video_id),
        ("ImageUploadComplete", "image", image.answer["ImageId"]),
        ("AttachedMediaUploadComplete", "attached", attached.answer["MediaId"]),
    }
    assert len(house.receiver.received) == 9
