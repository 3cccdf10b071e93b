"""Callbacks that come before, with and after the change of status that they announce."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.__main__ import make_cloud, parse_arguments
from fakealiyun.testing.vod import MP4, Upload, Vod, post_control, send
from fakealiyun.vod.callbacks.configuration import ALL, EVENT_TYPES
from fakealiyun.vod.settings import TRANSCODE, VodSettings

UPLOADED, DONE = "FileUploadComplete", "TranscodeComplete"


def received(cloud: FakeCloud) -> list[dict[str, Any]]:
    """The callbacks in the queue, in the order of their arrival."""
    return [json.loads(message.body) for message in cloud.queues.queue("vod-events").messages]


@pytest.fixture
def types(cloud: FakeCloud, vod: Vod) -> Callable[[], list[str]]:
    """The types of the callbacks that the queue has received."""
    cloud.queues.queue("vod-events")
    vod.call(
        "set_message_callback",
        callback_type="MNS",
        mns_endpoint=cloud.queues.endpoint,
        mns_queue_name="vod-events",
        event_type_list=f"{UPLOADED},{DONE},StreamTranscodeComplete,ImageUploadComplete",
    )
    return lambda: [event["EventType"] for event in received(cloud)]


def test_without_a_setting_a_callback_comes_with_its_status(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    video_id = vod.normal(template_group_id=TRANSCODE)
    assert (types(), vod.status(video_id)) == ([UPLOADED], "Transcoding")
    cloud.clock.advance(5)
    assert types()[-1] == DONE
    assert vod.status(video_id) == "Normal"


def test_a_transcode_is_announced_while_the_status_is_transcoding(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    """As a public project saw it, GetPlayInfo still refuses after TranscodeComplete."""
    cloud.vod.adjust(callback_offsets={DONE: -600})
    video_id = vod.normal(template_group_id=TRANSCODE)
    cloud.clock.advance(5)
    assert types() == [UPLOADED, DONE]
    assert vod.status(video_id) == "Transcoding"
    assert vod.refused("get_play_info", video_id=video_id) == (403, "Forbidden.IllegalStatus")
    cloud.clock.advance(600)
    assert vod.status(video_id) == "Normal"
    assert types() == [UPLOADED, DONE] + ["StreamTranscodeComplete"] * 2
    assert vod.call("get_play_info", video_id=video_id)["PlayInfoList"]["PlayInfo"]


def test_an_upload_is_announced_while_the_status_is_uploading(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    cloud.vod.adjust(callback_offsets={UPLOADED: -600})
    video_id = vod.normal()
    (event,) = received(cloud)
    assert (event["EventType"], event["Size"]) == (UPLOADED, len(MP4))
    assert vod.status(video_id) == "Uploading"
    mezzanine = vod.call("get_mezzanine_info", video_id=video_id)["Mezzanine"]
    assert mezzanine["Status"] == "Uploading"
    cloud.clock.advance(600)
    assert vod.status(video_id) == "Normal"
    assert types() == [UPLOADED]


def test_a_callback_may_come_long_after_the_status(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    cloud.vod.adjust(callback_offsets={UPLOADED: 600, DONE: 900})
    video_id = vod.normal(template_group_id=TRANSCODE)
    cloud.clock.advance(5)
    assert vod.status(video_id) == "Normal"
    assert types() == ["StreamTranscodeComplete"] * 2
    cloud.clock.advance(595)
    assert types()[2:] == [UPLOADED]
    cloud.clock.advance(305)
    assert types()[2:] == [UPLOADED, DONE]


def test_one_offset_for_all_types_and_others_for_some(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    cloud.vod.adjust(callback_offsets={ALL: 600, UPLOADED: 0})
    video_id = vod.normal(template_group_id=TRANSCODE)
    assert types() == [UPLOADED]
    cloud.clock.advance(5)
    assert (types(), vod.status(video_id)) == ([UPLOADED], "Normal")
    cloud.clock.advance(600)
    assert types() == [UPLOADED] + ["StreamTranscodeComplete"] * 2 + [DONE]


def test_an_image_is_announced_before_it_is_there(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    cloud.vod.adjust(callback_offsets={ALL: -600})
    image = Upload(vod.call("create_upload_image", image_type="default"))
    image.put(b"x")

    def status() -> str:
        info = vod.call("get_image_info", image_id=image.answer["ImageId"])["ImageInfo"]
        return str(info["Status"])

    assert (types(), status()) == (["ImageUploadComplete"], "Uploading")
    cloud.clock.advance(600)
    assert (types(), status()) == (["ImageUploadComplete"], "Normal")


def test_a_failed_transcode_too(cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]) -> None:
    cloud.vod.adjust(callback_offsets={ALL: -600})
    upload = vod.create(template_group_id=TRANSCODE)
    upload.put(b"no film")
    cloud.clock.advance(600)
    cloud.clock.advance(5)
    assert types()[-1] == DONE
    assert vod.status(upload.video_id) == "Transcoding"
    cloud.clock.advance(600)
    assert vod.status(upload.video_id) == "TranscodeFail"


def test_a_newer_file_wins_over_a_status_that_is_late(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    cloud.vod.adjust(callback_offsets={DONE: -600})
    upload = vod.create(template_group_id=TRANSCODE)
    upload.put()
    cloud.clock.advance(5)
    upload.put(b"no film")
    cloud.clock.advance(5)
    cloud.clock.advance(595)
    assert vod.status(upload.video_id) == "Transcoding"
    outcomes = [event["Status"] for event in received(cloud) if event["EventType"] == DONE]
    assert outcomes == ["success", "fail"]
    cloud.clock.advance(5)
    assert vod.status(upload.video_id) == "TranscodeFail"


def test_a_reset_cancels_what_is_late(
    cloud: FakeCloud, vod: Vod, types: Callable[[], list[str]]
) -> None:
    cloud.vod.adjust(callback_offsets={ALL: 600})
    vod.normal()
    cloud.reset()
    assert cloud.vod.settings.callback_offsets == {}
    cloud.clock.advance(600)
    assert cloud.vod.events.seen() == []


@pytest.mark.parametrize("event_type", [*EVENT_TYPES, ALL])
def test_the_control_route_sets_offsets(cloud: FakeCloud, event_type: str) -> None:
    answer = post_control(cloud, "vod", {"callback_offsets": {event_type: -2.5}})
    assert answer.status == 200
    shown = send(cloud, "GET", "/_local/vod").json()
    assert shown["callback_offsets"] == {event_type: -2.5}
    assert shown["upload_lifetime"] == 3600
    assert post_control(cloud, "vod", {"callback_offsets": {}}).json()["callback_offsets"] == {}


@pytest.mark.parametrize(
    "offsets",
    [
        {"TranscodeDone": 1},
        {"": 1},
        {DONE: "1"},
        {DONE: None},
        {DONE: True},
        {DONE: 86_401},
        {DONE: -1e300},
        [DONE],
        None,
        -2,
    ],
)
def test_what_are_no_offsets(cloud: FakeCloud, offsets: Any) -> None:
    assert post_control(cloud, "vod", {"callback_offsets": offsets}).status == 400
    assert cloud.vod.settings.callback_offsets == {}


def test_the_control_route_refuses_other_settings(cloud: FakeCloud) -> None:
    assert post_control(cloud, "vod", {"transcode_seconds": 1}).status == 400


def test_offsets_of_the_command() -> None:
    words = ["--callback-offset", f"{DONE}=-2", "--callback-offset", "ALL=1.5"]
    cloud = make_cloud(parse_arguments(words), {})
    assert cloud.vod.settings.callback_offsets == {DONE: -2.0, ALL: 1.5}


def test_a_cloud_does_not_start_with_a_wrong_offset() -> None:
    with pytest.raises(ValueError, match="callback_offsets"):
        VodSettings(callback_offsets={DONE: float("nan")})
