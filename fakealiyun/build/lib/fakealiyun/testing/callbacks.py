"""A cloud with VOD's official client and a receiver for callbacks."""

from __future__ import annotations

from typing import Any

from fakealiyun import FakeCloud
from fakealiyun.testing.receiver import Receiver
from fakealiyun.testing.vod import MP4, Upload, Vod
from fakealiyun.vod.settings import TRANSCODE

APART = 1000.0
"""Seconds of cloud time between two attempts in the tests. It is long, so that a slow machine does
not reach the next attempt in real time."""

KEY = "Zc0FvzX4aB7nQwErTy12UiOpLkJhGf9d"


class House:
    """A cloud, the administrator's client of VOD, and a receiver."""

    def __init__(self, cloud: FakeCloud, receiver: Receiver) -> None:
        self.cloud = cloud
        self.receiver = receiver
        self.vod = Vod(cloud)

    def subscribe(self, events: str = "ALL", **fields: Any) -> None:
        """Send HTTP callbacks to the receiver, signed with KEY."""
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
        """Send callbacks to a queue."""
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
        """Upload a video, and wait for the attempts of its callbacks. Returns its VideoId."""
        video_id = self.vod.normal(content, **fields)
        self.settle()
        return video_id

    def transcoded(self, content: bytes = MP4, **fields: Any) -> str:
        """Upload and transcode a video. Returns its VideoId."""
        video_id = self.uploaded(content, template_group_id=TRANSCODE, **fields)
        self.pass_time(10)
        return video_id

    def settle(self) -> None:
        """Wait for the attempts that are running."""
        self.cloud.vod.callbacks.settle()

    def pass_time(self, seconds: float = APART + 1) -> None:
        """Move cloud time, by default to the next attempt, and wait for the attempts."""
        self.cloud.clock.advance(seconds)
        self.settle()

    def outcomes(self) -> list[tuple[str, int, str]]:
        """The event type, the number of attempts and the outcome of each delivery."""
        listed = self.cloud.vod.callbacks.deliveries()
        return [(one.event_type, one.attempts, one.outcome) for one in listed]
