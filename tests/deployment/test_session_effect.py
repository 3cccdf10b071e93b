"""What a session opens and what stays shut, shown by calls to VOD and OSS.

The roles are the project's own, and a client's keys come as they do in earnest: Function
Compute's keys for the role of the function, with them AssumeRole of the client's role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import oss2
import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client as Vod

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.sts import Keys, Sts, allow
from local.roles import LOCAL_VALUES

ROLE = "acs:ram::1234567890123456:role"
BUCKET = LOCAL_VALUES["Bucket"]
PREFIX = LOCAL_VALUES["Prefix"]


@pytest.fixture
def function(cloud: FakeCloud) -> Sts:
    """STS as the function `sts` sees it."""
    keys = cloud.ram.service_session("fc.aliyuncs.com", "vodpass-sts", "sts", 36 * 3600)
    return Sts(cloud, keys)


@pytest.fixture
def video(cloud: FakeCloud) -> str:
    """A video that waits for its file."""
    return str(vod_actions(cloud, cloud.admin)["CreateUploadVideo"]().body.video_id)


def vod_actions(
    cloud: FakeCloud, keys: Keys | Credential, video: str = "0" * 32
) -> dict[str, Callable[[], Any]]:
    """Calls of VOD by name."""
    client = Vod(
        Config(
            access_key_id=keys.access_key_id,
            access_key_secret=keys.access_key_secret,
            security_token=keys.security_token,
            endpoint=cloud.endpoint,
            protocol="http",
        )
    )
    return {
        "CreateUploadVideo": lambda: client.create_upload_video(
            models.CreateUploadVideoRequest(title="t", file_name="t.mp4")
        ),
        "CreateUploadImage": lambda: client.create_upload_image(
            models.CreateUploadImageRequest(image_type="default", image_ext="png")
        ),
        "CreateUploadAttachedMedia": lambda: client.create_upload_attached_media(
            models.CreateUploadAttachedMediaRequest(business_type="subtitle", media_ext="srt")
        ),
        "RefreshUploadVideo": lambda: client.refresh_upload_video(
            models.RefreshUploadVideoRequest(video_id=video)
        ),
        "GetVideoInfo": lambda: client.get_video_info(models.GetVideoInfoRequest(video_id=video)),
        "GetVideoInfos": lambda: client.get_video_infos(
            models.GetVideoInfosRequest(video_ids=video)
        ),
        "GetAppPlayKey": lambda: client.get_app_play_key(models.GetAppPlayKeyRequest()),
        "SetAppPlayKey": lambda: client.set_app_play_key(
            models.SetAppPlayKeyRequest(play_key="AbcdefghIjklmnop0123")
        ),
        "GetVideoPlayAuth": lambda: client.get_video_play_auth(
            models.GetVideoPlayAuthRequest(video_id=video)
        ),
        "GetPlayInfo": lambda: client.get_play_info(models.GetPlayInfoRequest(video_id=video)),
        "DeleteVideo": lambda: client.delete_video(models.DeleteVideoRequest(video_ids=video)),
    }


def is_denied(call: Callable[[], Any]) -> bool:
    """Whether RAM refused, and not the operation for reasons of its own."""
    try:
        call()
    except ClientException as error:
        return error.status_code == 403 and error.access_denied_detail is not None
    return False


def permitted(cloud: FakeCloud, keys: Keys | Credential, video: str) -> set[str]:
    actions = vod_actions(cloud, keys, video)
    return {
        name for name in actions if name in cloud.vod.operations and not is_denied(actions[name])
    }


def served(cloud: FakeCloud, actions: set[str]) -> set[str]:
    """Those of the actions that the fake has."""
    found = actions & set(cloud.vod.operations)
    assert len(found) >= min(len(actions), 1)
    return found


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("vodpass-client-upload", {"CreateUploadVideo", "CreateUploadImage"}),
        ("vodpass-client-play", {"GetVideoPlayAuth", "GetPlayInfo"}),
        ("vodpass-client-oss", set()),
    ],
)
def test_the_keys_of_a_client(
    cloud: FakeCloud, function: Sts, video: str, role: str, expected: set[str]
) -> None:
    keys = Keys.told(function.assume(f"{ROLE}/{role}", "user-1", duration_seconds=900))
    assert permitted(cloud, keys, video) == served(cloud, expected)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (
            "vodpass-upload",
            {
                "CreateUploadVideo",
                "CreateUploadImage",
                "CreateUploadAttachedMedia",
                "RefreshUploadVideo",
                "GetVideoInfo",
            },
        ),
        ("vodpass-refresh", {"RefreshUploadVideo", "GetVideoInfo"}),
        ("vodpass-play", {"GetVideoPlayAuth", "GetVideoInfo", "GetVideoInfos"}),
        ("vodpass-sts", set()),
    ],
)
def test_the_keys_of_a_function(
    cloud: FakeCloud, video: str, role: str, expected: set[str]
) -> None:
    keys = cloud.ram.service_session("fc.aliyuncs.com", role, "fn", 36 * 3600)
    assert permitted(cloud, keys, video) == served(cloud, expected)


def test_a_session_policy_is_cut_with_the_role_s(
    cloud: FakeCloud, function: Sts, video: str
) -> None:
    def keys(policy: dict[str, Any]) -> Keys:
        return Keys.told(function.assume(f"{ROLE}/vodpass-client-play", policy=policy))

    assert permitted(cloud, keys(allow("*")), video) == {"GetVideoPlayAuth", "GetPlayInfo"}
    assert permitted(cloud, keys(allow("vod:GetPlayInfo")), video) == {"GetPlayInfo"}
    assert permitted(cloud, keys(allow("vod:DeleteVideo")), video) == set()
    elsewhere: dict[str, Any] = {"Condition": {"NotIpAddress": {"acs:SourceIp": "127.0.0.0/8"}}}
    assert permitted(cloud, keys(allow("*", **elsewhere)), video) == set()


def test_a_refusal_says_which_policy_refused(cloud: FakeCloud, function: Sts) -> None:
    held = function.assume(f"{ROLE}/vodpass-client-play", "user-1", policy=allow("oss:*"))
    with pytest.raises(ClientException) as refusal:
        vod_actions(cloud, Keys.told(held))["GetPlayInfo"]()
    detail = refusal.value.data["AccessDeniedDetail"]
    assert detail["AuthAction"] == "vod:GetPlayInfo"
    assert detail["AuthPrincipalType"] == "AssumedRoleUser"
    assert detail["AuthPrincipalDisplayName"].endswith(":user-1")
    assert (detail["NoPermissionType"], detail["PolicyType"]) == ("ImplicitDeny", "SessionPolicy")


@pytest.fixture
def bucket_of(cloud: FakeCloud) -> Iterator[Callable[[Keys], oss2.Bucket]]:
    """The bucket for direct uploads, opened with a session's keys."""
    for name in (BUCKET, f"{BUCKET}2"):
        cloud.storage.create_bucket(name, cloud.region)
    sessions: list[oss2.Session] = []

    def open_bucket(keys: Keys, name: str = BUCKET) -> oss2.Bucket:
        sessions.append(oss2.Session())
        auth = oss2.StsAuth(keys.access_key_id, keys.access_key_secret, keys.security_token)
        return oss2.Bucket(auth, cloud.url, name, session=sessions[-1])

    yield open_bucket
    for session in sessions:
        session.session.close()


