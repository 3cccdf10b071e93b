"""What the holder of a token for `vod-upload` or `vod-play` can do with the official SDKs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import oss2
import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from Tea.exceptions import TeaException

from fakealiyun.testing.sts import Sts
from fakealiyun.vod.settings import TRANSCODE
from shared.auth import ownership
from shared.auth.ownership import Owner
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.holder import PURPOSES, Holder, sts_token
from tests.support.house import ALIAS, House

DENIED = (403, "Forbidden.RAM")


@pytest.fixture
def video_id(house: House) -> str:
    """A video of another user that plays."""
    begun = house.upload(house.issuer.token("stranger")).json()
    put(begun, SMALL)
    return str(begun["VideoId"])


def refused_everywhere_at_oss(holder: Holder) -> None:
    """Check that OSS refuses everything, in the bucket of the client and in any other."""
    calls: list[Callable[[oss2.Bucket], object]] = [
        lambda bucket: bucket.put_object("uploads/x", b"x"),
        lambda bucket: bucket.get_object("uploads/x"),
        lambda bucket: bucket.delete_object("uploads/x"),
        lambda bucket: bucket.init_multipart_upload("uploads/x"),
        lambda bucket: bucket.list_objects(),
        lambda bucket: bucket.list_multipart_uploads(),
    ]
    for bucket in (holder.bucket("vodpass-local"), holder.bucket("vodpass-local2")):
        for call in calls:
            with pytest.raises(oss2.exceptions.AccessDenied):
                call(bucket)


class TestPlay:
    @pytest.fixture
    def holder(self, house: House, alice: str) -> Holder:
        return Holder.of(house, alice, "vod-play")

    def test_the_token_can_play_every_video(self, holder: Holder, video_id: str) -> None:
        assert holder.vod("GetVideoPlayAuth", video_id=video_id)["PlayAuth"]
        info = holder.vod("GetPlayInfo", video_id=video_id)
        assert info["PlayInfoList"]["PlayInfo"][0]["PlayURL"].startswith("http")

    @pytest.mark.parametrize(
        ("action", "fields"),
        [
            ("CreateUploadVideo", {"title": "t", "file_name": "t.mp4"}),
            ("CreateUploadImage", {"image_type": "default"}),
            ("CreateUploadAttachedMedia", {"business_type": "subtitle", "media_ext": "srt"}),
            ("RefreshUploadVideo", {"video_id": ...}),
            ("GetVideoInfo", {"video_id": ...}),
            ("GetMezzanineInfo", {"video_id": ...}),
            ("GetVideoList", {}),
            ("SearchMedia", {}),
            ("DeleteVideo", {"video_ids": ...}),
        ],
    )
    def test_every_other_operation_is_refused(
        self, house: House, holder: Holder, video_id: str, action: str, fields: Any
    ) -> None:
        given = {name: video_id if value is ... else value for name, value in fields.items()}
        assert holder.refused(action, **given) == DENIED
        assert [media.video_id for media in house.cloud.vod.library.all()] == [video_id]

    def test_the_token_allows_no_other_operation_of_vod(
        self, holder: Holder, video_id: str
    ) -> None:
        assert holder.vod_actions(video_id) == {"GetVideoPlayAuth", "GetPlayInfo"}

    def test_the_token_allows_nothing_of_oss(self, holder: Holder) -> None:
        refused_everywhere_at_oss(holder)

    def test_the_old_sdk_can_use_the_token(self, holder: Holder, video_id: str) -> None:
        answer = holder.by_the_old_sdk("GetPlayInfo", VideoId=video_id)
        assert answer["VideoBase"]["VideoId"] == video_id
        assert holder.by_the_old_sdk("GetVideoPlayAuth", VideoId=video_id)["PlayAuth"]
        with pytest.raises(ServerException) as refusal:
            holder.by_the_old_sdk("RefreshUploadVideo", VideoId=video_id)
        assert (refusal.value.get_http_status(), refusal.value.get_error_code()) == DENIED

    def test_the_token_stops_working_when_it_expires(
        self, house: House, holder: Holder, video_id: str
    ) -> None:
        house.cloud.clock.advance(901)
        expired = (400, "InvalidSecurityToken.Expired")
        assert holder.refused("GetPlayInfo", video_id=video_id) == expired
        with pytest.raises(ServerException) as refusal:
            holder.by_the_old_sdk("GetPlayInfo", VideoId=video_id)
        assert refusal.value.get_error_code() == expired[1]


class TestUpload:
    @pytest.fixture
    def holder(self, house: House, alice: str) -> Holder:
        return Holder.of(house, alice, "vod-upload")

    def test_the_token_can_create_a_video_and_send_its_file(
        self, house: House, holder: Holder
    ) -> None:
        created = holder.vod("CreateUploadVideo", title="t", file_name="t.mp4")
        put(created, SMALL)
        assert house.cloud.vod.library.all()[0].status == "Normal"

    def test_the_token_can_create_an_image_and_send_its_file(self, holder: Holder) -> None:
        created = holder.vod("CreateUploadImage", image_type="default", image_ext="png")
        put(created, b"\x89PNG\r\n\x1a\n")
        assert created["ImageId"]

    @pytest.mark.parametrize(
        ("action", "fields"),
        [
            ("RefreshUploadVideo", {"video_id": ...}),
            ("CreateUploadAttachedMedia", {"business_type": "subtitle", "media_ext": "srt"}),
            ("GetVideoInfo", {"video_id": ...}),
            ("GetVideoPlayAuth", {"video_id": ...}),
            ("GetPlayInfo", {"video_id": ...}),
            ("DeleteVideo", {"video_ids": ...}),
        ],
    )
    @pytest.mark.parametrize("whose", ["own", "stranger's"])
    def test_every_other_operation_is_refused(
        self, holder: Holder, video_id: str, action: str, fields: Any, whose: str
    ) -> None:
        """Above all RefreshUploadVideo: with it, the holder could overwrite every video."""
        if whose == "own":
            video_id = holder.vod("CreateUploadVideo", title="t", file_name="t.mp4")["VideoId"]
        given = {name: video_id if value is ... else value for name, value in fields.items()}
        assert holder.refused(action, **given) == DENIED

    def test_the_token_allows_no_other_operation_of_vod(
        self, holder: Holder, video_id: str
    ) -> None:
        assert holder.vod_actions(video_id) == {"CreateUploadVideo", "CreateUploadImage"}

    def test_the_token_allows_nothing_of_oss(self, holder: Holder) -> None:
        refused_everywhere_at_oss(holder)

    def test_the_old_sdk_can_use_the_token(self, holder: Holder) -> None:
        created = holder.by_the_old_sdk("CreateUploadVideo", Title="t", FileName="t.mp4")
        put(created, SMALL)
        with pytest.raises(ServerException) as refusal:
            holder.by_the_old_sdk("RefreshUploadVideo", VideoId=created["VideoId"])
        assert (refusal.value.get_http_status(), refusal.value.get_error_code()) == DENIED

    def test_a_created_video_has_no_owner(self, house: House, holder: Holder) -> None:
        """It has no mark, so it does not belong to the caller either."""
        video_id = holder.vod("CreateUploadVideo", title="t", file_name="t.mp4")["VideoId"]
        own = house.issuer.token("alice")
        assert house.refresh(own, video_id).refusal == (404, "VideoNotFound")
        assert house.play(own, video_id).refusal == (404, "VideoNotFound")

    @pytest.mark.usefixtures("video_id")
    def test_the_token_cannot_take_over_the_mark_of_a_video(
        self, house: House, holder: Holder
    ) -> None:
        """A copied or imitated ReferenceId does not change the owner of any video."""
        mark = house.cloud.vod.library.all()[0].reference_id
        assert mark
        status, _ = holder.refused(
            "CreateUploadVideo", title="t", file_name="t.mp4", reference_id=mark
        )
        assert status >= 400
        altered = mark[:-1] + ("a" if mark[-1] != "a" else "b")
        forged = holder.vod("CreateUploadVideo", title="t", file_name="t.mp4", reference_id=altered)
        for sub in ("alice", "stranger"):
            reply = house.refresh(house.issuer.token(sub), forged["VideoId"])
            assert reply.refusal == (404, "VideoNotFound")

    def test_the_holder_chooses_what_a_function_would_choose(
        self, house: House, holder: Holder
    ) -> None:
        """Template group, workflow, category, ReferenceId and callback address. SECURITY.md says
        so. The owner's mark is not among them."""
        url = "https://hooks.example.com/of-the-holder"
        created = holder.vod(
            "CreateUploadVideo",
            title="t",
            file_name="t.mp4",
            template_group_id=TRANSCODE,
            cate_id=1000000001,
            reference_id="chosen-by-the-holder",
            user_data=json.dumps({"MessageCallback": {"CallbackURL": url}, "Extend": "mine"}),
        )
        (media,) = house.cloud.vod.library.all()
        assert media.video_id == created["VideoId"]
        assert (media.template_group_id, media.callback_url) == (TRANSCODE, url)
        assert media.reference_id == "chosen-by-the-holder"
        self.belongs_to_nobody(house, created["VideoId"])

    @pytest.mark.parametrize("kind", ["prefix", "length", "key", "unknown key", "upper", "zeros"])
    def test_no_chosen_reference_id_is_a_mark(
        self, house: House, holder: Holder, kind: str
    ) -> None:
        """The holder knows everything but the owner key: form, key id, subject and alias."""
        genuine = ownership.new_mark(
            Settings(owner_keys=(OwnerKey("k1", b"x" * 32),), issuer_alias=ALIAS),
            Owner(ALIAS, "alice"),
        )
        chosen = {
            "prefix": "v1k1" + "a" * 56,
            "length": genuine[:-1],
            "key": genuine,  # signed with a key of the holder's, under the id of the deployment's
            "unknown key": f"v1zz{genuine[4:]}",
            "upper": genuine.upper(),
            "zeros": "v1k1" + "7" * 56,
        }[kind]
        created = holder.vod("CreateUploadVideo", title="t", file_name="t.mp4", reference_id=chosen)
        put(created, SMALL)
        self.belongs_to_nobody(house, created["VideoId"])

    def test_a_copied_mark_and_extend_of_a_deleted_video_stay_its_owners(
        self, house: House, holder: Holder
    ) -> None:
        """If VOD let a ReferenceId be used again, the new video would be its former owner's. The
        holder gains nothing by that."""
        own = house.issuer.token("owner")
        video_id = house.begun(own)
        known = house.cloud.vod.library.get(video_id)
        assert known is not None
        house.cloud.vod.library.delete([video_id])
        house.cloud.vod.library._references.clear()
        created = holder.vod(
            "CreateUploadVideo",
            title="t",
            file_name="t.mp4",
            reference_id=known.reference_id,
            user_data=known.user_data,
        )
        alice = house.issuer.token("alice")
        assert house.refresh(alice, created["VideoId"]).refusal == (404, "VideoNotFound")
        assert house.refresh(own, created["VideoId"]).status == 200

    def belongs_to_nobody(self, house: House, video_id: str) -> None:
        for sub in ("alice", "stranger", "k1"):
            token = house.issuer.token(sub)
            assert house.refresh(token, video_id).refusal == (404, "VideoNotFound")
            assert house.play(token, video_id).refusal == (404, "VideoNotFound")


