"""SubmitTranscodeJobs: a transcode that is asked for after the upload."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.mp4 import film
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.settings import NO_TRANSCODE, TRANSCODE


def submit(vod: Vod, video_id: str, **fields: Any) -> list[str]:
    given = {"video_id": video_id, "template_group_id": TRANSCODE, **fields}
    answer = vod.call("submit_transcode_jobs", **given)
    assert len(answer["TranscodeTaskId"]) == 32
    return [one["JobId"] for one in answer["TranscodeJobs"]["TranscodeJob"]]


def streams(vod: Vod, video_id: str) -> dict[str, str]:
    listed = vod.call("get_play_info", video_id=video_id)["PlayInfoList"]["PlayInfo"]
    return {one["Definition"]: one["JobId"] for one in listed}


def test_it_adds_streams(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal(film(3))
    before = streams(vod, video_id)
    jobs = submit(vod, video_id)
    assert vod.status(video_id) == "Normal"
    assert streams(vod, video_id) == before
    cloud.clock.advance(5)
    after = streams(vod, video_id)
    assert after == {**before, "LD": jobs[0], "SD": jobs[1]}


def test_a_file_that_was_only_stored_becomes_playable(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal(film(3), file_name="film.mov")
    assert vod.status(video_id) == "UploadSucc"
    submit(vod, video_id)
    assert vod.status(video_id) == "Transcoding"
    cloud.clock.advance(5)
    assert vod.status(video_id) == "Normal"
    assert set(streams(vod, video_id)) == {"LD", "SD"}


def test_what_is_no_video_fails(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal(b"text", file_name="film.mov")
    submit(vod, video_id)
    cloud.clock.advance(5)
    assert vod.status(video_id) == "TranscodeFail"


def test_a_newer_file_ends_it(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create()
    upload.put(film(3))
    submit(vod, upload.video_id)
    upload.put(film(5))
    cloud.clock.advance(5)
    assert set(streams(vod, upload.video_id)) == {"OD"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"template_group_id": None}, "MissingTemplateGroupId"),
        ({"template_group_id": "0" * 32}, "InvalidTemplateGroupId.NotFound"),
        ({"template_group_id": NO_TRANSCODE}, "InvalidParameter"),
        ({"video_id": "0" * 32}, "InvalidVideo.NotFound"),
        ({"video_id": None}, "MissingVideoId"),
        ({"priority": "11"}, "InvalidParameter"),
        ({"session_id": "s"}, "InvalidParameter"),
        ({"pipeline_id": "p"}, "InvalidParameter"),
        ({"encrypt_config": "{}"}, "InvalidParameter"),
        ({"override_params": "{}"}, "InvalidParameter"),
        ({"user_data": "{"}, "InvalidParameter"),
        ({"user_data": json.dumps({"Extend": "x" * 513})}, "InvalidParameter"),
    ],
)
def test_what_is_refused(vod: Vod, fields: dict[str, Any], code: str) -> None:
    given = {"video_id": vod.normal(), "template_group_id": TRANSCODE, **fields}
    assert vod.refused("submit_transcode_jobs", **given)[1] == code


def test_a_video_without_a_file_is_refused(vod: Vod) -> None:
    given = {"video_id": vod.create().video_id, "template_group_id": TRANSCODE}
    refused = vod.refused("submit_transcode_jobs", **given)
    assert refused == (403, "Forbidden.IllegalStatus")
