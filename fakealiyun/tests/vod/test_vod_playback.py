"""GetVideoPlayAuth and GetPlayInfo: playback of one video for a limited time."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.mp4 import film
from fakealiyun.testing.vod import MP4, JsonReply, Vod, play_auth_key, rpc, unpack
from tests.vod.test_container import HEADS


def redeem(cloud: FakeCloud, play_auth: str, video_id: str, **changes: Any) -> JsonReply:
    """GetPlayInfo, as the web player calls it."""
    key, auth_info = play_auth_key(play_auth)
    fields: dict[str, Any] = {
        "Timestamp": None,
        "VideoId": video_id,
        "AuthInfo": auth_info,
        "AuthTimeout": "7200",
        "Channel": "HTML5",
        "Formats": "",
        "PlayConfig": "{}",
        "PlayerVersion": "2.37.7",
        "Rand": "2f6a1b1e-0000-4000-8000-000000000000",
        "ReAuthInfo": "{}",
        "StreamType": "video",
        **changes,
    }
    return rpc(cloud, key, "GetPlayInfo", **fields)


def play_auth(vod: Vod, video_id: str, **fields: Any) -> str:
    return str(vod.call("get_video_play_auth", video_id=video_id, **fields)["PlayAuth"])


def test_a_play_auth_has_the_form_players_decode(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal(film(12.5), title="Ein Film", cover_url="https://h/c.png")
    answer = vod.call("get_video_play_auth", video_id=video_id, auth_info_timeout=300)
    meta = {
        "Status": "Normal",
        "VideoId": video_id,
        "Title": "Ein Film",
        "CoverURL": "https://h/c.png",
        "Duration": 12.5,
    }
    assert answer["VideoMeta"] == meta
    value = unpack(answer["PlayAuth"])
    assert list(value) == [
        "SecurityToken",
        "AuthInfo",
        "VideoMeta",
        "AccessKeyId",
        "PlayDomain",
        "AccessKeySecret",
        "Region",
        "CustomerId",
    ]
    assert value["VideoMeta"] == meta
    assert (value["Region"], value["CustomerId"]) == ("cn-shanghai", int(cloud.account_id))
    info = json.loads(value["AuthInfo"])
    assert list(info) == ["CI", "Caller", "ExpireTime", "MediaId", "PlayDomain", "Signature"]
    assert info["MediaId"] == video_id
    assert len(base64.b64decode(info["Signature"])) == 20
    ends = datetime.strptime(info["ExpireTime"], "%Y-%m-%dT%H:%M:%SZ")
    left = ends.replace(tzinfo=timezone.utc).timestamp() - cloud.clock.now()
    assert 290 < left <= 300


def test_a_player_redeems_it_for_a_url_with_the_files_bytes(cloud: FakeCloud, vod: Vod) -> None:
    content = film(media=50_000)
    video_id = vod.normal(content)
    answer = redeem(cloud, play_auth(vod, video_id), video_id)
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    body = answer.json()
    assert body["VideoBase"]["VideoId"] == video_id
    assert body["VideoBase"]["MediaType"] == "video"
    assert isinstance(body["VideoBase"]["Duration"], str)
    (info,) = body["PlayInfoList"]["PlayInfo"]
    assert (info["Format"], info["Definition"], info["Encrypt"]) == ("mp4", "OD", 0)
    assert (info["Width"], info["Height"], info["Size"]) == (640, 360, len(content))
    url = info["PlayURL"]
    assert url.startswith(f"{cloud.url}/")
    with urllib.request.urlopen(url) as whole:
        assert whole.read() == content
    part = urllib.request.Request(url, headers={"Range": "bytes=100-199"})
    with urllib.request.urlopen(part) as some:
        assert some.status == 206
        assert some.read() == content[100:200]


def test_a_server_needs_no_play_auth(vod: Vod) -> None:
    video_id = vod.normal(reference_id="mark-0001")
    for fields in ({"video_id": video_id}, {"reference_id": "mark-0001"}):
        body = vod.call("get_play_info", **fields)
        assert body["VideoBase"]["VideoId"] == video_id


def test_the_url_ends_when_its_time_is_over(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal()
    body = vod.call("get_play_info", video_id=video_id, auth_timeout=60)
    url = body["PlayInfoList"]["PlayInfo"][0]["PlayURL"]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == MP4
    cloud.clock.advance(61)
    with pytest.raises(urllib.error.HTTPError) as late:
        urllib.request.urlopen(url)
    with late.value as error:
        assert error.code == 403


def test_a_play_auth_opens_one_video(cloud: FakeCloud, vod: Vod) -> None:
    mine, other = vod.normal(), vod.normal(reference_id="mark-0001")
    auth = play_auth(vod, mine)
    stolen = redeem(cloud, auth, other)
    assert (stolen.status, stolen.code) == (400, "InvalidAuthInfo.MediaId")
    others_info = play_auth_key(play_auth(vod, other))[1]
    mixed = redeem(cloud, auth, other, AuthInfo=others_info)
    assert (mixed.status, mixed.code) == (400, "InvalidAuthInfo.Signature")
    by_reference = redeem(cloud, auth, mine, ReferenceId="mark-0001")
    assert (by_reference.status, by_reference.code) == (400, "InvalidParameter")
    only_reference = redeem(cloud, auth, "", ReferenceId="mark-0001")
    assert (only_reference.status, only_reference.code) == (400, "MissingVideoId")


def test_a_second_play_auth_of_the_same_video_has_its_own_keys(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal()
    one, other = play_auth(vod, video_id), play_auth(vod, video_id)
    mixed = redeem(cloud, one, video_id, AuthInfo=play_auth_key(other)[1])
    assert mixed.code == "InvalidAuthInfo.Signature"


def test_a_play_auth_expires_by_cloud_time(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal()
    short, long = play_auth(vod, video_id), play_auth(vod, video_id, auth_info_timeout=3000)
    cloud.clock.advance(50)
    assert redeem(cloud, short, video_id).status == 200
    cloud.clock.advance(50)
    late = redeem(cloud, short, video_id)
    assert (late.status, late.code) == (400, "InvalidAuthInfo.ExpireTime")
    cloud.clock.advance(900)
    later = redeem(cloud, short, video_id)
    assert (later.status, later.code) == (400, "InvalidSecurityToken.Expired")
    assert redeem(cloud, long, video_id).status == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda info: info.replace("MediaId", "mediaid"),
        lambda info: info + " ",
        lambda info: info.replace(":", ": ", 1),
        lambda info: json.dumps({**json.loads(info), "ExpireTime": "2099-01-01T00:00:00Z"}),
        lambda info: json.dumps({k: v for k, v in json.loads(info).items() if k != "Signature"}),
        lambda info: info.replace('"Signature":"', '"Signature":"A'),
        lambda _: "{}",
        lambda _: "[]",
        lambda _: "null",
        lambda _: "no json",
        lambda _: '{"MediaId":"\\ud800"}',
        lambda _: "[" * 5000,
    ],
)
def test_an_auth_info_that_was_tampered_with(cloud: FakeCloud, vod: Vod, change: Any) -> None:
    video_id = vod.normal()
    auth = play_auth(vod, video_id)
    answer = redeem(cloud, auth, video_id, AuthInfo=change(play_auth_key(auth)[1]))
    assert (answer.status, answer.code) == (400, "InvalidAuthInfo.Signature")


def test_the_keys_of_a_play_auth_without_its_auth_info(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal()
    auth = play_auth(vod, video_id)
    for auth_info in (None, ""):
        answer = redeem(cloud, auth, video_id, AuthInfo=auth_info)
        assert (answer.status, answer.code) == (400, "MissingAuthInfo")


def test_an_auth_info_without_the_keys_of_its_play_auth(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal()
    info = play_auth_key(play_auth(vod, video_id))[1]
    answer = rpc(cloud, cloud.admin, "GetPlayInfo", VideoId=video_id, AuthInfo=info)
    assert (answer.status, answer.code) == (400, "InvalidAuthInfo.Signature")


def test_the_keys_of_a_play_auth_do_nothing_else(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal()
    key, _ = play_auth_key(play_auth(vod, video_id))
    thief = Vod(cloud, key)
    for action, fields in (
        ("get_video_info", {"video_id": video_id}),
        ("get_video_play_auth", {"video_id": video_id}),
        ("refresh_upload_video", {"video_id": video_id}),
        ("delete_video", {"video_ids": video_id}),
    ):
        assert thief.refused(action, **fields) == (403, "Forbidden.RAM")
    other = cloud.identities.issue(cloud.admin.principal, cloud.admin.policies, 900)
    swapped = replace(key, security_token=other.security_token)
    answer = rpc(cloud, swapped, "GetPlayInfo", Timestamp=None, VideoId=video_id)
    assert answer.code == "InvalidSecurityToken.MismatchWithAccessKey"


@pytest.mark.parametrize("timeout", [99, 3001, 0, -100, "soon"])
def test_a_timeout_outside_100_to_3000(vod: Vod, timeout: Any) -> None:
    refusal = vod.refused("get_video_play_auth", video_id=vod.normal(), auth_info_timeout=timeout)
    assert refusal == (400, "InvalidParameter")


def test_only_a_normal_video_plays(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.create().video_id
    refusal = (403, "Forbidden.IllegalStatus")
    assert vod.refused("get_video_play_auth", video_id=video_id) == refusal
    assert vod.refused("get_play_info", video_id=video_id) == refusal
    told = rpc(cloud, cloud.admin, "GetPlayInfo", VideoId=video_id).json()["Message"]
    assert told == "Status of the video is illegal. Current Status is Uploading."
    unknown = (404, "InvalidVideo.NotFound")
    assert vod.refused("get_video_play_auth", video_id="0" * 32) == unknown
    assert vod.refused("get_play_info", video_id="0" * 32) == unknown
    versions = vod.refused("get_video_play_auth", video_id=video_id, api_version="2.0.0")
    assert versions == (400, "InvalidParameter")


def test_a_play_auth_of_a_video_that_was_swapped_for_no_film(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create()
    upload.put()
    auth = play_auth(vod, upload.video_id)
    upload.put(b"no film")
    answer = redeem(cloud, auth, upload.video_id)
    assert (answer.status, answer.code) == (403, "Forbidden.IllegalStatus")


@pytest.mark.parametrize("definition", ["240", "8K", "240,OD"])
def test_an_unknown_definition_is_not_refused(cloud: FakeCloud, vod: Vod, definition: str) -> None:
    """Public tools send 240, a number, with empty objects as PlayConfig and ReAuthInfo."""
    video_id = vod.normal()
    answer = redeem(cloud, play_auth(vod, video_id), video_id, Definition=definition)
    assert answer.status == 200
    (info,) = answer.json()["PlayInfoList"]["PlayInfo"]
    assert info["Definition"] == "OD"


@pytest.mark.parametrize(
    "config",
    ['{"PlayDomain":"example.com","PreviewTime":"20"}', '{"EncryptType":"HLSEncryption"}', "{}"],
)
def test_a_play_config_as_players_send_it(cloud: FakeCloud, vod: Vod, config: str) -> None:
    video_id = vod.normal()
    changes = {"PlayConfig": config, "ReAuthInfo": "{}", "Definition": ""}
    assert redeem(cloud, play_auth(vod, video_id), video_id, **changes).status == 200


def test_the_codec_of_a_stream(vod: Vod) -> None:
    video, audio = vod.normal(), vod.normal(HEADS["mp3"], file_name="a.mp3")
    for video_id, codec, other in ((video, "h264", "h265"), (audio, "mp3", "aac")):
        answer = vod.call("get_play_info", video_id=video_id, codec_name=codec)
        assert [one["CodecName"] for one in answer["PlayInfoList"]["PlayInfo"]] == [codec]
        refusal = vod.refused("get_play_info", video_id=video_id, codec_name=other)
        assert refusal == (404, "InvalidVideo.NoneStream")


def test_filters_of_get_play_info(vod: Vod) -> None:
    video = vod.normal()
    audio = vod.normal(HEADS["mp3"], file_name="a.mp3")

    def formats(video_id: str, **fields: Any) -> list[str]:
        infos = vod.call("get_play_info", video_id=video_id, **fields)["PlayInfoList"]["PlayInfo"]
        return [info["Format"] for info in infos]

    assert formats(video, formats="mp4,m3u8", definition="OD", stream_type="video") == ["mp4"]
    assert formats(video, definition="AUTO", result_type="Multiple", output_type="oss") == ["mp4"]
    assert formats(audio, stream_type="audio") == ["mp3"]
    none = (404, "InvalidVideo.NoneStream")
    for video_id, name, value in (
        (video, "formats", "m3u8"),
        (video, "definition", "LD"),
        (video, "stream_type", "audio"),
        (audio, "stream_type", "video"),
    ):
        assert vod.refused("get_play_info", video_id=video_id, **{name: value}) == none
    invalid: tuple[dict[str, Any], ...] = (
        {"formats": "exe"},
        {"output_type": "ftp"},
        {"result_type": "All"},
        {"auth_timeout": 0},
        {"auth_timeout": 2592001, "output_type": "oss"},
        {"play_config": "no json"},
        {"re_auth_info": "[]"},
    )
    for fields in invalid:
        refusal = vod.refused("get_play_info", video_id=video, **fields)
        assert refusal == (400, "InvalidParameter")
