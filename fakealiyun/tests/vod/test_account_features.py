"""What an account may have: transfer acceleration, and domains for playback."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from fakealiyun import FakeCloud
from fakealiyun.__main__ import make_cloud, parse_arguments
from fakealiyun.testing.mp4 import film
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.settings import VodSettings
from tests.vod.test_vod_playback import play_auth, redeem

DOMAIN = "play.example.com"
ACCELERATE = {"Type": "oss", "Domain": "https://oss-accelerate.aliyuncs.com"}


@pytest.fixture(scope="module")
def rich() -> Iterator[FakeCloud]:
    settings = VodSettings(acceleration=True, play_domains=frozenset({DOMAIN}))
    with FakeCloud(vod_settings=settings, mapped_hosts=[DOMAIN]) as cloud:
        yield cloud


def played(vod: Vod, video_id: str, config: Any) -> str:
    answer = vod.call("get_play_info", video_id=video_id, play_config=json.dumps(config))
    return str(answer["PlayInfoList"]["PlayInfo"][0]["PlayURL"])


class TestAcceleration:
    def test_is_accepted(self, rich: FakeCloud) -> None:
        vod = Vod(rich)
        data = json.dumps({"AccelerateConfig": ACCELERATE, "Extend": "e"})
        upload = vod.create(user_data=data)
        upload.put(film(3))
        found = vod.call("get_video_info", video_id=upload.video_id)["Video"]
        assert json.loads(found["UserData"])["AccelerateConfig"] == ACCELERATE
        image = vod.call("create_upload_image", image_type="default", user_data=data)
        assert image["ImageId"]

    @pytest.mark.parametrize(
        "config",
        [
            {},
            {"Type": "oss"},
            {**ACCELERATE, "Domain": "https://example.com"},
            {**ACCELERATE, "Type": "cdn"},
            "oss",
            None,
        ],
    )
    def test_in_another_form_is_refused(self, rich: FakeCloud, config: Any) -> None:
        fields = {"title": "t", "file_name": "f.mp4"}
        data = json.dumps({"AccelerateConfig": config})
        refused = Vod(rich).refused("create_upload_video", user_data=data, **fields)
        assert refused == (400, "InvalidParameter")


class TestPlayDomain:
    def test_is_the_host_of_the_url(self, rich: FakeCloud) -> None:
        vod, content = Vod(rich), film(3)
        url = urlsplit(played(vod, vod.normal(content), {"PlayDomain": DOMAIN}))
        assert url.netloc == DOMAIN
        connection = http.client.HTTPConnection("127.0.0.1", rich.port, timeout=30)
        connection.request("GET", f"{url.path}?{url.query}", headers={"Host": DOMAIN})
        assert connection.getresponse().read() == content
        connection.close()

    def test_is_for_players_too(self, rich: FakeCloud) -> None:
        vod = Vod(rich)
        video_id = vod.normal(film(3))
        config = json.dumps({"PlayDomain": DOMAIN})
        answer = redeem(rich, play_auth(vod, video_id), video_id, PlayConfig=config)
        (info,) = answer.json()["PlayInfoList"]["PlayInfo"]
        assert urlsplit(info["PlayURL"]).netloc == DOMAIN

    @pytest.mark.parametrize("config", [{}, {"PlayDomain": "other.example.com"}, {"Other": 1}])
    def test_of_nobody_is_ignored(self, rich: FakeCloud, config: Any) -> None:
        vod = Vod(rich)
        url = played(vod, vod.normal(film(3)), config)
        assert urlsplit(url).netloc == rich.endpoint

    @pytest.mark.parametrize("config", [{"PlayDomain": 1}, {"PlayDomain": ["a"]}, [], "x"])
    def test_in_another_form_is_refused(self, rich: FakeCloud, config: Any) -> None:
        vod = Vod(rich)
        given = {"video_id": vod.normal(film(3)), "play_config": json.dumps(config)}
        assert vod.refused("get_play_info", **given) == (400, "InvalidParameter")


def test_the_command_has_options() -> None:
    arguments = parse_arguments(["--acceleration", "--play-domain", "a.b", "--play-domain", "c.d"])
    settings = make_cloud(arguments, {}).vod.settings
    assert settings.acceleration
    assert settings.play_domains == {"a.b", "c.d"}
    plain = make_cloud(parse_arguments([]), {}).vod.settings
    assert not plain.acceleration
    assert plain.play_domains == frozenset()