class TestTheSession:
    @pytest.mark.parametrize(
        ("purpose", "role"),
        [
            ("vod-upload", "vodpass-client-upload"),
            ("vod-play", "vodpass-client-play"),
            ("oss-upload", "vodpass-client-oss"),
        ],
    )
    def test_the_session_name_identifies_the_caller(
        self, house: House, purpose: str, role: str
    ) -> None:
        """ActionTrail then shows the user, and different names for different users."""
        names = set()
        for sub in ("alice@example.com", "alice@example.con", "Alice@example.com"):
            holder = Holder.of(house, sts_token(house, sub), purpose)
            arn = Sts(house.cloud, holder.keys).whoami()["Arn"]
            named = re.fullmatch(rf"acs:ram::\d{{16}}:assumed-role/{role}/(.+)", arn)
            assert named is not None
            assert named[1].startswith(f"{sub}-")
            names.add(named[1])
        assert len(names) == 3

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_the_session_cannot_assume_another_role(
        self, house: House, alice: str, purpose: str
    ) -> None:
        holder = Holder.of(house, alice, purpose)
        for role in house.cloud.ram.roles.values():
            with pytest.raises(TeaException) as refusal:
                Sts(house.cloud, holder.keys).assume(role.arn, "alice")
            assert refusal.value.code == "NoPermission"

    def test_all_three_parts_of_the_credential_are_needed(self, house: House, alice: str) -> None:
        first, second = (Holder.of(house, alice, "vod-upload") for _ in range(2))
        mixed = {**first.answer, "SecurityToken": second.answer["SecurityToken"]}
        _, code = Holder(house.cloud, mixed).refused(
            "CreateUploadVideo", title="t", file_name="t.mp4"
        )
        assert code == "InvalidSecurityToken.MismatchWithAccessKey"

    @pytest.mark.parametrize(
        "sub",
        [
            "*",
            "../x",
            "a/b",
            "a b",
            "日本語の名前",
            "x" * 128,
            '","Action":"*"',
            "${AccountId}",
            7,
            "é",
        ],
    )
    def test_the_session_has_a_name_for_every_subject(self, house: House, sub: Any) -> None:
        holder = Holder.of(house, sts_token(house, sub), "vod-upload")
        name = Sts(house.cloud, holder.keys).whoami()["Arn"].rpartition("/")[2]
        assert re.fullmatch(r"[A-Za-z0-9.@_-]{2,64}", name)
        assert holder.vod_actions("0" * 32) == {"CreateUploadVideo", "CreateUploadImage"}
