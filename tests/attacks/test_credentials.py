"""Abuse of a credential that the client got legitimately."""

from __future__ import annotations

from typing import Any

import oss2
import pytest

from fakealiyun.identity import Credential
from fakealiyun.testing.vod import Vod, rpc
from tests.support.clients import bucket, decoded, object_key, play_info, put
from tests.support.files import SMALL
from tests.support.house import House

DENIED = (403, "AccessDenied")


def refused(call: Any, *arguments: Any) -> tuple[int, str]:
    with pytest.raises(oss2.exceptions.OssError) as error:
        call(*arguments)
    return int(error.value.status), str(error.value.code)


def keys(house: House, inner: dict[str, Any]) -> Credential:
    """The credential with these keys."""
    found = house.cloud.identities.find(inner["AccessKeyId"])
    assert found is not None
    assert found.access_key_secret == inner["AccessKeySecret"]
    return found


class TestAnUploadCredential:
    """An upload credential permits only PutObject, on one object."""

    @pytest.fixture
    def begun(self, house: House, alice: str) -> dict[str, Any]:
        return house.upload(alice).json()

    def test_another_key(self, house: House, alice: str, begun: dict[str, Any]) -> None:
        theirs = object_key(house.upload(alice).json())
        own = object_key(begun)
        store = bucket(begun)
        for key in (
            theirs,
            f"{own}.bak",
            own[:-1],
            own.upper(),
            f"{own}/x",
            own.replace(".mp4", ".mov"),
            f"{own}/../../{theirs}",
            f"./{own}",
            f"/{own}"[1:] + "?x",
            "*",
            "x",
        ):
            assert refused(store.put_object, key, SMALL) == DENIED
            assert refused(store.init_multipart_upload, key) == DENIED
        assert [o.key for o in house.cloud.storage.objects(house.cloud.vod.bucket)] == []

    def test_another_bucket(self, house: House, begun: dict[str, Any]) -> None:
        house.cloud.storage.create_bucket("someone-elses", "cn-shanghai")
        auth = decoded(begun["UploadAuth"])
        client = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
        other = oss2.Bucket(client, house.cloud.url, "someone-elses")
        assert refused(other.put_object, object_key(begun), SMALL) == DENIED

    def test_reading_deleting_and_listing(self, begun: dict[str, Any]) -> None:
        put(begun, SMALL)
        store, key = bucket(begun), object_key(begun)
        assert refused(store.get_object, key) == DENIED
        assert refused(store.delete_object, key) == DENIED
        for call in (store.list_objects, store.list_objects_v2, store.get_bucket_info):
            assert refused(call)[0] >= 400
        assert refused(store.batch_delete_objects, [key])[0] >= 400
        assert refused(store.delete_bucket)[0] >= 400
        assert refused(store.put_bucket_acl, "public-read")[0] >= 400
        assert refused(store.put_object_acl, key, "public-read")[0] >= 400

    def test_copying_another_object_over_its_own(
        self, house: House, alice: str, begun: dict[str, Any]
    ) -> None:
        other = house.upload(alice).json()
        put(other, SMALL)
        store = bucket(begun)
        status, _ = refused(
            store.copy_object, store.bucket_name, object_key(other), object_key(begun)
        )
        assert status >= 400

    @pytest.mark.parametrize(
        ("operation", "names"),
        [
            ("refresh_upload_video", "video_id"),
            ("get_video_info", "video_id"),
            ("get_video_play_auth", "video_id"),
            ("get_play_info", "video_id"),
            ("get_mezzanine_info", "video_id"),
            ("delete_video", "video_ids"),
            ("get_video_list", None),
            ("create_upload_video", None),
        ],
    )
    def test_calling_vod_directly(
        self, house: House, begun: dict[str, Any], operation: str, names: str | None
    ) -> None:
        fields = {} if names is None else {names: begun["VideoId"]}
        if operation == "create_upload_video":
            fields = {"title": "t", "file_name": "a.mp4"}
        holder = Vod(house.cloud, keys(house, decoded(begun["UploadAuth"])))
        status, code = holder.refused(operation, **fields)
        assert (status, code.partition(".")[0]) == (403, "Forbidden")
        assert house.cloud.vod.library.get(begun["VideoId"]) is not None

    def test_the_security_token_of_one_with_the_keys_of_another(
        self, house: House, alice: str
    ) -> None:
        first, second = house.upload(alice).json(), house.upload(alice).json()
        a, b = decoded(first["UploadAuth"]), decoded(second["UploadAuth"])
        mixed = oss2.StsAuth(a["AccessKeyId"], a["AccessKeySecret"], b["SecurityToken"])
        address = decoded(second["UploadAddress"])
        store = oss2.Bucket(mixed, address["Endpoint"], address["Bucket"])
        assert refused(store.put_object, address["FileName"], SMALL)[0] == 403
        bare = oss2.Bucket(
            oss2.Auth(a["AccessKeyId"], a["AccessKeySecret"]),
            address["Endpoint"],
            address["Bucket"],
        )
        assert refused(bare.put_object, object_key(first), SMALL)[0] == 403

    def test_after_it_expired(self, house: House, begun: dict[str, Any]) -> None:
        house.cloud.clock.advance(house.cloud.vod.settings.upload_lifetime + 1)
        assert refused(bucket(begun).put_object, object_key(begun), SMALL) == (
            403,
            "SecurityTokenExpired",
        )

    def test_replacing_the_file_works_only_until_the_credential_expires(
        self, house: House, begun: dict[str, Any]
    ) -> None:
        """Until then it works: VOD cannot revoke it. So a review must wait until then."""
        put(begun, SMALL)
        put(begun, SMALL[:-1] + b"x")
        house.cloud.clock.advance(house.cloud.vod.settings.upload_lifetime + 1)
        assert refused(bucket(begun).put_object, object_key(begun), SMALL)[0] == 403


