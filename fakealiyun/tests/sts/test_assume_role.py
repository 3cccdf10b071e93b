"""AssumeRole: who gets a credential of a role, for how long, and what each refusal says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from aliyunsdkcore.acs_exception.exceptions import ServerException

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.sts import Keys, OldSts, Sts, allow, trust

ACCOUNT = "1234567890123456"
ROOT = f"acs:ram::{ACCOUNT}:root"
READER = f"acs:ram::{ACCOUNT}:role/reader"
ADMIN = Keys("LTAIlocaladmin", "local-admin-secret")
NO_PERMISSION = "You are not authorized to do this action. You should be authorized by RAM."


@pytest.fixture
def reader(cloud: FakeCloud) -> FakeCloud:
    """A role `reader` that trusts the whole account. RAM still decides who may assume it."""
    cloud.ram.put_role("reader", trust=trust(ROOT), policies=(allow("vod:Get*"),))
    return cloud


def refused(
    call: Callable[[], Any], status: int, code: str, message: str | None = None
) -> ClientException:
    with pytest.raises(ClientException) as refusal:
        call()
    error = refusal.value
    assert (error.status_code, error.code) == (status, code)
    if message is not None:
        assert error.data["Message"] == message
    return error


def without_permission(call: Callable[[], Any], policy_type: str) -> None:
    error = refused(call, 403, "NoPermission", NO_PERMISSION)
    assert error.data["AccessDeniedDetail"]["AuthAction"] == "sts:AssumeRole"
    assert error.data["AccessDeniedDetail"]["PolicyType"] == policy_type


def client(kind: str, cloud: FakeCloud, keys: Keys | Credential) -> Sts | OldSts:
    if kind == "aliyunsdkcore":
        return OldSts(cloud, keys)
    return Sts(cloud, keys, "v2" if kind == "sts20150401, RPC" else None)


CLIENTS = ["sts20150401, ACS3", "sts20150401, RPC", "aliyunsdkcore"]


@pytest.mark.parametrize("kind", CLIENTS)
def test_the_answer(reader: FakeCloud, kind: str) -> None:
    answer = client(kind, reader, ADMIN).assume(READER, "alice@example.com")
    role_id = reader.ram.roles["reader"].role_id
    assert set(answer) == {"RequestId", "AssumedRoleUser", "Credentials"}
    assert answer["AssumedRoleUser"] == {
        "Arn": f"{READER}/alice@example.com",
        "AssumedRoleId": f"{role_id}:alice@example.com",
    }
    told = answer["Credentials"]
    assert set(told) == {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}
    assert told["AccessKeyId"].startswith("STS.")
    assert told["SecurityToken"].startswith("CAIS")
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", told["Expiration"])
    expiration = datetime.strptime(told["Expiration"], "%Y-%m-%dT%H:%M:%S%z")
    left = (expiration - datetime.fromtimestamp(reader.clock.now(), timezone.utc)).total_seconds()
    assert 3590 < left <= 3600


@pytest.mark.parametrize("kind", CLIENTS)
def test_the_keys_are_the_role_s(reader: FakeCloud, kind: str) -> None:
    keys = Keys.told(client(kind, reader, ADMIN).assume(READER))
    role_id = reader.ram.roles["reader"].role_id
    answer = client(kind, reader, keys).whoami()
    del answer["RequestId"]
    assert answer == {
        "IdentityType": "AssumedRoleUser",
        "AccountId": ACCOUNT,
        "PrincipalId": f"{role_id}:alice",
        "RoleId": role_id,
        "Arn": f"acs:ram::{ACCOUNT}:assumed-role/reader/alice",
    }


@pytest.mark.parametrize("kind", CLIENTS[:2])
def test_refusals_reach_the_client_as_such(reader: FakeCloud, kind: str) -> None:
    asker = client(kind, reader, ADMIN)
    refused(lambda: asker.assume(f"{READER}x"), 404, "EntityNotExist.Role")


def test_refusals_reach_the_old_client_as_such(reader: FakeCloud) -> None:
    with pytest.raises(ServerException) as refusal:
        OldSts(reader, ADMIN).assume(f"{READER}x")
    assert refusal.value.get_http_status() == 404
    assert refusal.value.get_error_code() == "EntityNotExist.Role"
    assert refusal.value.get_error_msg() == "The specified Role not exists ."


WRONG = {
    "RoleArn": "The parameter RoleArn is wrongly formed.",
    "RoleSessionName": "The parameter RoleSessionName is wrongly formed.",
    "DurationSeconds": "The Min/Max value of DurationSeconds is 15min/1hr.",
    "ExternalId": "The parameter ExternalId is wrongly formed.",
    "PolicyGrammar": "The parameter Policy has not passed grammar check.",
    "PolicySize": "The size of Policy must be smaller than 2048 bytes.",
    "SourceIdentity": "The parameter SourceIdentity is wrongly formed.",
}
A_POLICY = json.dumps(allow("vod:GetVideoInfo"))


@pytest.mark.parametrize(
    ("wrong", "arguments"),
    [
        ("RoleArn", {"role_arn": "reader"}),
        ("RoleArn", {"role_arn": f"acs:ram::{ACCOUNT}:user/admin"}),
        ("RoleArn", {"role_arn": f"acs:ram:cn-shanghai:{ACCOUNT}:role/reader"}),
        ("RoleArn", {"role_arn": "acs:ram::*:role/reader"}),
        ("RoleArn", {"role_arn": f"{READER}/session"}),
        ("RoleArn", {"role_arn": f"{READER}\n"}),
        ("RoleArn", {"role_arn": f"acs:ram::{ACCOUNT}:role/{'x' * 65}"}),
        ("RoleArn", {"role_arn": "acs:ram::１２３４:role/reader"}),
        ("RoleSessionName", {"name": "a"}),
        ("RoleSessionName", {"name": "a" * 65}),
        ("RoleSessionName", {"name": "a b"}),
        ("RoleSessionName", {"name": "a/b"}),
        ("RoleSessionName", {"name": "älice"}),
        ("RoleSessionName", {"name": "alice\n"}),
        ("DurationSeconds", {"duration_seconds": 899}),
        ("DurationSeconds", {"duration_seconds": 3601}),
        ("DurationSeconds", {"duration_seconds": 0}),
        ("DurationSeconds", {"duration_seconds": -900}),
        ("DurationSeconds", {"duration_seconds": "900.0"}),
        ("DurationSeconds", {"duration_seconds": " 900"}),
        ("DurationSeconds", {"duration_seconds": "1e3"}),
        ("DurationSeconds", {"duration_seconds": "٩٠٠"}),
        ("DurationSeconds", {"duration_seconds": "9" * 5000}),
        ("ExternalId", {"external_id": "x"}),
        ("ExternalId", {"external_id": "x" * 1225}),
        ("ExternalId", {"external_id": "a b"}),
        ("SourceIdentity", {"source_identity": "a"}),
        ("SourceIdentity", {"source_identity": "a" * 65}),
        ("SourceIdentity", {"source_identity": "acs:alice"}),
        ("SourceIdentity", {"source_identity": "a/b"}),
        ("PolicyGrammar", {"policy": "{"}),
        ("PolicyGrammar", {"policy": "*"}),
        ("PolicyGrammar", {"policy": A_POLICY.replace('"1"', '"2"')}),
        ("PolicyGrammar", {"policy": trust(ROOT)}),
        ("PolicyGrammar", {"policy": A_POLICY.replace("vod:GetVideoInfo", "GetVideoInfo")}),
        ("PolicySize", {"policy": A_POLICY + " " * (2049 - len(A_POLICY))}),
        ("PolicySize", {"policy": "é" * 1025}),
    ],
)
def test_wrong_parameters(reader: FakeCloud, wrong: str, arguments: dict[str, Any]) -> None:
    whole = {"role_arn": READER, **arguments}
    asker = Sts(reader, ADMIN)
    refused(lambda: asker.assume(**whole), 400, f"InvalidParameter.{wrong}", WRONG[wrong])


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "ab"},
        {"name": "A.b@c-d_e" + "x" * 55},
        {"duration_seconds": 900},
        {"duration_seconds": 3600},
        {"external_id": "a/b:c=d,e.f@g-h_i+j"},
        {"external_id": "x" * 1224},
        {"policy": A_POLICY + " " * (2048 - len(A_POLICY))},
    ],
)
def test_parameters_at_their_limits(reader: FakeCloud, arguments: dict[str, Any]) -> None:
    assert Keys.told(Sts(reader, ADMIN).assume(READER, **arguments))


@pytest.mark.parametrize("missing", ["RoleArn", "RoleSessionName"])
def test_missing_parameters(reader: FakeCloud, missing: str) -> None:
    given = {"RoleArn": (None, "alice"), "RoleSessionName": (READER, None)}[missing]
    asker = Sts(reader, ADMIN)
    refused(lambda: asker.assume(*given), 400, f"Missing{missing}")


@pytest.mark.parametrize(
    "arn", [f"acs:ram::{ACCOUNT}:role/nobody", "acs:ram::9999999999999999:role/reader"]
)
def test_a_role_that_is_not(reader: FakeCloud, arn: str) -> None:
    asker = Sts(reader, ADMIN)
    refused(
        lambda: asker.assume(arn), 404, "EntityNotExist.Role", "The specified Role not exists ."
    )


def test_the_account_itself_is_refused(reader: FakeCloud) -> None:
    root = Sts(reader, reader.ram.add_root_key())
    refused(
        lambda: root.assume(READER),
        403,
        "NoPermission",
        "Roles may not be assumed by root accounts.",
    )


BOB = f"acs:ram::{ACCOUNT}:user/bob"


@pytest.mark.parametrize(
    ("policies", "trusted", "refused_by"),
    [
        ((allow("sts:AssumeRole"),), ROOT, None),
        ((allow("sts:AssumeRole"),), BOB, None),
        ((allow("STS:assumerole", resource=READER),), BOB, None),
        ((allow("sts:*", resource="acs:ram:*:*:role/*"),), BOB, None),
        ((), BOB, "AccountLevelIdentityBasedPolicy"),
        ((allow("vod:*"),), BOB, "AccountLevelIdentityBasedPolicy"),
        ((allow("sts:AssumeRole", resource=f"{READER}2"),), BOB, "AccountLevelIdentityBasedPolicy"),
        (
            (
                allow("sts:AssumeRole"),
                {
                    **allow(),
                    "Statement": [{"Effect": "Deny", "Action": "sts:*", "Resource": READER}],
                },
            ),
            BOB,
            "AccountLevelIdentityBasedPolicy",
        ),
        ((allow("*"),), f"{BOB}2", "AssumeRolePolicy"),
        ((allow("*"),), f"acs:ram::{ACCOUNT}:role/bob", "AssumeRolePolicy"),
        ((allow("*"),), "acs:ram::9999999999999999:root", "AssumeRolePolicy"),
    ],
)
def test_both_the_caller_s_policy_and_the_role_s_trust_are_needed(
    cloud: FakeCloud, policies: tuple[Any, ...], trusted: str, refused_by: str | None
) -> None:
    cloud.ram.put_role("reader", trust=trust(trusted))
    bob = Sts(cloud, cloud.ram.add_user("bob", *policies))
    if refused_by is None:
        assert Keys.told(bob.assume(READER))
    else:
        without_permission(lambda: bob.assume(READER), refused_by)


def test_only_the_service_may_assume_its_role(cloud: FakeCloud) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": ["fc.aliyuncs.com"]},
    }
    service_trust = {"Version": "1", "Statement": [statement]}
    cloud.ram.put_role("fn", trust=service_trust, policies=(allow("*"),))
    arn = f"acs:ram::{ACCOUNT}:role/fn"
    function = cloud.ram.service_session("fc.aliyuncs.com", "fn", "fn", 36 * 3600)
    for keys in (ADMIN, function):
        without_permission(partial(Sts(cloud, keys).assume, arn), "AssumeRolePolicy")


def test_conditions_of_the_trust_policy(cloud: FakeCloud) -> None:
    condition = {"StringEquals": {"sts:ExternalId": ["partner-1", "partner-2"]}}
    cloud.ram.put_role("reader", trust=trust(ROOT, Condition=condition))
    asker = Sts(cloud, ADMIN)
    assert asker.assume(READER, external_id="partner-2")
    without_permission(lambda: asker.assume(READER, external_id="partner-3"), "AssumeRolePolicy")
    without_permission(lambda: asker.assume(READER), "AssumeRolePolicy")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"IpAddress": {"acs:SourceIp": "127.0.0.1"}}, True),
        ({"IpAddress": {"acs:SourceIp": "192.0.2.0/24"}}, False),
        ({"Bool": {"acs:SecureTransport": "true"}}, False),
        ({"DateGreaterThan": {"acs:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"acs:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
    ],
)
def test_conditions_on_the_request(
    cloud: FakeCloud, condition: dict[str, Any], allowed: bool
) -> None:
    """The same condition works in both policies that are evaluated."""
    cloud.ram.put_role("open", trust=trust(ROOT))
    cloud.ram.put_role("bound", trust=trust(ROOT, Condition=condition))
    bob = Sts(cloud, cloud.ram.add_user("bob", allow("sts:AssumeRole", Condition=condition)))
    by_policy = partial(bob.assume, f"acs:ram::{ACCOUNT}:role/open")
    by_trust = partial(Sts(cloud, ADMIN).assume, f"acs:ram::{ACCOUNT}:role/bound")
    if allowed:
        assert Keys.told(by_policy())
        assert Keys.told(by_trust())
    else:
        without_permission(by_policy, "AccountLevelIdentityBasedPolicy")
        without_permission(by_trust, "AssumeRolePolicy")


def test_the_role_may_allow_longer_sessions(cloud: FakeCloud) -> None:
    cloud.ram.put_role("reader", trust=trust(ROOT), max_session_duration=43200)
    asker = Sts(cloud, ADMIN)
    keys = Keys.told(asker.assume(READER, duration_seconds=43200))
    default = Keys.told(asker.assume(READER))
    refused(
        lambda: asker.assume(READER, duration_seconds=43201),
        400,
        "InvalidParameter.DurationSeconds",
    )
    cloud.clock.advance(3600)
    assert Sts(cloud, keys).whoami()
    refused(Sts(cloud, default).whoami, 400, "InvalidSecurityToken.Expired")


def test_keys_live_side_by_side_and_end_by_the_cloud_s_clock(reader: FakeCloud) -> None:
    asker = Sts(reader, ADMIN)
    first = Sts(reader, Keys.told(asker.assume(READER, duration_seconds=900)))
    reader.clock.advance(800)
    second = Sts(reader, Keys.told(asker.assume(READER, duration_seconds=900)))
    assert first.whoami()["PrincipalId"] == second.whoami()["PrincipalId"]
    reader.clock.advance(100)
    refused(first.whoami, 400, "InvalidSecurityToken.Expired")
    assert second.whoami()
    reader.clock.advance(48 * 3600)
    refused(first.whoami, 404, "InvalidAccessKeyId.NotFound")
    refused(second.whoami, 400, "InvalidSecurityToken.Expired")


def test_a_role_session_assumes_another_role(cloud: FakeCloud) -> None:
    """A function assumes a role for its client: first its own role, then the client's role."""
    middle, target = (f"acs:ram::{ACCOUNT}:role/{name}" for name in ("middle", "target"))
    cloud.ram.put_role("middle", trust=trust(ROOT), policies=(allow("sts:*", resource=target),))
    cloud.ram.put_role(
        "target", trust=trust(middle), policies=(allow("sts:*"),), max_session_duration=7200
    )
    session = Sts(cloud, Keys.told(Sts(cloud, ADMIN).assume(middle)))
    child = Sts(cloud, Keys.told(session.assume(target, "bob")))
    assert child.whoami()["Arn"] == f"acs:ram::{ACCOUNT}:assumed-role/target/bob"
    # Only that role may assume it. Even the administrator may not.
    without_permission(lambda: Sts(cloud, ADMIN).assume(target), "AssumeRolePolicy")
    # The session may not assume its own role or the first role.
    without_permission(lambda: session.assume(middle), "AccountLevelIdentityBasedPolicy")
    without_permission(lambda: child.assume(target), "AssumeRolePolicy")
    # A chained session lasts at most an hour.
    refused(
        lambda: session.assume(target, duration_seconds=3601),
        400,
        "InvalidParameter.DurationSeconds",
    )
    # It stays valid after the parent session expires.
    cloud.clock.advance(1800)
    later = Sts(cloud, Keys.told(session.assume(target)))
    cloud.clock.advance(1800)
    refused(session.whoami, 400, "InvalidSecurityToken.Expired")
    assert later.whoami()