def refused_by_oss(call: Callable[[], Any], ec: str | None = None) -> None:
    with pytest.raises(oss2.exceptions.AccessDenied) as refusal:
        call()
    if ec is not None:
        assert refusal.value.details["EC"] == ec


def test_direct_upload_stays_under_the_session_s_prefix(
    function: Sts, bucket_of: Callable[..., oss2.Bucket]
) -> None:
    own = f"acs:oss:*:*:{BUCKET}/{PREFIX}/user-1/*"
    policy = allow("oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload", resource=own)
    keys = Keys.told(function.assume(f"{ROLE}/vodpass-client-oss", policy=policy))
    bucket = bucket_of(keys)
    assert bucket.put_object(f"{PREFIX}/user-1/a.mp4", b"bytes").status == 200
    upload = bucket.init_multipart_upload(f"{PREFIX}/user-1/b.mp4").upload_id
    bucket.upload_part(f"{PREFIX}/user-1/b.mp4", upload, 1, b"part")
    assert len(bucket.list_parts(f"{PREFIX}/user-1/b.mp4", upload).parts) == 1
    bucket.abort_multipart_upload(f"{PREFIX}/user-1/b.mp4", upload)
    for key in (
        f"{PREFIX}/user-2/a.mp4",
        f"{PREFIX}/user-10/a.mp4",
        f"{PREFIX}/user-1",
        f"{PREFIX}/User-1/a.mp4",
        "a.mp4",
        f"x:{BUCKET}/{PREFIX}/user-1/a.mp4",
    ):
        # The role would allow some of these; the session policy does not.
        refused_by_oss(partial(bucket.put_object, key, b""), "0003-00000301")
    refused_by_oss(lambda: bucket.get_object(f"{PREFIX}/user-1/a.mp4"))
    refused_by_oss(lambda: bucket.delete_object(f"{PREFIX}/user-1/a.mp4"))
    refused_by_oss(lambda: bucket.list_objects(prefix=f"{PREFIX}/user-1/"))
    refused_by_oss(lambda: bucket_of(keys, f"{BUCKET}2").put_object(f"{PREFIX}/user-1/a", b""))