class TestAPlayAuth:
    """A PlayAuth permits playing one video, for a limited time."""

    @pytest.fixture
    def play_auth(self, house: House, alice: str) -> str:
        return str(house.play(alice, self.normal(house, alice)).json()["PlayAuth"])

    def normal(self, house: House, token: str) -> str:
        begun = house.upload(token).json()
        put(begun, SMALL)
        return str(begun["VideoId"])

    def test_for_another_video(
        self, house: House, alice: str, mallory: str, play_auth: str
    ) -> None:
        assert play_info(house.cloud, play_auth).status == 200
        hers = self.normal(house, alice)
        assert play_info(house.cloud, play_auth, VideoId=hers).status >= 400
        own = house.play(mallory, self.normal(house, mallory)).json()["PlayAuth"]
        inner = decoded(own)
        stolen = play_info(house.cloud, own, VideoId=hers, AuthInfo=inner["AuthInfo"])
        assert stolen.status >= 400
        changed = inner["AuthInfo"].replace(inner["VideoMeta"]["VideoId"], hers)
        assert changed != inner["AuthInfo"]
        assert play_info(house.cloud, own, VideoId=hers, AuthInfo=changed).status >= 400

    def test_with_the_auth_info_of_another(self, house: House, alice: str, play_auth: str) -> None:
        other = house.play(alice, self.normal(house, alice)).json()["PlayAuth"]
        inner = decoded(other)
        mixed = play_info(
            house.cloud,
            play_auth,
            VideoId=inner["VideoMeta"]["VideoId"],
            AuthInfo=inner["AuthInfo"],
        )
        assert mixed.status >= 400

    @pytest.mark.parametrize(
        "change", [("AuthInfo", ""), ("AuthInfo", "{}"), ("VideoId", "0" * 32)]
    )
    def test_without_a_part_of_it(
        self, house: House, play_auth: str, change: tuple[str, str]
    ) -> None:
        assert play_info(house.cloud, play_auth, **dict([change])).status >= 400

    def test_after_it_expired(self, house: House, play_auth: str) -> None:
        house.cloud.clock.advance(101)
        assert play_info(house.cloud, play_auth).status >= 400

    def test_with_a_changed_expiry(self, house: House, play_auth: str) -> None:
        inner = decoded(play_auth)
        for year in range(2020, 2040):
            later = inner["AuthInfo"].replace(f'"ExpireTime":"{year}', f'"ExpireTime":"{year + 1}')
            if later != inner["AuthInfo"]:
                assert play_info(house.cloud, play_auth, AuthInfo=later).status >= 400
                return
        raise AssertionError("the AuthInfo names no year")

    @pytest.mark.parametrize(
        "action",
        [
            "GetVideoInfo",
            "GetVideoPlayAuth",
            "RefreshUploadVideo",
            "GetMezzanineInfo",
            "DeleteVideo",
            "CreateUploadVideo",
            "SearchMedia",
        ],
    )
    def test_for_another_operation(self, house: House, play_auth: str, action: str) -> None:
        inner = decoded(play_auth)
        video_id = inner["VideoMeta"]["VideoId"]
        fields = {"VideoId": video_id, "VideoIds": video_id, "Title": "t", "FileName": "a.mp4"}
        reply = rpc(house.cloud, keys(house, inner), action, **fields)
        assert (reply.status, reply.code.partition(".")[0]) == (403, "Forbidden")
        assert house.cloud.vod.library.get(video_id) is not None

    def test_for_the_file_itself(self, house: House, play_auth: str) -> None:
        inner = decoded(play_auth)
        media = house.cloud.vod.library.get(inner["VideoMeta"]["VideoId"])
        assert media is not None
        client = oss2.StsAuth(
            inner["AccessKeyId"], inner["AccessKeySecret"], inner["SecurityToken"]
        )
        store = oss2.Bucket(client, house.cloud.url, media.bucket)
        assert refused(store.get_object, media.key) == DENIED
        assert refused(store.put_object, media.key, b"x") == DENIED
