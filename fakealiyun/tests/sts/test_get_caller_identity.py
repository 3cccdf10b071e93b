"""GetCallerIdentity, for each kind of identity."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException

from fakealiyun import FakeCloud
from fakealiyun.ram.principal import cloud_service
from fakealiyun.testing.sts import Keys, OldSts, Sts

ACCOUNT = "1234567890123456"


def identity(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer.pop("RequestId")
    return answer


def test_a_user_needs_no_permission(cloud: FakeCloud) -> None:
    bob = cloud.ram.add_user("bob")
    expected = {
        "IdentityType": "RAMUser",
        "AccountId": ACCOUNT,
        "PrincipalId": cloud.ram.users["bob"].user_id,
        "UserId": cloud.ram.users["bob"].user_id,
        "Arn": f"acs:ram::{ACCOUNT}:user/bob",
    }
    assert identity(Sts(cloud, bob).whoami()) == expected
    assert identity(Sts(cloud, bob, "v2").whoami()) == expected
    assert identity(OldSts(cloud, bob).whoami()) == expected


def test_the_account(cloud: FakeCloud) -> None:
    assert identity(Sts(cloud, cloud.ram.add_root_key()).whoami()) == {
        "IdentityType": "Account",
        "AccountId": ACCOUNT,
        "PrincipalId": ACCOUNT,
        "UserId": ACCOUNT,
        "Arn": f"acs:ram::{ACCOUNT}:root",
    }


def test_a_function(cloud: FakeCloud) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": ["fc.aliyuncs.com"]},
    }
    role = cloud.ram.put_role("fn", trust={"Version": "1", "Statement": [statement]})
    keys = cloud.ram.service_session("fc.aliyuncs.com", "fn", "upload", 36 * 3600)
    assert identity(Sts(cloud, keys).whoami()) == {
        "IdentityType": "AssumedRoleUser",
        "AccountId": ACCOUNT,
        "PrincipalId": f"{role.role_id}:upload",
        "RoleId": role.role_id,
        "Arn": f"acs:ram::{ACCOUNT}:assumed-role/fn/upload",
    }


def test_keys_of_a_service_itself_are_refused(cloud: FakeCloud) -> None:
    keys = cloud.identities.issue(cloud_service("vod.aliyuncs.com", ACCOUNT), (), 900)
    with pytest.raises(ClientException) as refusal:
        Sts(cloud, keys).whoami()
    assert (refusal.value.status_code, refusal.value.code) == (403, "NoPermission")


@pytest.mark.parametrize("part", ["secret", "token", "no token"])
def test_a_wrong_key_is_refused(cloud: FakeCloud, part: str) -> None:
    keys = cloud.identities.issue(cloud.ram.add_user("bob").principal, (), 900)
    other = cloud.identities.issue(keys.principal, (), 900)
    tried, code = {
        "secret": (
            Keys(keys.access_key_id, other.access_key_secret, keys.security_token),
            "SignatureDoesNotMatch",
        ),
        "token": (
            Keys(keys.access_key_id, keys.access_key_secret, other.security_token),
            "InvalidSecurityToken.MismatchWithAccessKey",
        ),
        "no token": (
            Keys(keys.access_key_id, keys.access_key_secret),
            "MissingSecurityToken",
        ),
    }[part]
    with pytest.raises(ClientException) as refusal:
        Sts(cloud, tried).whoami()
    assert refusal.value.code == code
