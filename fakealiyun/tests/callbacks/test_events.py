"""The bodies of the events, and which events an upload causes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.clock import utc
from fakealiyun.testing.callbacks import House
from fakealiyun.testing.mp4 import film
from fakealiyun.testing.vod import MP4
from fakealiyun.vod.settings import TRANSCODE, WORKFLOW, VodSettings

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
STREAM = {
    "Status": str,
    "IsAudio": bool,
    "Size": int,
    "Definition": str,
    "Fps": str,
    "StartTime": str,
    "Duration": float,
    "Bitrate": str,
    "Encrypt": bool,
    "FileUrl": str,
    "Format": str,
    "FinishTime": str,
    "Height": int,
    "Width": int,
    "JobId": str,
}
"""The fields of a stream in TranscodeComplete, in order, with their types."""


def only(house: House, event_type: str) -> dict[str, Any]:
    """The only event of a type that the receiver got."""
    (found,) = [one.event for one in house.receiver.received if one.type == event_type]
    return found


def test_file_upload_complete(house: House) -> None:
    house.subscribe()
    upload = house.vod.create(user_data='{"Extend":{"who":"é"}}')
    upload.put(MP4)
    house.settle()
    event = only(house, "FileUploadComplete")
    assert TIME.fullmatch(event.pop("EventTime"))
    assert event == {
        "EventType": "FileUploadComplete",
        "VideoId": upload.video_id,
        "Status": "success",
        "Size": len(MP4),
        "FileUrl": f"http://{house.cloud.vod.storage_location}/{upload.key}",
        "Extend": '{"who":"é"}',
    }


def test_file_upload_complete_has_the_fields_of_a_production_message_in_their_order(
    house: House,
) -> None:
    house.subscribe()
    house.uploaded(reference_id="mark-0001")
    event = only(house, "FileUploadComplete")
    assert list(event) == ["Status", "FileUrl", "VideoId", "EventType", "EventTime", "Size"]
    assert event["FileUrl"].startswith("http://outin-")


def test_transcode_complete_has_the_fields_of_a_production_message_in_their_order(
    house: House,
) -> None:
    house.subscribe()
    before = utc(house.cloud.clock.now())
    house.transcoded(film(seconds=2.0, width=64, height=36), reference_id="mark-0001")
    event = only(house, "TranscodeComplete")
    assert list(event) == ["Status", "VideoId", "EventType", "EventTime", "StreamInfos"]
    for stream in event["StreamInfos"]:
        assert {name: type(value) for name, value in stream.items()} == STREAM
        assert list(stream) == list(STREAM)
        assert stream["IsAudio"] is False
        assert re.fullmatch(r"[0-9]+", stream["Bitrate"])
        assert re.fullmatch(r"[0-9]+", stream["Fps"])
        assert before <= stream["StartTime"] < stream["FinishTime"] <= event["EventTime"]
        assert stream["FileUrl"].startswith("http://outin-")


def test_an_audio_stream_says_so(house: House) -> None:
    house.subscribe("TranscodeComplete")
    house.transcoded(b"ID3" + b"\0" * 600, file_name="song.mp3")
    infos = only(house, "TranscodeComplete")["StreamInfos"]
    assert [info["IsAudio"] for info in infos] == [True, True]


@pytest.mark.parametrize(("content", "status"), [(MP4, "Succeed"), (b"no film", "Failed")])
def test_a_workflow_reports_its_task_and_not_the_transcode(
    house: House, content: bytes, status: str
) -> None:
    house.subscribe()
    video_id = house.uploaded(content, workflow_id=WORKFLOW, user_data='{"Extend":"mine"}')
    house.pass_time(10)
    event = only(house, "WorkflowTaskComplete")
    assert TIME.fullmatch(event.pop("EventTime"))
    assert event == {
        "Status": status,
        "VideoId": video_id,
        "EventType": "WorkflowTaskComplete",
        "Extend": "mine",
    }
    assert sorted(house.receiver.types()) == [
        "FileUploadComplete",
        "MediaBaseChangeComplete",
        "StreamTranscodeComplete",
        "StreamTranscodeComplete",
        "WorkflowTaskComplete",
    ]


def test_extend_is_the_same_text_that_was_given_as_a_text(house: House) -> None:
    house.subscribe()
    text = '{"a": [1,  2]}'
    house.uploaded(user_data=json.dumps({"Extend": text}))
    assert only(house, "FileUploadComplete")["Extend"] == text


def test_image_upload_complete_has_a_colon_before_the_milliseconds(house: House) -> None:
    house.subscribe()
    upload = house.image()
    upload.put(b"x" * 9)
    house.settle()
    event = only(house, "ImageUploadComplete")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d:\d{3}Z", event.pop("EventTime"))
    assert event == {
        "EventType": "ImageUploadComplete",
        "ImageId": upload.answer["ImageId"],
        "Size": 9,
        "FileURL": upload.answer["FileURL"],
        "Status": "success",
        "AppId": "app-1000000",
    }


def test_attached_media_upload_complete_names_an_attached_media_id(house: House) -> None:
    house.subscribe()
    upload = house.attached()
    upload.put(b"x" * 9)
    house.settle()
    event = only(house, "AttachedMediaUploadComplete")
    assert TIME.fullmatch(event.pop("EventTime"))
    assert event == {
        "EventType": "AttachedMediaUploadComplete",
        "AttachedMediaId": upload.answer["MediaId"],
        "Size": 9,
        "FileURL": upload.answer["FileURL"],
        "Status": "success",
    }


def test_without_transcoding_the_upload_is_all_that_is_announced(house: House) -> None:
    house.subscribe()
    house.uploaded()
    house.pass_time(3600)
    assert sorted(house.receiver.types()) == ["FileUploadComplete", "MediaBaseChangeComplete"]


def test_a_transcode_is_announced_stream_by_stream_and_as_a_whole(house: House) -> None:
    house.subscribe()
    content = film(seconds=2.0, width=64, height=36)
    upload = house.vod.create(template_group_id=TRANSCODE, user_data='{"Extend":"mine"}')
    upload.put(content)
    house.settle()
    assert sorted(house.receiver.types()) == ["FileUploadComplete", "MediaBaseChangeComplete"]
    house.pass_time(5)
    whole = only(house, "TranscodeComplete")
    streams = [r.event for r in house.receiver.received if r.type == "StreamTranscodeComplete"]
    assert sorted(stream["Definition"] for stream in streams) == ["LD", "SD"]
    assert (whole["VideoId"], whole["Status"], whole["Extend"]) == (
        upload.video_id,
        "success",
        "mine",
    )
    assert len(whole["StreamInfos"]) == 2
    for event in streams:
        assert event["Extend"] == "mine"
        assert (event["Format"], event["Status"], event["Encrypt"]) == ("mp4", "success", False)
        assert (event["Duration"], event["Width"], event["Height"]) == (2.0, 64, 36)
        assert float(event["Bitrate"]) > 0
        assert isinstance(event["Bitrate"], str)
        inner = {k: v for k, v in event.items() if k not in ("EventTime", "EventType")}
        inner = {k: v for k, v in inner.items() if k not in ("VideoId", "Extend")}
        assert inner in whole["StreamInfos"]


def test_a_failed_transcode_says_so_everywhere(house: House) -> None:
    house.subscribe("StreamTranscodeComplete,TranscodeComplete")
    house.transcoded(b"no film at all")
    events = [received.event for received in house.receiver.received]
    assert len(events) == 3
    assert {event["Status"] for event in events} == {"fail"}
    whole = only(house, "TranscodeComplete")
    assert all(info["ErrorCode"] and info["ErrorMessage"] for info in whole["StreamInfos"])


def test_creation_and_deletion_change_the_base(house: House) -> None:
    house.subscribe("MediaBaseChangeComplete,DeleteMediaComplete")
    video_id = house.vod.create(title="Näme", tags="a,b", file_name="song.mp3").video_id
    house.settle()
    created = only(house, "MediaBaseChangeComplete")
    assert TIME.fullmatch(created.pop("EventTime"))
    content = created.pop("MediaContent")
    assert created == {
        "EventType": "MediaBaseChangeComplete",
        "Status": "success",
        "MediaId": video_id,
        "MediaType": "video",
        "OperateMode": "create",
    }
    assert {name: json.loads(text) for name, text in content.items()} == {
        "Title": {"NewValue": "Näme"},
        "Tags": {"NewValue": "a,b"},
    }
    house.receiver.received.clear()
    house.vod.call("delete_video", video_ids=video_id)
    house.settle()
    assert only(house, "MediaBaseChangeComplete")["OperateMode"] == "delete"
    deleted = only(house, "DeleteMediaComplete")
    assert TIME.fullmatch(deleted.pop("EventTime"))
    assert deleted == {
        "EventType": "DeleteMediaComplete",
        "Status": "success",
        "MediaId": video_id,
        "MediaType": "video",
        "DeleteType": "all",
    }


def test_images_and_attached_media_change_no_base(house: House) -> None:
    """By the documentation only CreateUploadVideo, UpdateVideoInfo and DeleteVideo cause it."""
    house.subscribe()
    house.image()
    house.attached()
    house.settle()
    assert house.receiver.received == []


def test_event_times_are_the_clouds(house: House) -> None:
    house.subscribe("FileUploadComplete")
    house.cloud.clock.advance(400 * 86_400)
    video_id = house.uploaded()
    event = only(house, "FileUploadComplete")
    created = house.vod.call("get_video_info", video_id=video_id)["Video"]["CreationTime"]
    assert event["EventTime"][:10] == created[:10]
    assert event["EventTime"] > "2027"


def test_no_url_in_a_body_is_https(house: House) -> None:
    house.subscribe()
    house.transcoded()
    house.image().put(b"x")
    house.attached().put(b"x")
    house.settle()
    bodies = b"".join(received.body for received in house.receiver.received)
    assert b"http://" in bodies
    assert b"https://" not in bodies


def test_an_overwritten_video_is_transcoded_and_announced_again(house: House) -> None:
    settings = VodSettings(transcode_seconds=60)
    with FakeCloud(vod_settings=settings) as cloud:
        other = House(cloud, house.receiver)
        other.subscribe("FileUploadComplete,TranscodeComplete")
        upload = other.vod.create(template_group_id=TRANSCODE)
        upload.put(MP4)
        other.pass_time(30)
        upload.put(MP4 + b"\0")
        other.pass_time(30)
        assert sorted(house.receiver.types()) == ["FileUploadComplete"] * 2
        other.pass_time(30)
        assert sorted(house.receiver.types()) == ["FileUploadComplete"] * 2 + ["TranscodeComplete"]