def test_a_wider_session_policy_does_not_widen_the_role(
    function: Sts, bucket_of: Callable[..., oss2.Bucket]
) -> None:
    bucket = bucket_of(
        Keys.told(function.assume(f"{ROLE}/vodpass-client-oss", policy=allow("oss:*")))
    )
    assert bucket.put_object(f"{PREFIX}/anything", b"").status == 200
    refused_by_oss(lambda: bucket.put_object("anything", b""))
    refused_by_oss(lambda: bucket.get_object(f"{PREFIX}/anything"))


def test_keys_for_vod_open_nothing_of_oss(
    function: Sts, bucket_of: Callable[..., oss2.Bucket]
) -> None:
    for role in ("vodpass-client-upload", "vodpass-client-play"):
        bucket = bucket_of(Keys.told(function.assume(f"{ROLE}/{role}")))
        refused_by_oss(partial(bucket.put_object, f"{PREFIX}/a", b""))
        refused_by_oss(bucket.list_objects)


def test_upload_keys_end_with_the_session(
    cloud: FakeCloud, function: Sts, bucket_of: Callable[..., oss2.Bucket]
) -> None:
    keys = Keys.told(function.assume(f"{ROLE}/vodpass-client-oss", duration_seconds=900))
    bucket = bucket_of(keys)
    assert bucket.put_object(f"{PREFIX}/a", b"").status == 200
    cloud.clock.advance(900)
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        bucket.put_object(f"{PREFIX}/a", b"")
    assert (refusal.value.status, refusal.value.code) == (403, "SecurityTokenExpired")


def test_the_role_s_policy_counts_at_the_time_of_the_call(
    cloud: FakeCloud, function: Sts, video: str
) -> None:
    keys = Keys.told(function.assume(f"{ROLE}/vodpass-client-play"))
    assert "GetPlayInfo" in permitted(cloud, keys, video)
    cloud.ram.set_role_policies("vodpass-client-play", allow("vod:GetVideoPlayAuth"))
    assert permitted(cloud, keys, video) == {"GetVideoPlayAuth"}
