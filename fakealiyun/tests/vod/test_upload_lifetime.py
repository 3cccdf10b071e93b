"""How long an upload credential is valid: a setting, changed at the start or while it runs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from oss2.exceptions import ServerError

from fakealiyun import FakeCloud
from fakealiyun.__main__ import make_cloud, parse_arguments
from fakealiyun.testing.vod import MP4, Upload, Vod, post_control, send
from fakealiyun.vod.settings import VodSettings


def life(upload: Upload, since: float) -> float:
    """The seconds from `since` to ExpireUTCTime."""
    ends = datetime.strptime(upload.auth["ExpireUTCTime"], "%Y-%m-%dT%H:%M:%SZ")
    return ends.replace(tzinfo=timezone.utc).timestamp() - since


def test_a_real_credential_is_valid_for_3600_seconds(cloud: FakeCloud, vod: Vod) -> None:
    issued = int(cloud.clock.now())
    for upload in (vod.create(), vod.refresh(vod.create().video_id)):
        assert upload.auth["Expiration"] == "3600"
        assert 3600 <= life(upload, issued) < 3630
    cloud.clock.advance(3000)
    upload.put(MP4)
    cloud.clock.advance(600)
    with pytest.raises(ServerError) as caught:
        upload.put(MP4)
    assert caught.value.code == "SecurityTokenExpired"


def test_a_cloud_may_start_with_another_lifetime() -> None:
    with FakeCloud(vod_settings=VodSettings(upload_lifetime=3000)) as cloud:
        upload = Vod(cloud).create()
        assert upload.auth["Expiration"] == "3000"
        assert 2970 < life(upload, cloud.clock.now()) <= 3000
        cloud.clock.advance(3000)
        with pytest.raises(ServerError):
            upload.put(MP4)


def test_the_command_has_an_option() -> None:
    cloud = make_cloud(parse_arguments(["--upload-lifetime", "3000"]), {})
    assert cloud.vod.settings.upload_lifetime == 3000
    assert make_cloud(parse_arguments([]), {}).vod.settings.upload_lifetime == 3600


def test_the_lifetime_can_change_while_the_cloud_runs(cloud: FakeCloud, vod: Vod) -> None:
    old = vod.create()
    answer = post_control(cloud, "vod", {"upload_lifetime": 3000})
    assert (answer.status, answer.json()["upload_lifetime"]) == (200, 3000)
    assert send(cloud, "GET", "/_local/vod").json()["upload_lifetime"] == 3000
    new = vod.create()
    assert (old.auth["Expiration"], new.auth["Expiration"]) == ("3600", "3000")
    cloud.clock.advance(3000)
    old.put(MP4)
    with pytest.raises(ServerError):
        new.put(MP4)
    cloud.reset()
    assert cloud.vod.settings.upload_lifetime == 3600


@pytest.mark.parametrize("lifetime", [0, -1, 43_201, 3000.5, "3000", True, None])
def test_what_is_no_lifetime(cloud: FakeCloud, lifetime: Any) -> None:
    assert post_control(cloud, "vod", {"upload_lifetime": lifetime}).status == 400
    assert cloud.vod.settings.upload_lifetime == 3600


@pytest.mark.parametrize("lifetime", [0, 43_201])
def test_a_cloud_does_not_start_with_such_a_lifetime(lifetime: int) -> None:
    with pytest.raises(ValueError, match="upload_lifetime"):
        VodSettings(upload_lifetime=lifetime)
