"""The status machine in cloud time, and the events that it announces."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.mp4 import film
from fakealiyun.testing.vod import MP4, Vod
from fakealiyun.vod.events import Event
from fakealiyun.vod.settings import TRANSCODE, VodSettings
from tests.vod.test_container import HEADS


def event_types(cloud: FakeCloud) -> list[str]:
    return [event.type for event in cloud.vod.events.seen()]


def test_a_video_waits_for_its_file(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.create().video_id
    cloud.clock.advance(10 * 86400)
    assert vod.status(video_id) == "Uploading"
    mezzanine = vod.call("get_mezzanine_info", video_id=video_id)["Mezzanine"]
    assert mezzanine["Status"] == "Uploading"
    assert "FileURL" not in mezzanine
    assert "FileMD5" not in mezzanine


def test_a_playable_file_is_normal_without_transcoding(cloud: FakeCloud, vod: Vod) -> None:
    content = film(12.5, 1280, 720)
    video_id = vod.normal(content)
    video = vod.call("get_video_info", video_id=video_id)["Video"]
    assert (video["Status"], video["Size"], video["Duration"]) == ("Normal", len(content), 12.5)
    mezzanine = vod.call("get_mezzanine_info", video_id=video_id)["Mezzanine"]
    assert mezzanine["Status"] == "Normal"
    assert mezzanine["FileMD5"] == hashlib.md5(content).hexdigest()  # noqa: S324
    assert (mezzanine["Size"], mezzanine["Width"], mezzanine["Height"]) == (
        len(content),
        1280,
        720,
    )
    assert event_types(cloud) == ["MediaBaseChangeComplete", "FileUploadComplete"]


@pytest.mark.parametrize("extension", ["mp4", "flv", "mp3", "m3u8", "webm"])
def test_what_plays_as_it_is(vod: Vod, extension: str) -> None:
    assert vod.status(vod.normal(HEADS[extension], file_name=f"a.{extension}")) == "Normal"


@pytest.mark.parametrize("extension", ["mov", "mkv", "avi", "wav", "flac"])
def test_what_is_only_stored(vod: Vod, extension: str) -> None:
    assert vod.status(vod.normal(HEADS[extension], file_name=f"a.{extension}")) == "UploadSucc"


@pytest.mark.parametrize("content", [b"", b"no film", HEADS["flv"], b"<html></html>"])
def test_a_file_that_is_no_container_of_its_extension_does_not_play(
    vod: Vod, content: bytes
) -> None:
    video_id = vod.normal(content)
    assert vod.status(video_id) == "UploadSucc"
    refusal = vod.refused("get_video_play_auth", video_id=video_id)
    assert refusal == (403, "Forbidden.IllegalStatus")


def test_a_moment_may_pass_before_a_file_is_normal() -> None:
    with FakeCloud(vod_settings=VodSettings(settle_seconds=3600)) as cloud:
        vod = Vod(cloud)
        video_id = vod.normal()
        assert vod.status(video_id) == "UploadSucc"
        cloud.clock.advance(3500)
        assert vod.status(video_id) == "UploadSucc"
        cloud.clock.advance(100)
        assert vod.status(video_id) == "Normal"


def test_the_moment_of_an_older_file_does_not_count() -> None:
    with FakeCloud(vod_settings=VodSettings(settle_seconds=3600)) as cloud:
        vod = Vod(cloud)
        upload = vod.create()
        upload.put()
        upload.put(b"no film")
        cloud.clock.advance(3600)
        assert vod.status(upload.video_id) == "UploadSucc"


def test_a_transcode_takes_cloud_time() -> None:
    with FakeCloud(vod_settings=VodSettings(transcode_seconds=600)) as cloud:
        vod = Vod(cloud)
        video_id = vod.normal(template_group_id=TRANSCODE, file_name="a.mov")
        assert vod.status(video_id) == "Transcoding"
        assert vod.call("get_mezzanine_info", video_id=video_id)["Mezzanine"]["Status"] == "Normal"
        cloud.clock.advance(500)
        assert vod.status(video_id) == "Transcoding"
        cloud.clock.advance(100)
        assert vod.status(video_id) == "Normal"
        streams = vod.call("get_play_info", video_id=video_id)["PlayInfoList"]["PlayInfo"]
        assert [(s["Definition"], s["Format"]) for s in streams] == [("LD", "mp4"), ("SD", "mp4")]
        assert event_types(cloud)[1:] == [
            "FileUploadComplete",
            "StreamTranscodeComplete",
            "StreamTranscodeComplete",
            "TranscodeComplete",
        ]


def test_an_adjusted_duration_holds_until_the_reset(cloud: FakeCloud, vod: Vod) -> None:
    cloud.vod.adjust(transcode_seconds=600)
    video_id = vod.normal(template_group_id=TRANSCODE)
    cloud.clock.advance(500)
    assert vod.status(video_id) == "Transcoding"
    cloud.clock.advance(100)
    assert vod.status(video_id) == "Normal"
    cloud.reset()
    video_id = vod.normal(template_group_id=TRANSCODE)
    cloud.clock.advance(300)
    assert vod.status(video_id) == "Normal"


def test_a_transcode_of_no_medium_fails(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal(b"no film", template_group_id=TRANSCODE)
    cloud.clock.advance(600)
    assert vod.status(video_id) == "TranscodeFail"
    last = cloud.vod.events.seen()[-1]
    assert (last.type, last.status) == ("TranscodeComplete", "fail")


def test_a_second_file_runs_through_the_machine_again(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create()
    upload.put(MP4)
    upload.put(b"swapped after review")
    assert vod.status(upload.video_id) == "UploadSucc"
    upload.put(film())
    assert vod.status(upload.video_id) == "Normal"
    assert event_types(cloud).count("FileUploadComplete") == 3


def test_a_transcode_of_an_older_file_does_not_count(cloud: FakeCloud, vod: Vod) -> None:
    with FakeCloud(vod_settings=VodSettings(transcode_seconds=600)) as slow:
        client = Vod(slow)
        upload = client.create(template_group_id=TRANSCODE)
        upload.put(MP4)
        slow.clock.advance(400)
        upload.put(b"no film")
        slow.clock.advance(400)
        assert client.status(upload.video_id) == "Transcoding"
        slow.clock.advance(400)
        assert client.status(upload.video_id) == "TranscodeFail"


def test_an_upload_completed_in_parts_counts_once_and_when_complete(
    cloud: FakeCloud, vod: Vod
) -> None:
    import oss2

    upload = vod.create()
    bucket = upload.bucket()
    upload_id = bucket.init_multipart_upload(upload.key).upload_id
    part = bucket.upload_part(upload.key, upload_id, 1, MP4)
    assert vod.status(upload.video_id) == "Uploading"
    parts = [oss2.models.PartInfo(1, part.etag)]
    bucket.complete_multipart_upload(upload.key, upload_id, parts)
    assert vod.status(upload.video_id) == "Normal"
    assert event_types(cloud).count("FileUploadComplete") == 1


def test_events_carry_what_a_callback_will_need(cloud: FakeCloud, vod: Vod) -> None:
    heard: list[Event] = []
    cloud.vod.events.subscribe(heard.append)
    extend = {"order": "42"}
    video_id = vod.normal(user_data=json.dumps({"Extend": extend}))
    complete = next(event for event in heard if event.type == "FileUploadComplete")
    body: dict[str, Any] = dict(complete.body)
    assert body["VideoId"] == video_id
    assert (body["Status"], body["Size"]) == ("success", len(MP4))
    assert json.loads(body["Extend"]) == extend
    assert body["FileUrl"].startswith("http://")
    assert "Signature" not in body["FileUrl"]


def test_a_listener_that_fails_breaks_nothing(cloud: FakeCloud, vod: Vod) -> None:
    def fail(_event: Event) -> None:
        raise ValueError("a bug of the listener")

    with FakeCloud() as other:
        other.vod.events.subscribe(fail)
        client = Vod(other)
        assert client.status(client.normal()) == "Normal"


def test_deleting_removes_the_record_the_object_and_open_uploads(
    cloud: FakeCloud, vod: Vod
) -> None:
    upload, kept = vod.create(), vod.create()
    upload.put()
    upload.bucket().init_multipart_upload(upload.key)
    answer = vod.call("delete_video", video_ids=f"{upload.video_id},{'0' * 32}")
    assert answer["NonExistVideoIds"] == ["0" * 32]
    assert vod.refused("get_video_info", video_id=upload.video_id) == (404, "InvalidVideo.NotFound")
    assert cloud.storage.get(cloud.vod.bucket, upload.key) is None
    assert not list(cloud.storage.uploads(cloud.vod.bucket))
    assert vod.status(kept.video_id) == "Uploading"
    upload.put()  # the credential is still valid, but the file belongs to no video
    assert vod.refused("get_video_info", video_id=upload.video_id) == (404, "InvalidVideo.NotFound")


def test_deleting_nothing_or_too_much(vod: Vod) -> None:
    assert vod.refused("delete_video", video_ids="0" * 32) == (404, "InvalidVideo.NotFound")
    many = ",".join(f"{n:032x}" for n in range(21))
    assert vod.refused("delete_video", video_ids=many) == (400, "VideoIdsExceededMax")
    assert vod.refused("delete_video") == (400, "MissingVideoIds")
