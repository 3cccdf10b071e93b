"""VOD through its official client, and a receiver for its callbacks."""

from __future__ import annotations

from typing import Any

from fakealiyun import FakeCloud
from fakealiyun.testing.receiver import Receiver
from fakealiyun.testing.vod import MP4, Upload, Vod
from fakealiyun.vod.settings import TRANSCODE

APART = 1000.0
"""Seconds of cloud time between two attempts in these tests, so that real time, of which a busy
machine may take some, cannot bring one about."""

KEY = "Zc0FvzX4aB7nQwErTy12UiOpLkJhGf9d"


class House:
    """A cloud, its administrator's client, and a receiver."""

    def __init__(self, cloud: FakeCloud, receiver: Receiver) -> None:
        self.cloud = cloud
        self.receiver = receiver
        self.vod = Vod(cloud)

    def subscribe(self, events: str = "ALL", **fields: Any) -> None:
        """HTTP callbacks to the receiver, signed with KEY."""
        given = {
            "callback_type": "HTTP",
            "callback_url": self.receiver.url,
            "auth_switch": "on",
            "auth_key": KEY,
            "event_type_list": events,
            **fields,
        }
        self.vod.call("set_message_callback", **given)

    def subscribe_queue(self, name: str = "vod-events", events: str = "ALL") -> None:
        """Callbacks into a queue."""
        self.vod.call(
            "set_message_callback",
            callback_type="MNS",
            mns_endpoint=self.cloud.queues.endpoint,
            mns_queue_name=name,
            event_type_list=events,
        )

    def image(self, **fields: Any) -> Upload:
        return Upload(self.vod.call("create_upload_image", **{"image_type": "default", **fields}))

    def attached(self, **fields: Any) -> Upload:
        given = {"business_type": "subtitle", "media_ext": "srt", **fields}
        return Upload(self.vod.call("create_upload_attached_media", **given))

    def uploaded(self, content: bytes = MP4, **fields: Any) -> str:
        """The id of a video whose file has arrived, and whose callbacks have been attempted."""
        video_id = self.vod.normal(content, **fields)
        self.settle()
        return video_id

    def transcoded(self, content: bytes = MP4, **fields: Any) -> str:
        """The same, transcoded."""
        video_id = self.uploaded(content, template_group_id=TRANSCODE, **fields)
        self.pass_time(10)
        return video_id

    def settle(self) -> None:
        """Wait for the attempts under way."""
        self.cloud.vod.callbacks.settle()

    def pass_time(self, seconds: float = APART + 1) -> None:
        """Let cloud time pass, by default until the next attempt is due, and wait for the attempts
        that this begins."""
        self.cloud.clock.advance(seconds)
        self.settle()

    def outcomes(self) -> list[tuple[str, int, str]]:
        """Type, attempts and outcome of each delivery."""
        listed = self.cloud.vod.callbacks.deliveries()
        return [(one.event_type, one.attempts, one.outcome) for one in listed]
