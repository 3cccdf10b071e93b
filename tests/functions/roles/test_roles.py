"""What the roles allow to anybody who holds their credentials, and who may assume them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import oss2
import pytest
from Tea.exceptions import TeaException

from fakealiyun.identity import Credential
from fakealiyun.ram.state import NotTrusted
from fakealiyun.testing.sts import Keys, Sts, allow
from shared.alibaba.sts import PURPOSES
from tests.functions.roles.grants import (
    CLIENT_ROLES,
    FUNCTION_ROLES,
    RAM_FOLDER,
    ROLES,
    Grant,
    document,
    grants,
    listed,
)
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.holder import Holder, sts_token
from tests.support.house import House

FC = "fc.aliyuncs.com"
HARMLESS = ("Get", "List", "Create", "Refresh", "Put", "Abort", "Assume", "Send")
DELETES = {grant for role in ROLES for grant in grants(role) if "Delete" in grant.action}
PURPOSE_OF = {
    "vodpass-client-upload": "vod-upload",
    "vodpass-client-play": "vod-play",
    "vodpass-client-oss": "oss-upload",
}
WHERE = {"Region": "cn-shanghai", "Bucket": "vodpass-local", "KeyPrefix": "uploads/somebody/"}


@pytest.fixture
def video_id(house: House) -> str:
    """A video that plays."""
    begun = house.upload(house.issuer.token()).json()
    put(begun, SMALL)
    return str(begun["VideoId"])


def holder_of(house: House, key: Keys | Credential) -> Holder:
    """A holder of these keys who knows the names of the buckets and a prefix."""
    answer = {
        "AccessKeyId": key.access_key_id,
        "AccessKeySecret": key.access_key_secret,
        "SecurityToken": key.security_token,
        "Endpoint": house.cloud.url,
        **WHERE,
    }
    return Holder(house.cloud, answer)


def function(house: House, role: str) -> Credential:
    """The role credential that Function Compute gives a function of this role."""
    return house.cloud.ram.service_session(FC, role, "function", 36 * 3600)


def oss_actions(holder: Holder) -> set[str]:
    """The actions of OSS that the holder can perform below its prefix, tried one by one."""
    cloud, prefix = holder.cloud, holder.prefix
    admin = oss2.Auth(cloud.admin.access_key_id, cloud.admin.access_key_secret)
    owner = oss2.Bucket(admin, cloud.url, holder.answer["Bucket"])
    owner.put_object(f"{prefix}there", b"bytes")
    begun = [owner.init_multipart_upload(f"{prefix}parts").upload_id for _ in range(2)]
    bucket = holder.bucket()
    calls: Mapping[str, Callable[[], Any]] = {
        "oss:PutObject": lambda: bucket.put_object(f"{prefix}new", b"bytes"),
        "oss:ListParts": lambda: bucket.list_parts(f"{prefix}parts", begun[0]),
        "oss:AbortMultipartUpload": lambda: bucket.abort_multipart_upload(
            f"{prefix}parts", begun[1]
        ),
        "oss:GetObject": lambda: bucket.get_object(f"{prefix}there"),
        "oss:HeadObject": lambda: bucket.get_object_meta(f"{prefix}there"),
        "oss:ListObjects": lambda: bucket.list_objects(prefix=prefix),
        "oss:ListMultipartUploads": lambda: bucket.list_multipart_uploads(prefix=prefix),
        "oss:DeleteObject": lambda: bucket.delete_object(f"{prefix}there"),
    }
    return {action for action, call in calls.items() if _is_allowed(call)}


def _is_allowed(call: Callable[[], Any]) -> bool:
    try:
        call()
    except oss2.exceptions.AccessDenied:
        return False
    return True


def everything_open_to(holder: Holder, video_id: str) -> set[str]:
    """Every action of VOD and OSS that the cloud allows the holder."""
    return {f"vod:{name}" for name in holder.vod_actions(video_id)} | oss_actions(holder)


def actions_of(role: str, *products: str) -> set[str]:
    """What the file of the role grants for these products."""
    found = {grant.action for grant in grants(role) if grant.file == "policy"}
    return {action for action in found if action.partition(":")[0] in products}


class TestTheRolesOfFunctions:
    @pytest.mark.parametrize("role", FUNCTION_ROLES)
    def test_they_allow_exactly_what_their_file_grants(
        self, house: House, video_id: str, role: str
    ) -> None:
        holder = holder_of(house, function(house, role))
        assert everything_open_to(holder, video_id) == actions_of(role, "vod", "oss")

    def test_each_function_has_its_own_role(self, house: House) -> None:
        held = {
            name: one.role.rpartition("/")[2]
            for name, one in house.gateway.deployment.functions.items()
            if one.role is not None
        }
        # A variant of a function uses the role of that function.
        assert held == {name: f"vodpass-{name.rpartition('-')[2]}" for name in held}
        assert set(held.values()) == set(FUNCTION_ROLES)

    def test_the_role_of_play_cannot_begin_or_continue_an_upload(
        self, house: House, video_id: str
    ) -> None:
        holder = holder_of(house, function(house, "vodpass-play"))
        denied = (403, "Forbidden.RAM")
        assert holder.refused("CreateUploadVideo", title="t", file_name="t.mp4") == denied
        assert holder.refused("CreateUploadImage", image_type="default") == denied
        attached = {"business_type": "subtitle", "media_ext": "srt"}
        assert holder.refused("CreateUploadAttachedMedia", **attached) == denied
        assert holder.refused("RefreshUploadVideo", video_id=video_id) == denied

    @pytest.mark.parametrize("role", ROLES)
    def test_no_role_can_delete_or_change_a_video_by_default(
        self, house: House, video_id: str, role: str
    ) -> None:
        """No file grants it except the one for deleting, and the cloud refuses it."""
        for grant in grants(role):
            product, _, action = grant.action.partition(":")
            assert product in ("vod", "oss", "sts", "mns")
            assert grant in DELETES or action.startswith(HARMLESS)
            assert "*" not in grant.action
            assert "?" not in grant.action
        if role in FUNCTION_ROLES:
            holder = holder_of(house, function(house, role))
        else:
            holder = Holder.of(house, sts_token(house), PURPOSE_OF[role])
        assert holder.refused("DeleteVideo", video_ids=video_id) == (403, "Forbidden.RAM")
        assert [media.video_id for media in house.cloud.vod.library.all()] == [video_id]


@pytest.mark.parametrize("role", CLIENT_ROLES)
class TestTheRolesOfClients:
    """The function builds the session policy of a token; the policy of its role is a file.

    Each of the two alone limits the holder to the purpose.
    """

    def test_token_and_role_together_allow_what_the_file_grants(
        self, house: House, video_id: str, role: str
    ) -> None:
        holder = Holder.of(house, sts_token(house), PURPOSE_OF[role])
        found = everything_open_to(
            Holder(house.cloud, {"Endpoint": house.cloud.url, **WHERE, **holder.answer}), video_id
        )
        assert found == actions_of(role, "vod", "oss")

    def test_the_session_policy_alone_limits_the_token(
        self, house: House, video_id: str, role: str
    ) -> None:
        """What the token allows if the role has too many permissions."""
        house.cloud.ram.set_role_policies(role, allow("*"))
        holder = Holder.of(house, sts_token(house), PURPOSE_OF[role])
        here = Holder(house.cloud, {"Endpoint": house.cloud.url, **WHERE, **holder.answer})
        assert everything_open_to(here, video_id) == actions_of(role, "vod", "oss")
        elsewhere = Holder(house.cloud, {**here.answer, "KeyPrefix": "uploads/somebody/"})
        assert oss_actions(elsewhere) == set()
        with pytest.raises(TeaException) as refusal:
            Sts(house.cloud, holder.keys).assume(house.cloud.ram.role(role).arn)
        assert refusal.value.code == "NoPermission"

    def test_the_role_alone_limits_the_token(self, house: House, video_id: str, role: str) -> None:
        """What the token allows if the session policy does not limit it."""
        told = Sts(house.cloud, function(house, "vodpass-sts")).assume(
            house.cloud.ram.role(role).arn
        )
        holder = holder_of(house, Keys.told(told))
        assert everything_open_to(holder, video_id) == actions_of(role, "vod", "oss")
        outside = Holder(house.cloud, {**holder.answer, "KeyPrefix": "elsewhere/"})
        assert oss_actions(outside) == set()

    def test_the_session_policy_covers_all_that_the_role_grants(self, role: str) -> None:
        assert set(PURPOSES[PURPOSE_OF[role]].actions) == actions_of(role, "vod", "oss", "sts")


class TestWhoMayTakeARole:
    @pytest.mark.parametrize("role", FUNCTION_ROLES)
    def test_only_function_compute_may_assume_the_role_of_a_function(self, role: str) -> None:
        (statement,) = document(role, "trust")["Statement"]
        assert statement["Principal"] == {"Service": [FC]}
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")

    @pytest.mark.parametrize("role", CLIENT_ROLES)
    def test_only_its_function_may_assume_the_role_of_a_client(self, role: str) -> None:
        (statement,) = document(role, "trust")["Statement"]
        assert statement["Principal"] == {"RAM": ["acs:ram::${AccountId}:role/${Name}-sts"]}
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")

    def test_only_the_role_of_sts_can_assume_the_roles_of_clients(self, house: House) -> None:
        """Administrator, another user, every function and every client try to assume every role.

        Each has a policy that allows it, so only the trust policy of the role can refuse.
        """
        ram = house.cloud.ram
        callers: dict[str, Credential | Keys] = {
            "admin": house.cloud.admin,
            "user": ram.add_user("vodpass-sts", allow("*")),
            **{role: function(house, role) for role in FUNCTION_ROLES},
        }
        for role, purpose in PURPOSE_OF.items():
            callers[role] = Holder.of(house, sts_token(house), purpose).keys
        for role in FUNCTION_ROLES:
            ram.set_role_policies(role, allow("*"))
        taken = {
            (caller, role)
            for caller, keys in callers.items()
            for role in ROLES
            if self._may_take(house, keys, role)
        }
        assert taken == {("vodpass-sts", role) for role in CLIENT_ROLES}

    def _may_take(self, house: House, keys: Credential | Keys, role: str) -> bool:
        try:
            Sts(house.cloud, keys).assume(house.cloud.ram.role(role).arn, "somebody")
        except TeaException as error:
            if error.code != "NoPermission":
                raise
            return False
        return True

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("service", [FC, "ecs.aliyuncs.com", "vod.aliyuncs.com"])
    def test_only_function_compute_can_assume_a_role_among_the_services(
        self, house: House, role: str, service: str
    ) -> None:
        def take() -> Credential:
            return house.cloud.ram.service_session(service, role, "somebody", 3600)

        if role in FUNCTION_ROLES and service == FC:
            assert take().principal.name == role
        else:
            with pytest.raises(NotTrusted):
                take()


class TestTheFiles:
    @pytest.mark.parametrize("role", ROLES)
    def test_resources_are_as_narrow_as_ram_allows(self, role: str) -> None:
        """VOD permissions cover all resources. Roles and queues are named in full, objects by
        bucket and prefix."""
        for grant in grants(role):
            if grant.action.startswith("vod:"):
                assert grant.resource == "*"
            elif grant.action.startswith("sts:"):
                assert "*" not in grant.resource
                named = grant.resource.rpartition("/")[2].replace("${Name}", "vodpass")
                assert named in CLIENT_ROLES
            elif grant.action.startswith("mns:"):
                assert grant.resource == "acs:mns:*:${AccountId}:/queues/${WatchQueue}/messages"
            else:
                assert grant.resource == "acs:oss:*:*:${Bucket}/${Prefix}/*"

    @pytest.mark.parametrize("role", ROLES)
    def test_the_files_hold_no_data_of_an_account(self, role: str) -> None:
        for path in (RAM_FOLDER / role).iterdir():
            assert not re.search(r"[0-9]{5}", path.read_text())

    def test_there_are_two_files_for_each_role_and_two_that_are_optional(self) -> None:
        """`watch` neither deletes nor refreshes until an operator attaches them. No client gets
        them."""
        found = {(role, path.name) for role in ROLES for path in (RAM_FOLDER / role).iterdir()}
        two = {(role, name) for role in ROLES for name in ("policy.json", "trust.json")}
        optional = {("vodpass-watch", f"{name}.json") for name in ("clean-up", "renewal")}
        assert found == two | optional
        refresh = "vod:RefreshUploadVideo"
        assert Grant("vodpass-watch", refresh, "*", "renewal") in grants("vodpass-watch")
        assert Grant("vodpass-watch", refresh, "*") not in grants("vodpass-watch")
        assert {Grant("vodpass-watch", "vod:DeleteVideo", "*", "clean-up")} == DELETES

    @pytest.mark.parametrize("role", ROLES)
    def test_a_file_names_each_action_once(self, role: str) -> None:
        named = [
            action.lower()
            for statement in document(role)["Statement"]
            for action in listed(statement["Action"])
        ]
        assert len(named) == len(set(named))