def test_a_session_policy_only_restricts(cloud: FakeCloud) -> None:
    middle, target = (f"acs:ram::{ACCOUNT}:role/{name}" for name in ("middle", "target"))
    cloud.ram.put_role("target", trust=trust(ROOT))
    cloud.ram.put_role("middle", trust=trust(ROOT), policies=(allow("sts:AssumeRole"),))
    admin = Sts(cloud, ADMIN)

    def session(policy: dict[str, Any]) -> Sts:
        return Sts(cloud, Keys.told(admin.assume(middle, policy=policy)))

    assert session(allow("sts:*")).assume(target)
    assert session(allow("*", resource=target)).assume(target)
    for narrowed in (allow("vod:*"), allow("sts:AssumeRole", resource=middle)):
        without_permission(partial(session(narrowed).assume, target), "SessionPolicy")
    denied = {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"},
        ],
    }
    without_permission(lambda: session(denied).assume(target), "SessionPolicy")
    cloud.ram.set_role_policies("middle", allow("vod:*"))
    without_permission(
        lambda: session(allow("*")).assume(target), "AccountLevelIdentityBasedPolicy"
    )


def test_a_source_identity_stays_along_the_chain(cloud: FakeCloud) -> None:
    middle, target = (f"acs:ram::{ACCOUNT}:role/{name}" for name in ("middle", "target"))
    for name in ("middle", "target"):
        cloud.ram.put_role(name, trust=trust(ROOT), policies=(allow("sts:*"),))
    answer = Sts(cloud, ADMIN).assume(middle, source_identity="alice")
    assert answer["SourceIdentity"] == "alice"
    session = Sts(cloud, Keys.told(answer))
    assert session.assume(target)["SourceIdentity"] == "alice"
    assert session.assume(target, source_identity="alice")["SourceIdentity"] == "alice"
    refused(lambda: session.assume(target, source_identity="mallory"), 403, "NoPermission")
    assert "SourceIdentity" not in Sts(cloud, ADMIN).assume(middle)


