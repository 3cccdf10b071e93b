"""GetAppPlayKey, SetAppPlayKey, and the control route that judges a JWTPlayAuth."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import jwt
import pytest
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Vod

# VOD allows a PlayKey at most 20 characters. PyJWT warns of an HMAC key under 32 bytes.
pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")

KEY = "AbcdefghIjklmnop0123"


def judge(cloud: FakeCloud, body: Any) -> dict[str, Any]:
    """The answer of `/_local/play-auth`."""
    request = urllib.request.Request(
        f"{cloud.url}/_local/play-auth",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def credential(cloud: FakeCloud, key: str = KEY, **changes: Any) -> str:
    now = int(cloud.clock.now() * 1000)
    claims = {
        "appId": "app-1000000",
        "videoId": "0" * 32,
        "currentTimeStamp": now - 1000,
        "expireTimeStamp": now + 100_000,
        "regionId": "cn-shanghai",
        "playContentInfo": {"formats": "mp4", "authTimeout": 1800, "streamType": "video"},
        **changes,
    }
    return jwt.encode(claims, key, "HS256")


class TestTheKey:
    def test_is_absent_at_first(self, vod: Vod) -> None:
        assert vod.call("get_app_play_key")["AppPlayKey"] == {"AppId": "app-1000000"}

    def test_is_set_and_replaced(self, cloud: FakeCloud, vod: Vod) -> None:
        vod.call("set_app_play_key", play_key=KEY)
        first = vod.call("get_app_play_key")["AppPlayKey"]
        assert first["PlayKey"] == KEY
        assert first["CreationTime"] == first["ModificationTime"]
        cloud.clock.advance(60)
        vod.call("set_app_play_key", play_key=KEY[::-1], app_id="app-1000000")
        second = vod.call("get_app_play_key")["AppPlayKey"]
        assert second["PlayKey"] == KEY[::-1]
        assert second["CreationTime"] == first["CreationTime"]
        assert second["ModificationTime"] > first["ModificationTime"]

    @pytest.mark.parametrize("key", ["a" * 7, "a" * 21, "a" * 8 + "-", "ä" * 8])
    def test_has_8_to_20_letters_and_digits(self, vod: Vod, key: str) -> None:
        with pytest.raises(TeaException) as caught:
            vod.call("set_app_play_key", play_key=key)
        assert caught.value.code == "InvalidParameter"
        assert vod.call("get_app_play_key")["AppPlayKey"] == {"AppId": "app-1000000"}

    def test_is_of_an_application_that_exists(self, vod: Vod) -> None:
        for action in ("get_app_play_key", "set_app_play_key"):
            fields = {} if action.startswith("get") else {"play_key": KEY}
            with pytest.raises(TeaException) as caught:
                vod.call(action, app_id="app-2000000", **fields)
            assert caught.value.code == "InvalidAppId.NotFound"

    def test_a_reset_forgets_it(self, cloud: FakeCloud, vod: Vod) -> None:
        vod.call("set_app_play_key", play_key=KEY)
        cloud.reset()
        assert cloud.vod.play_keys.get("app-1000000") is None


class TestTheControlRoute:
    def test_accepts_what_was_signed_with_the_key(self, cloud: FakeCloud) -> None:
        cloud.vod.play_keys.set("app-1000000", KEY)
        assert judge(cloud, {"PlayAuth": credential(cloud)}) == {"accepted": True, "reason": None}
        more = credential(cloud, userId="u-1", ip="10.0.0.1")
        assert judge(cloud, {"PlayAuth": more})["accepted"] is True

    def test_says_why_not(self, cloud: FakeCloud) -> None:
        made = credential(cloud)
        assert judge(cloud, {"PlayAuth": made})["reason"] == "the application has no PlayKey"
        cloud.vod.play_keys.set("app-1000000", KEY)
        other = credential(cloud, key=KEY[::-1])
        assert "signature" in judge(cloud, {"PlayAuth": other})["reason"]
        cloud.clock.advance(101)
        late = judge(cloud, {"PlayAuth": made})
        assert late == {"accepted": False, "reason": "expireTimeStamp is in the past"}

    @pytest.mark.parametrize("body", [{}, {"PlayAuth": 1}, {"PlayAuth": "a.b.c", "VideoId": "x"}])
    def test_needs_one_credential(self, cloud: FakeCloud, body: Any) -> None:
        with pytest.raises(urllib.error.HTTPError) as caught:
            judge(cloud, body)
        with caught.value as error:
            assert error.code == 400
