"""A ReferenceId belongs to one video, even if several requests use it at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.media import Media
from fakealiyun.vod.settings import DEFAULT_APP, NO_TRANSCODE
from fakealiyun.vod.state import ReferenceIdTaken


def test_of_many_concurrent_creates_one_succeeds(cloud: FakeCloud) -> None:
    clients = [Vod(cloud) for _ in range(12)]

    def create(vod: Vod) -> str:
        try:
            return vod.create(reference_id="mark-0001").video_id
        except TeaException as error:
            return str(error.code)

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = sorted(pool.map(create, clients))
    (media,) = cloud.vod.library.all()
    assert answers == sorted([media.video_id] + ["InvalidReferenceId.Duplicated"] * 11)
    events = [event for event in cloud.vod.events.seen() if event.type == "MediaBaseChangeComplete"]
    assert len(events) == 1


@pytest.mark.parametrize("spelling", ["mark-0001", "MARK-0001"])
def test_threads_beside_the_server_cannot_both_take_it(cloud: FakeCloud, spelling: str) -> None:
    start = threading.Barrier(8)

    def create(number: int) -> bool:
        def build(video_id: str, stem: str, now: float, sequence: int) -> Media:
            return Media(
                video_id=video_id,
                title="A film",
                file_name="film.mp4",
                extension="mp4",
                bucket=cloud.vod.bucket,
                key=f"{stem}.mp4",
                template_group_id=NO_TRANSCODE,
                app_id=DEFAULT_APP,
                created=now,
                modified=now,
                sequence=sequence,
                reference_id="mark-0001" if number % 2 else spelling,
            )

        start.wait()
        try:
            cloud.vod.library.create(build)
        except ReferenceIdTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1
    assert len(cloud.vod.library.all()) == 1
