"""The doctor compares the roles in RAM with `ram/`, on the local stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakealiyun.testing.ram import RamClient
from ops.doctor.policies import RAM_FOLDER
from tests.support.doctor_target import DoctorTarget


class Roles:
    """What the operator does to a role through RAM's API."""

    def __init__(self, target: DoctorTarget) -> None:
        cloud = target.stack.cloud
        self._api = RamClient(cloud, cloud.admin)

    def replace(self, role: str, document: dict[str, Any]) -> None:
        """Make this the current version of the role's policy."""
        self._api.call(
            "CreatePolicyVersion", policy_name=role, policy_document=document, set_as_default=True
        )

    def attach(self, role: str, document: dict[str, Any]) -> None:
        """Attach one more policy."""
        given = {"policy_name": f"{role}-more", "policy_document": document}
        self._api.call("CreatePolicy", **given)
        self._api.call(
            "AttachPolicyToRole",
            policy_type="Custom",
            policy_name=given["policy_name"],
            role_name=role,
        )

    def trust(self, role: str, service: str) -> None:
        """Let another service assume the role, and no other."""
        found = self._api.call("GetRole", role_name=role)["Role"]
        document = json.loads(found["AssumeRolePolicyDocument"])
        document["Statement"][0]["Principal"]["Service"] = [service]
        self._api.call(
            "UpdateRole", role_name=role, new_assume_role_policy_document=json.dumps(document)
        )

    def remove(self, role: str) -> None:
        """Delete the role."""
        self._api.call(
            "DetachPolicyFromRole", policy_type="Custom", policy_name=role, role_name=role
        )
        self._api.call("DeleteRole", role_name=role)


@pytest.fixture
def roles(target: DoctorTarget) -> Roles:
    return Roles(target)


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "1", "Statement": [statement]}


def test_roles_that_match_their_files(target: DoctorTarget) -> None:
    found = target.check()
    assert found.report["findings"] == []
    sound = {one["subject"] for one in found.report["sound"]}
    assert {"vodpass-upload", "vodpass-watch", "vodpass-client-oss"} <= sound


def test_a_permission_that_is_missing(target: DoctorTarget, roles: Roles) -> None:
    roles.replace("vodpass-refresh", allow("vod:GetVideoInfo"))
    finding = target.check().found("role-lacks")
    assert (finding["subject"], finding["what"]) == (
        "vodpass-refresh",
        "It may not vod:RefreshUploadVideo.",
    )


def test_a_permission_that_is_denied(target: DoctorTarget, roles: Roles) -> None:
    denial = allow("vod:GetVideo*")
    denial["Statement"][0]["Effect"] = "Deny"
    roles.attach("vodpass-play", denial)
    assert "vod:GetVideoPlayAuth" in target.check().found("role-lacks")["what"]


@pytest.mark.parametrize("action", ["vod:*", "vod:DeleteVideo"])
def test_an_extra_permission(target: DoctorTarget, roles: Roles, action: str) -> None:
    roles.attach("vodpass-upload", allow(action))
    finding = target.check().found("role-may-more")
    assert finding["what"] == f"It may also do {action} on *."


def test_a_permission_on_more_than_its_resource(target: DoctorTarget, roles: Roles) -> None:
    roles.replace("vodpass-sts", allow("sts:AssumeRole"))
    finding = target.check().found("role-may-more")
    assert finding["what"] == "It may also do sts:AssumeRole on *."


def test_a_permission_in_another_spelling_is_no_fault(target: DoctorTarget, roles: Roles) -> None:
    roles.replace("vodpass-refresh", allow("VOD:getvideoinfo"))
    roles.attach("vodpass-refresh", allow("vod:RefreshUploadVideo"))
    assert target.check().codes == set()


def test_a_role_that_function_compute_cannot_assume(target: DoctorTarget, roles: Roles) -> None:
    roles.trust("vodpass-play", "ecs.aliyuncs.com")
    found = target.check()
    assert found.codes == {"role-untrusting", "role-trusts-more"}
    assert "Service ecs.aliyuncs.com" in found.found("role-trusts-more")["what"]


def test_a_role_that_does_not_exist(target: DoctorTarget, roles: Roles) -> None:
    roles.remove("vodpass-events")
    assert target.check().found("role-absent")["subject"] == "vodpass-events"


def test_a_key_without_permission_to_read_ram(target: DoctorTarget) -> None:
    key = target.stack.cloud.ram.add_user("reader", allow("vod:*", "sts:*"))
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }
    found = target.check(environment=environment)
    assert found.codes == set()
    said = [one["text"] for one in found.report["not_checked"]]
    assert sum(one.startswith("this key may not read it in RAM") for one in said) == 9


@pytest.mark.parametrize(
    ("file", "action", "settings"),
    [
        ("clean-up", "vod:DeleteVideo", {"VODPASS_CLEANUP": "delete"}),
        (
            "renewal",
            "vod:RefreshUploadVideo",
            {
                "VODPASS_CREDENTIAL_WEBHOOK_URL": "https://app.example.com/credentials",
                "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": "whsec_" + "QUFB" * 8,
            },
        ),
    ],
)
def test_a_further_policy_of_the_watch(
    target: DoctorTarget, file: str, action: str, settings: dict[str, str]
) -> None:
    """It belongs to a setting: each without the other is a finding."""
    wanting = target.rendered(**settings)
    lacking = target.check(document=wanting).found("role-lacks")
    assert lacking["subject"] == "vodpass-watch"
    assert action in lacking["what"]
    document = json.loads((RAM_FOLDER / "vodpass-watch" / f"{file}.json").read_text())
    Roles(target).attach("vodpass-watch", document)
    assert target.check(document=wanting).codes <= {"clean-up"}
    more = target.check().found("role-may-more")
    assert action.lower() in more["what"].lower()
