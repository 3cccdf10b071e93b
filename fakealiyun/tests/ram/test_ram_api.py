"""RAM's API through the official client: roles, policies, versions, attachments, tags."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from fakealiyun import FakeCloud
from fakealiyun.ram.evaluation import AccessRequest, evaluate
from fakealiyun.ram.operations import policies, roles
from fakealiyun.testing.ram import RamClient
from fakealiyun.testing.sts import Keys, Sts

from .conftest import Refused, allow, trust

FC = trust(Service=["fc.aliyuncs.com"])
SEND_TO_FC = "sendevent-fc.eventbridge.aliyuncs.com"


def make_role(api: RamClient, name: str = "shop", **more: Any) -> Any:
    return api.call("CreateRole", role_name=name, assume_role_policy_document=FC, **more)["Role"]


def make_policy(api: RamClient, name: str = "read", *actions: str, **more: Any) -> Any:
    document = allow(*(actions or ("vod:GetVideoInfo",)))
    return api.call("CreatePolicy", policy_name=name, policy_document=document, **more)["Policy"]


def attach(api: RamClient, policy: str = "read", role: str = "shop", kind: str = "Custom") -> None:
    api.call("AttachPolicyToRole", policy_type=kind, policy_name=policy, role_name=role)


def detach(api: RamClient, policy: str = "read", role: str = "shop") -> None:
    api.call("DetachPolicyFromRole", policy_type="Custom", policy_name=policy, role_name=role)


def new_version(api: RamClient, *actions: str, **more: Any) -> Any:
    return api.call(
        "CreatePolicyVersion", policy_name="read", policy_document=allow(*actions), **more
    )["PolicyVersion"]


def versions(api: RamClient) -> list[str]:
    listed = api.call("ListPolicyVersions", policy_type="Custom", policy_name="read")
    return [one["VersionId"] for one in listed["PolicyVersions"]["PolicyVersion"]]


def test_a_role_is_created_read_changed_and_deleted(
    cloud: FakeCloud, api: RamClient, refused: Refused
) -> None:
    made = make_role(api, description="of the shop", max_session_duration=7200)
    assert made["Arn"] == f"acs:ram::{cloud.account_id}:role/shop"
    assert json.loads(made["AssumeRolePolicyDocument"]) == FC
    found = api.call("GetRole", role_name="shop")["Role"]
    assert (found["RoleId"], found["Description"]) == (made["RoleId"], "of the shop")
    assert (found["MaxSessionDuration"], found["IsServiceLinkedRole"]) == (7200, False)
    cloud.clock.advance(60)
    api.call(
        "UpdateRole",
        role_name="shop",
        new_description="another",
        new_max_session_duration=3600,
        new_assume_role_policy_document=json.dumps(trust(Service=["ecs.aliyuncs.com"])),
    )
    changed = api.call("GetRole", role_name="shop")["Role"]
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("another", 3600)
    assert changed["UpdateDate"] > found["UpdateDate"] == found["CreateDate"]
    assert "ecs.aliyuncs.com" in changed["AssumeRolePolicyDocument"]
    api.call("DeleteRole", role_name="shop")
    assert refused("GetRole", role_name="shop") == (404, "EntityNotExist.Role")
    assert make_role(api)["RoleId"] != made["RoleId"]


def test_roles_are_listed_in_parts_and_by_tag(api: RamClient) -> None:
    for number in range(5):
        make_role(api, f"shop-{number}", tag={"made-by": "test", "number": str(number)})
    make_role(api, "other")
    first = api.call("ListRoles", max_items=4)
    assert (first["IsTruncated"], len(first["Roles"]["Role"])) == (True, 4)
    rest = api.call("ListRoles", max_items=4, marker=first["Marker"])
    names = [one["RoleName"] for page in (first, rest) for one in page["Roles"]["Role"]]
    assert names == ["other", *(f"shop-{number}" for number in range(5))]
    assert rest["IsTruncated"] is False
    tagged = api.call("ListRoles", tag={"made-by": "test", "number": "3"})["Roles"]["Role"]
    assert [one["RoleName"] for one in tagged] == ["shop-3"]
    assert {"TagKey": "number", "TagValue": "3"} in tagged[0]["Tags"]["Tag"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("a_b", 400, "InvalidParameter.RoleName.InvalidChars"),
        ("ä", 400, "InvalidParameter.RoleName.InvalidChars"),
        ("x" * 65, 400, "InvalidParameter.RoleName.Length"),
        (None, 400, "MissingRoleName"),
    ],
)
def test_names_of_roles(refused: Refused, name: str, status: int, code: str) -> None:
    given = {"role_name": name, "assume_role_policy_document": FC}
    assert refused("CreateRole", **given) == (status, code)


def test_a_trust_policy_is_checked(cloud: FakeCloud, api: RamClient, refused: Refused) -> None:
    own = f"acs:ram::{cloud.account_id}"
    for document in (
        {"Version": "1"},
        allow("sts:AssumeRole"),
        trust(RAM=[f"{own}:role/absent"]),
        trust(RAM=[f"{own}:user/absent"]),
    ):
        assert refused("CreateRole", role_name="shop", assume_role_policy_document=document) == (
            400,
            "MalformedPolicyDocument",
        )
    make_role(api)
    for principal in (f"{own}:role/shop", f"{own}:root", "acs:ram::99:role/of-others"):
        if "next" in cloud.ram.roles:
            api.call("DeleteRole", role_name="next")
        document = trust(RAM=[principal])
        api.call("CreateRole", role_name="next", assume_role_policy_document=document)


def test_one_role_of_a_name(api: RamClient, refused: Refused) -> None:
    make_role(api)
    given = {"role_name": "shop", "assume_role_policy_document": FC}
    assert refused("CreateRole", **given) == (409, "EntityAlreadyExists.Role")


def test_a_policy_is_created_read_changed_and_deleted(api: RamClient, refused: Refused) -> None:
    make_policy(api, description="reads")
    found = api.call("GetPolicy", policy_type="Custom", policy_name="read")
    assert found["Policy"]["AttachmentCount"] == 0
    assert found["Policy"]["Description"] == "reads"
    assert json.loads(found["DefaultPolicyVersion"]["PolicyDocument"]) == allow("vod:GetVideoInfo")
    api.call("UpdatePolicyDescription", policy_name="read", new_description="may read")
    listed = api.call("ListPolicies", policy_type="Custom")["Policies"]["Policy"]
    assert [(one["PolicyName"], one["Description"]) for one in listed] == [("read", "may read")]
    assert refused("CreatePolicy", policy_name="read", policy_document=allow("vod:*")) == (
        409,
        "EntityAlreadyExists.Policy",
    )
    api.call("DeletePolicy", policy_name="read")
    for operation in ("GetPolicy", "ListPolicyVersions"):
        absent = refused(operation, policy_type="Custom", policy_name="read")
        assert absent == (404, "EntityNotExist.Policy")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"policy_name": "a.b"}, "InvalidParameter.PolicyName.InvalidChars"),
        ({"policy_name": "x" * 129}, "InvalidParameter.PolicyName.Length"),
        ({"policy_document": "{}"}, "MalformedPolicyDocument"),
        ({"policy_document": allow("vod")}, "MalformedPolicyDocument"),
        (
            {"policy_document": allow(*(f"vod:Get{'x' * 100}{n}" for n in range(70)))},
            "InvalidParameter.PolicyDocument.Length",
        ),
        ({"description": "x" * 1025}, "InvalidParameter.Description.Length"),
    ],
)
def test_what_a_policy_may_be(refused: Refused, fields: dict[str, Any], code: str) -> None:
    given = {"policy_name": "read", "policy_document": allow("vod:Get*"), **fields}
    assert refused("CreatePolicy", **given) == (400, code)


def test_system_policies_cannot_be_changed(api: RamClient, refused: Refused) -> None:
    found = api.call("GetPolicy", policy_type="System", policy_name="AdministratorAccess")
    assert found["Policy"]["DefaultVersion"] == "v1"
    assert refused("DeletePolicy", policy_name="AdministratorAccess")[0] == 404
    taken = refused(
        "CreatePolicy", policy_name="AdministratorAccess", policy_document=allow("vod:*")
    )
    assert taken == (409, "EntityAlreadyExists.Policy")
    wrong = refused("GetPolicy", policy_type="Own", policy_name="AdministratorAccess")
    assert wrong == (400, "InvalidParameter.PolicyType")


def test_a_policy_has_five_versions(api: RamClient, refused: Refused) -> None:
    make_policy(api)
    for number in range(2, 6):
        assert new_version(api, "vod:Get*")["VersionId"] == f"v{number}"
    limit = refused("CreatePolicyVersion", policy_name="read", policy_document=allow("vod:*"))
    assert limit == (409, "LimitExceeded.Policy.Version")
    rotated = new_version(
        api,
        "vod:Search*",
        set_as_default=True,
        rotate_strategy="DeleteOldestNonDefaultVersionWhenLimitExceeded",
    )
    assert (rotated["VersionId"], rotated["IsDefaultVersion"]) == ("v6", True)
    assert versions(api) == ["v1", "v3", "v4", "v5", "v6"]  # v1 was the default
    api.call("SetDefaultPolicyVersion", policy_name="read", version_id="v4")
    document = api.call(
        "GetPolicyVersion", policy_type="Custom", policy_name="read", version_id="v4"
    )["PolicyVersion"]
    assert document["IsDefaultVersion"]
    default = refused("DeletePolicyVersion", policy_name="read", version_id="v4")
    assert default == (409, "DeleteConflict.Policy.Version.Default")
    several = refused("DeletePolicy", policy_name="read")
    assert several == (409, "DeleteConflict.Policy.Version")
    for gone in ("v1", "v3", "v5", "v6"):
        api.call("DeletePolicyVersion", policy_name="read", version_id=gone)
    absent = refused("DeletePolicyVersion", policy_name="read", version_id="v1")
    assert absent == (404, "EntityNotExist.Policy.Version")
    form = refused("DeletePolicyVersion", policy_name="read", version_id="1")
    assert form == (400, "InvalidParameter.VersionId.Format")
    api.call("DeletePolicy", policy_name="read")


def test_attachments_and_what_they_hold_back(api: RamClient, refused: Refused) -> None:
    make_role(api)
    make_policy(api)
    attach(api)
    listed = api.call("ListPoliciesForRole", role_name="shop")["Policies"]["Policy"]
    assert [(one["PolicyType"], one["PolicyName"]) for one in listed] == [("Custom", "read")]
    entities = api.call("ListEntitiesForPolicy", policy_type="Custom", policy_name="read")
    assert [one["RoleName"] for one in entities["Roles"]["Role"]] == ["shop"]
    same = {"policy_type": "Custom", "policy_name": "read", "role_name": "shop"}
    assert refused("AttachPolicyToRole", **same) == (409, "EntityAlreadyExists.Role.Policy")
    assert refused("DeletePolicy", policy_name="read") == (409, "DeleteConflict.Policy.Role")
    assert refused("DeleteRole", role_name="shop") == (409, "DeleteConflict.Role.Policy")
    detach(api)
    assert refused("DetachPolicyFromRole", **same) == (404, "EntityNotExist.Role.Policy")
    absent = {**same, "policy_name": "absent"}
    assert refused("AttachPolicyToRole", **absent) == (404, "EntityNotExist.Policy")
    absent = {**same, "role_name": "absent"}
    assert refused("AttachPolicyToRole", **absent) == (404, "EntityNotExist.Role")
    api.call("DeletePolicy", policy_name="read")
    api.call("DeleteRole", role_name="shop")


def test_a_role_has_ten_custom_policies(api: RamClient, refused: Refused) -> None:
    make_role(api)
    for number in range(11):
        make_policy(api, f"p{number}")
    for number in range(10):
        attach(api, f"p{number}")
    more = {"policy_type": "Custom", "policy_name": "p10", "role_name": "shop"}
    assert refused("AttachPolicyToRole", **more) == (409, "LimitExceeded.Role.Policy")
    attach(api, "AdministratorAccess", kind="System")


def test_every_change_takes_effect_at_once(cloud: FakeCloud, api: RamClient) -> None:
    own = f"acs:ram::{cloud.account_id}:user/admin"
    document = trust(RAM=[own])
    api.call("CreateRole", role_name="shop", assume_role_policy_document=document)
    arn = f"acs:ram::{cloud.account_id}:role/shop"
    session = Keys.told(Sts(cloud, cloud.admin).assume(arn))

    def may(action: str) -> bool:
        known = cloud.identities.find(session.access_key_id)
        assert known is not None
        return evaluate(known, AccessRequest(action, "*")).allowed

    make_policy(api)
    assert not may("vod:GetVideoInfo")
    attach(api)
    assert may("vod:GetVideoInfo")
    new_version(api, "vod:DeleteVideo")
    assert not may("vod:DeleteVideo")
    api.call("SetDefaultPolicyVersion", policy_name="read", version_id="v2")
    assert (may("vod:DeleteVideo"), may("vod:GetVideoInfo")) == (True, False)
    detach(api)
    assert not may("vod:DeleteVideo")
    attach(api)
    document = trust(Service=["fc.aliyuncs.com"])
    api.call("UpdateRole", role_name="shop", new_assume_role_policy_document=json.dumps(document))
    with pytest.raises(AlibabaCloudException, match=r"NoPermission|not authorized"):
        Sts(cloud, cloud.admin).assume(arn)
    detach(api)
    api.call("DeleteRole", role_name="shop")
    make_role(api)
    attach(api)
    assert not may("vod:DeleteVideo")  # a new role of the same name is another role


def test_roles_from_python_are_seen(cloud: FakeCloud, api: RamClient) -> None:
    cloud.ram.put_role("shop.a", trust=FC, policies=(allow("vod:Get*"), allow("vod:Search*")))
    listed = api.call("ListPoliciesForRole", role_name="shop.a")["Policies"]["Policy"]
    assert [one["PolicyName"] for one in listed] == ["shop-a", "shop-a-2"]
    cloud.ram.set_role_policies("shop.a", allow("vod:Describe*"))
    found = api.call("GetPolicy", policy_type="Custom", policy_name="shop-a")
    document = json.loads(found["DefaultPolicyVersion"]["PolicyDocument"])
    assert document == allow("vod:Describe*")
    assert ("Custom", "shop-a-2") not in cloud.ram.policies


def test_the_role_of_a_service(cloud: FakeCloud, api: RamClient, refused: Refused) -> None:
    made = api.call("CreateServiceLinkedRole", service_name=SEND_TO_FC)["Role"]
    name = "AliyunServiceRoleForEventBridgeSendToFC"
    assert made["RoleName"] == name
    assert api.call("GetRole", role_name=name)["Role"]["IsServiceLinkedRole"] is True
    again = refused("CreateServiceLinkedRole", service_name=SEND_TO_FC)
    assert again == (409, "EntityAlreadyExists.Role")
    assert refused("CreateServiceLinkedRole", service_name="unknown.aliyuncs.com")[0] == 400
    assert refused("DeleteRole", role_name=name)[0] == 403
    assert refused("UpdateRole", role_name=name, new_description="ours")[0] == 403
    make_policy(api)
    other = {"policy_type": "Custom", "policy_name": "read", "role_name": name}
    assert refused("AttachPolicyToRole", **other)[0] == 403
    task = api.call("DeleteServiceLinkedRole", role_name=name)["DeletionTaskId"]
    assert f"/{SEND_TO_FC}/{name}/" in task
    assert name not in cloud.ram.roles
    api.call("CreateServiceLinkedRole", service_name=SEND_TO_FC)


def test_the_deployment_tool_asks_resource_manager(cloud: FakeCloud, api: RamClient) -> None:
    admin = cloud.admin
    client = Client(
        Config(
            access_key_id=admin.access_key_id,
            access_key_secret=admin.access_key_secret,
            endpoint=cloud.endpoint,
            protocol="http",
        )
    )

    def ask(action: str, method: str) -> Any:
        params = Params(
            action=action,
            version="2020-03-31",
            protocol="http",
            pathname="/",
            method=method,
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = OpenApiRequest(query={"ServiceName": SEND_TO_FC})
        return client.call_api(params, request, RuntimeOptions())["body"]

    assert ask("CheckServiceLinkedRoleExistence", "GET")["Exists"] is False
    ask("CreateServiceLinkedRole", "POST")
    assert ask("CheckServiceLinkedRoleExistence", "GET")["Exists"] is True
    found = api.call("GetRole", role_name="AliyunServiceRoleForEventBridgeSendToFC")["Role"]
    assert found["IsServiceLinkedRole"] is True


def test_tags(api: RamClient, refused: Refused) -> None:
    make_role(api, tag={"made-by": "test"})
    make_policy(api, tag={"made-by": "test"})
    api.call(
        "TagResources", resource_type="role", resource_names=["shop"], tag={"made-by": "other"}
    )
    rows = api.call("ListTagResources", resource_type="role", tag={"made-by": "other"})
    assert rows["TagResources"] == [
        {
            "ResourceName": "shop",
            "ResourceType": "role",
            "TagKey": "made-by",
            "TagValue": "other",
        }
    ]
    given = {"resource_type": "policy", "resource_names": ["read"]}
    assert api.call("ListTagResources", **given)["TagResources"][0]["TagValue"] == "test"
    api.call("UntagResources", tag_keys=["made-by"], **given)
    assert api.call("ListTagResources", **given)["TagResources"] == []
    listed = api.call("ListPolicies", policy_type="Custom", tag={"made-by": "test"})
    assert listed["Policies"]["Policy"] == []
    absent = refused(
        "TagResources", resource_type="role", resource_names=["absent"], tag={"a": "b"}
    )
    assert absent == (404, "EntityNotExist.Role")
    for tags in ({"acs:a": "b"}, {"aliyun": "b"}, {str(n): "" for n in range(21)}):
        code = refused("TagResources", resource_type="role", resource_names=["shop"], tag=tags)
        assert code == (400, "InvalidParameter")


def test_a_caller_needs_permission_for_both_sides(
    cloud: FakeCloud, api: RamClient, refused: Refused
) -> None:
    make_role(api)
    make_policy(api)
    own = f"acs:ram::{cloud.account_id}"
    document = allow("ram:AttachPolicyToRole", resource=[f"{own}:role/shop"])
    user = RamClient(cloud, cloud.ram.add_user("half", document))
    given = {"policy_type": "Custom", "policy_name": "read", "role_name": "shop"}
    assert refused("AttachPolicyToRole", by=user, **given) == (403, "NoPermission")
    both = allow("ram:AttachPolicyToRole", resource=[f"{own}:role/shop", f"{own}:policy/read"])
    cloud.ram.set_user_policies("half", both)
    user.call("AttachPolicyToRole", **given)
    assert refused("GetRole", by=user, role_name="shop") == (403, "NoPermission")


def test_what_the_fake_does_not_have_is_refused(refused: Refused) -> None:
    given = {"role_name": "shop", "assume_role_policy_document": FC, "allow_console_login": True}
    assert refused("CreateRole", **given) == (400, "InvalidParameter")
    given = {"service_name": SEND_TO_FC, "custom_suffix": "a"}
    assert refused("CreateServiceLinkedRole", **given) == (400, "InvalidParameter")
    assert refused("CreateUser", user_name="a") == (404, "InvalidAction.NotFound")


def test_an_account_has_so_many_roles_and_policies(
    api: RamClient, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "MOST_ROLES", 2)
    monkeypatch.setattr(policies, "MOST_POLICIES", 2)
    for name in ("one", "two"):
        make_role(api, name)
        make_policy(api, name)
    given = {"role_name": "three", "assume_role_policy_document": FC}
    assert refused("CreateRole", **given) == (409, "LimitExceeded.Role")
    policy = {"policy_name": "three", "policy_document": allow("vod:Get*")}
    assert refused("CreatePolicy", **policy) == (409, "LimitExceeded.Policy")