def test_many_at_once_get_keys_of_their_own(reader: FakeCloud) -> None:
    def one(number: int) -> tuple[str, str]:
        keys = Keys.told(Sts(reader, ADMIN).assume(READER, f"user-{number}"))
        return keys.access_key_id, Sts(reader, keys).whoami()["PrincipalId"].partition(":")[2]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(40)))
    assert len({key for key, _ in found}) == 40
    assert [name for _, name in found] == [f"user-{n}" for n in range(40)]


def test_a_disabled_key_gets_nothing(reader: FakeCloud) -> None:
    bob = reader.ram.add_user("bob", allow("*"))
    assert Sts(reader, bob).assume(READER)
    reader.identities.set_active(bob.access_key_id, False)
    refused(lambda: Sts(reader, bob).assume(READER), 400, "InvalidAccessKeyId.Inactive")


def test_a_refusal_tells_no_secret(reader: FakeCloud) -> None:
    keys = Keys.told(Sts(reader, ADMIN).assume(READER))
    with pytest.raises(ClientException) as refusal:
        Sts(reader, keys).assume(READER, policy=allow("vod:GetVideoInfo"))
    shown = json.dumps(refusal.value.data)
    assert keys.access_key_secret not in shown
    assert (keys.security_token or "")[:20] not in shown
