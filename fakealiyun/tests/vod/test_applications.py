"""Applications: what belongs to one, and which identities may use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.__main__ import make_cloud, parse_arguments
from fakealiyun.testing.vod import MP4, Upload, Vod, play_auth_key, post_control, rpc, send
from fakealiyun.vod.settings import DEFAULT_APP, VodSettings

ALL_OF_VOD = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": "vod:*", "Resource": "*"}],
}
TRUST = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["fc.aliyuncs.com"]},
        }
    ],
}
NOT_OPEN = (403, "OperationDenied.NotOpenAppService")
NO_POLICY = (403, "Forbidden.OperateApp")
FULL, READ_ONLY, ADMIN = "VODAppFullAccess", "VODAppReadOnlyAccess", "VODAppAdministratorAccess"


@pytest.fixture(params=[False, True], ids=["forbidden", "absent"])
def looks_absent(request: pytest.FixtureRequest) -> Iterator[FakeCloud]:
    with FakeCloud(vod_settings=VodSettings(other_apps_look_absent=request.param)) as cloud:
        yield cloud


@pytest.fixture
def app_id(vod: Vod) -> str:
    return made(vod)


def made(vod: Vod, name: str = "second") -> str:
    return str(vod.call("create_app_info", app_name=name)["AppId"])


def role(cloud: FakeCloud, name: str = "worker") -> Vod:
    """VOD as a role that RAM allows everything."""
    cloud.ram.put_role(name, trust=TRUST, policies=(ALL_OF_VOD,))
    return Vod(cloud, cloud.ram.service_session("fc.aliyuncs.com", name, "session", 3600))


def attach(vod: Vod, policy: str, app_id: str | None, name: str = "worker") -> dict[str, Any]:
    return vod.call(
        "attach_app_policy_to_identity",
        identity_type="RamRole",
        identity_name=name,
        policy_names=policy,
        app_id=app_id,
    )


def detach(vod: Vod, policy: str, app_id: str | None, name: str = "worker") -> dict[str, Any]:
    return vod.call(
        "detach_app_policy_from_identity",
        identity_type="RamRole",
        identity_name=name,
        policy_names=policy,
        app_id=app_id,
    )


def held(vod: Vod, app_id: str | None = None, name: str = "worker") -> set[str]:
    found = vod.call(
        "list_app_policies_for_identity",
        identity_type="RamRole",
        identity_name=name,
        app_id=app_id,
    )
    return {one["PolicyName"] for one in found["AppPolicyList"]}


class TestApplications:
    def test_the_default_one_is_there(self, vod: Vod) -> None:
        (found,) = vod.call("get_app_infos", app_ids=DEFAULT_APP)["AppInfoList"]
        assert (found["AppId"], found["Type"], found["Status"]) == (DEFAULT_APP, "System", "Normal")

    def test_one_is_created_changed_and_deleted(self, cloud: FakeCloud, vod: Vod) -> None:
        app_id = vod.call("create_app_info", app_name="测试.a-b@c", description="mine")["AppId"]
        assert re.fullmatch(r"app-[0-9]{7}", app_id)
        (found,) = vod.call("get_app_infos", app_ids=app_id)["AppInfoList"]
        assert found == {
            **found,
            "AppId": app_id,
            "AppName": "测试.a-b@c",
            "Description": "mine",
            "Type": "Custom",
            "Status": "Normal",
        }
        cloud.clock.advance(60)
        vod.call("update_app_info", app_id=app_id, app_name="other", status="Disable")
        (later,) = vod.call("get_app_infos", app_ids=app_id)["AppInfoList"]
        assert (later["AppName"], later["Status"]) == ("other", "Disable")
        assert later["CreationTime"] == found["CreationTime"] < later["ModificationTime"]
        vod.call("delete_app_info", app_id=app_id)
        assert vod.call("get_app_infos", app_ids=app_id)["NonExistAppIds"] == [app_id]
        assert vod.refused("delete_app_info", app_id=app_id) == (404, "InvalidAppId.NotFound")

    def test_names_are_unique(self, vod: Vod, app_id: str) -> None:
        again = vod.refused("create_app_info", app_name="second")
        assert again == (409, "AlreadyExist.AppName")
        other = made(vod, "third")
        renamed = vod.refused("update_app_info", app_id=other, app_name="second")
        assert renamed == (409, "AlreadyExist.AppName")
        vod.call("update_app_info", app_id=app_id, app_name="second")  # its own

    def test_ten_can_be_created(self, vod: Vod) -> None:
        for number in range(10):
            made(vod, f"n{number}")
        assert vod.refused("create_app_info", app_name="n10") == (400, "LimitExceeded.AppCount")
        assert vod.call("list_app_info")["Total"] == 11
        assert len(vod.call("list_app_info", page_no=2)["AppInfoList"]) == 1

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({}, "MissingAppName"),
            ({"app_name": "a b"}, "InvalidParameter"),
            ({"app_name": "a" * 129}, "InvalidParameter"),
            ({"app_name": "a", "description": "d" * 513}, "InvalidParameter"),
            ({"app_name": "a", "resource_group_id": "rg-1"}, "InvalidParameter"),
        ],
    )
    def test_what_may_not_be_created(self, vod: Vod, fields: dict[str, Any], code: str) -> None:
        assert vod.refused("create_app_info", **fields) == (400, code)

    def test_one_with_media_is_not_deleted(self, vod: Vod, app_id: str) -> None:
        upload = vod.create(app_id=app_id)
        refused = vod.refused("delete_app_info", app_id=app_id)
        assert refused == (403, "Forbidden.ResourceNotEmpty")
        vod.call("delete_video", video_ids=upload.video_id)
        vod.call("delete_app_info", app_id=app_id)

    def test_the_default_one_stays(self, vod: Vod) -> None:
        assert vod.refused("delete_app_info", app_id=DEFAULT_APP) == NO_POLICY
        assert vod.refused("update_app_info", app_id=DEFAULT_APP, status="Disable") == NO_POLICY

    def test_a_disabled_one_takes_nothing_new(self, vod: Vod, app_id: str) -> None:
        vod.call("update_app_info", app_id=app_id, status="Disable")
        fields = {"title": "t", "file_name": "f.mp4", "app_id": app_id}
        assert vod.refused("create_upload_video", **fields) == NO_POLICY

    def test_a_reset_forgets_them(self, cloud: FakeCloud, vod: Vod) -> None:
        made(vod, "another")
        cloud.reset()
        assert [one.app_id for one in cloud.vod.applications.all()] == [DEFAULT_APP]
        made(vod)  # the administrator still is one

    def test_the_state_shows_them(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        role(cloud)
        attach(vod, FULL, app_id)
        video_id = vod.create(app_id=app_id).video_id
        shown = send(cloud, "GET", "/_local/state").json()["vod"]
        assert {one["AppId"] for one in shown["applications"]} == {app_id}
        assert shown["application_policies"] == {"RamRole/worker": [f"{app_id} {FULL}"]}
        (media,) = shown["media"]
        assert (media["VideoId"], media["AppId"]) == (video_id, app_id)


class TestPolicies:
    def test_without_one_a_role_may_do_nothing_there(
        self, cloud: FakeCloud, vod: Vod, app_id: str
    ) -> None:
        worker = role(cloud)
        video_id = vod.normal(app_id=app_id)
        image = vod.call("create_upload_image", image_type="default", app_id=app_id)
        of_app = {"app_id": app_id}
        refusals = [
            ("create_upload_video", {"title": "t", "file_name": "f.mp4", **of_app}),
            ("create_upload_image", {"image_type": "default", **of_app}),
            (
                "create_upload_attached_media",
                {"business_type": "subtitle", "media_ext": "srt", **of_app},
            ),
            ("refresh_upload_video", {"video_id": video_id}),
            ("get_video_info", {"video_id": video_id}),
            ("get_mezzanine_info", {"video_id": video_id}),
            ("get_video_play_auth", {"video_id": video_id}),
            ("get_play_info", {"video_id": video_id}),
            ("get_image_info", {"image_id": image["ImageId"]}),
            ("delete_image", {"delete_image_type": "ImageId", "image_ids": image["ImageId"]}),
            ("set_message_callback", {"callback_url": "https://example.com/", **of_app}),
            ("get_message_callback", of_app),
            ("delete_message_callback", of_app),
            ("get_app_play_key", of_app),
            ("set_app_play_key", {"play_key": "a" * 20, **of_app}),
        ]
        for action, fields in refusals:
            assert worker.refused(action, **fields) == NO_POLICY, action
        attach(vod, FULL, app_id)
        for action, fields in refusals:
            worker.call(action, **fields)

    def test_read_only_reads(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        worker = role(cloud)
        attach(vod, READ_ONLY, app_id)
        video_id = vod.normal(app_id=app_id)
        assert worker.status(video_id) == "Normal"
        assert worker.call("get_video_play_auth", video_id=video_id)["PlayAuth"]
        assert worker.call("get_message_callback", app_id=app_id)["MessageCallback"]
        assert worker.refused("refresh_upload_video", video_id=video_id) == NO_POLICY
        fields = {"title": "t", "file_name": "f.mp4", "app_id": app_id}
        assert worker.refused("create_upload_video", **fields) == NO_POLICY
        assert worker.call("delete_video", video_ids=video_id)["ForbiddenVideoIds"] == [video_id]
        assert vod.status(video_id) == "Normal"

    def test_lists_leave_out_the_others(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        worker = role(cloud)
        theirs, ours = vod.create(app_id=app_id).video_id, vod.create().video_id
        both = f"{theirs},{ours}"
        attached = vod.call(
            "create_upload_attached_media",
            business_type="subtitle",
            media_ext="srt",
            app_id=app_id,
        )["MediaId"]
        found = worker.call("get_video_list")["VideoList"]["Video"]
        assert [one["VideoId"] for one in found] == [ours]
        assert worker.call("search_media")["Total"] == 1
        infos = worker.call("get_video_infos", video_ids=both)
        assert [one["VideoId"] for one in infos["VideoList"]] == [ours]
        assert infos["NonExistVideoIds"] == [theirs]
        batch = worker.call("batch_get_media_infos", media_ids=both)
        assert (batch["ForbiddenMediaIds"], batch["NonExistMediaIds"]) == ([theirs], [])
        given = {"media_ids": attached}
        assert worker.call("get_attached_media_info", **given)["NonExistMediaIds"] == [attached]
        assert worker.call("delete_attached_media", **given)["NonExistMediaIds"] == [attached]
        deleted = worker.call("delete_video", video_ids=both)
        assert deleted["ForbiddenVideoIds"] == [theirs]
        assert [one.video_id for one in cloud.vod.library.all()] == [theirs]

    def test_the_default_application_is_open_until_it_is_taken_away(
        self, cloud: FakeCloud, vod: Vod
    ) -> None:
        worker = role(cloud)
        assert held(vod) == {FULL}
        video_id = worker.create().video_id
        assert detach(vod, FULL, DEFAULT_APP)["FailedPolicyNames"] == []
        assert held(vod) == set()
        assert worker.refused("get_video_info", video_id=video_id) == NO_POLICY
        assert detach(vod, FULL, DEFAULT_APP)["FailedPolicyNames"] == [FULL]
        attach(vod, FULL, DEFAULT_APP)
        assert worker.status(video_id) == "Uploading"

    def test_a_policy_is_taken_away(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        worker = role(cloud)
        attach(vod, FULL, app_id)
        video_id = worker.create(app_id=app_id).video_id
        detach(vod, FULL, app_id)
        assert worker.refused("get_video_info", video_id=video_id) == NO_POLICY

    def test_a_user_is_named_by_its_id(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        user = Vod(cloud, cloud.ram.add_user("ann", ALL_OF_VOD))
        user_id = cloud.ram.users["ann"].user_id
        given = {"identity_type": "RamUser", "policy_names": FULL, "app_id": app_id}
        by_name = vod.refused("attach_app_policy_to_identity", identity_name="ann", **given)
        assert by_name == (404, "EntityNotExist.User")
        vod.call("attach_app_policy_to_identity", identity_name=user_id, **given)
        assert user.create(app_id=app_id).video_id

    def test_ram_is_asked_too(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        worker = role(cloud)
        attach(vod, FULL, app_id)
        cloud.ram.set_role_policies("worker")
        fields = {"title": "t", "file_name": "f.mp4", "app_id": app_id}
        assert worker.refused("create_upload_video", **fields) == (403, "Forbidden.RAM")

    def test_an_administrator_may_do_everything(
        self, cloud: FakeCloud, vod: Vod, app_id: str
    ) -> None:
        worker = role(cloud)
        assert worker.refused("create_app_info", app_name="x") == NO_POLICY
        assert worker.refused("delete_app_info", app_id=app_id) == NO_POLICY
        with pytest.raises(TeaException) as refused:
            attach(worker, FULL, app_id)
        assert refused.value.code == "Forbidden.OperateApp"
        attach(vod, ADMIN, None)
        assert worker.create(app_id=app_id).video_id
        made(worker, "x")
        # It cannot take the right away from itself; another administrator can.
        assert detach(worker, ADMIN, None)["FailedPolicyNames"] == [ADMIN]
        assert detach(vod, ADMIN, None)["FailedPolicyNames"] == []
        assert worker.refused("create_app_info", app_name="y") == NO_POLICY

    def test_the_account_itself_is_one(self, cloud: FakeCloud, app_id: str) -> None:
        root = Vod(cloud, cloud.ram.add_root_key())
        assert root.create(app_id=app_id).video_id
        made(root, "x")

    def test_others_see_only_their_own(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        worker = role(cloud)
        role(cloud, "other")
        attach(vod, FULL, app_id, "other")
        assert held(vod, app_id, "other") == {FULL}
        assert held(worker, app_id, "other") == set()
        assert worker.call("get_app_infos", app_ids=app_id)["NonExistAppIds"] == [app_id]
        listed = worker.call("list_app_info")
        assert [one["AppId"] for one in listed["AppInfoList"]] == [DEFAULT_APP]

    def test_what_is_not_attached(self, cloud: FakeCloud, vod: Vod, app_id: str) -> None:
        role(cloud)
        unknown = attach(vod, f"VODAppSomeAccess,{FULL}", app_id)
        assert unknown["NonExistPolicyNames"] == ["VODAppSomeAccess"]
        assert held(vod, app_id) == {FULL}
        for given, code in (
            ({"app_id": app_id, "identity_name": "nobody"}, "EntityNotExist.Role"),
            ({"app_id": "app-9999999"}, "InvalidAppId.NotFound"),
            ({}, "MissingAppId"),
            ({"app_id": app_id, "identity_type": "Group"}, "InvalidParameter"),
        ):
            fields = {
                "identity_type": "RamRole",
                "identity_name": "worker",
                "policy_names": FULL,
                **given,
            }
            assert vod.refused("attach_app_policy_to_identity", **fields)[1] == code, given

    def test_an_identity_has_ten_applications(self, cloud: FakeCloud, vod: Vod) -> None:
        role(cloud)
        apps = [made(vod, f"n{number}") for number in range(10)]
        for one in apps:
            assert attach(vod, FULL, one)["FailedPolicyNames"] == []
        assert attach(vod, FULL, DEFAULT_APP)["FailedPolicyNames"] == [FULL]
        assert attach(vod, READ_ONLY, apps[0])["FailedPolicyNames"] == []


def test_a_player_needs_no_policy(cloud: FakeCloud, vod: Vod, app_id: str) -> None:
    video_id = vod.normal(app_id=app_id)
    text = vod.call("get_video_play_auth", video_id=video_id)["PlayAuth"]
    keys, auth_info = play_auth_key(text)
    answer = rpc(cloud, keys, "GetPlayInfo", VideoId=video_id, AuthInfo=auth_info)
    assert answer.status == 200


def test_an_upload_credential_needs_no_policy(cloud: FakeCloud, vod: Vod, app_id: str) -> None:
    upload = Upload(vod.create(app_id=app_id).answer)
    upload.put(MP4)
    assert vod.status(upload.video_id) == "Normal"


def test_other_applications_may_look_absent(looks_absent: FakeCloud) -> None:
    vod = Vod(looks_absent)
    app_id = made(vod)
    video_id = vod.normal(app_id=app_id)
    worker = role(looks_absent)
    absent = looks_absent.vod.settings.other_apps_look_absent
    expected = (404, "InvalidVideo.NotFound") if absent else NO_POLICY
    for action in ("get_video_info", "refresh_upload_video", "get_video_play_auth"):
        assert worker.refused(action, video_id=video_id) == expected
    fields = {"title": "t", "file_name": "f.mp4", "app_id": app_id}
    assert worker.refused("create_upload_video", **fields) == NO_POLICY
    attach(vod, READ_ONLY, app_id)
    assert worker.refused("refresh_upload_video", video_id=video_id) == NO_POLICY


class TestAnAccountThatHasNotOpenedThem:
    @pytest.fixture
    def vod(self, cloud: FakeCloud) -> Vod:
        assert post_control(cloud, "vod", {"multiple_apps": False}).json()["multiple_apps"] is False
        return Vod(cloud)

    @pytest.mark.parametrize(
        ("action", "fields"),
        [
            ("create_app_info", {"app_name": "a"}),
            ("update_app_info", {"app_id": DEFAULT_APP}),
            ("delete_app_info", {"app_id": DEFAULT_APP}),
            ("get_app_infos", {"app_ids": DEFAULT_APP}),
            ("list_app_info", {}),
            ("attach_app_policy_to_identity", {}),
            ("detach_app_policy_from_identity", {}),
            ("list_app_policies_for_identity", {}),
            ("create_upload_video", {"title": "t", "file_name": "f.mp4", "app_id": "app-2000000"}),
            ("get_message_callback", {"app_id": "app-2000000"}),
            ("get_app_play_key", {"app_id": "app-2000000"}),
        ],
    )
    def test_says_so(self, vod: Vod, action: str, fields: dict[str, Any]) -> None:
        assert vod.refused(action, **fields) == NOT_OPEN

    def test_has_the_default_one(self, vod: Vod) -> None:
        assert vod.create(app_id=DEFAULT_APP).video_id
        assert vod.create().video_id

    def test_a_reset_opens_them_again(self, cloud: FakeCloud, vod: Vod) -> None:
        cloud.reset()
        made(vod)

    def test_the_command_has_an_option(self) -> None:
        assert not make_cloud(parse_arguments(["--single-app"]), {}).vod.settings.multiple_apps
        assert make_cloud(parse_arguments([]), {}).vod.settings.multiple_apps


def test_a_suspended_account(cloud: FakeCloud, vod: Vod) -> None:
    assert post_control(cloud, "vod", {"suspended": True}).status == 200
    for action in ("get_video_list", "get_message_callback", "list_app_info"):
        assert vod.refused(action) == (403, "OperationDenied.Suspended")
    assert post_control(cloud, "vod", {"suspended": False}).status == 200
    vod.call("get_video_list")


@pytest.mark.parametrize("value", ["true", 1, None])
@pytest.mark.parametrize("name", ["multiple_apps", "suspended"])
def test_what_is_no_switch(cloud: FakeCloud, name: str, value: Any) -> None:
    assert post_control(cloud, "vod", {name: value}).status == 400
