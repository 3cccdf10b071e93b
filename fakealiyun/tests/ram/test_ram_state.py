"""Users, roles, role files, and the role credentials that Function Compute gets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.clock import Clock
from fakealiyun.identity import Credential, Identities
from fakealiyun.ram.evaluation import AccessRequest, evaluate
from fakealiyun.ram.files import LONGEST_POLICY, RoleFileError
from fakealiyun.ram.policy import PolicyGrammarError
from fakealiyun.ram.state import ACCOUNT_ID, NotTrusted, Ram, UnknownRole

FC = "fc.aliyuncs.com"
HOURS_36 = 36 * 3600


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "1", "Statement": [statement]}


def trust(**principal: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {"Version": "1", "Statement": [statement]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def identities(clock: Clock) -> Identities:
    return Identities(clock)


@pytest.fixture
def ram(identities: Identities, clock: Clock) -> Ram:
    return Ram(identities, clock)


def may(identities: Identities, credential: Credential, action: str) -> bool:
    """Decide with the current state of the credential."""
    known = identities.find(credential.access_key_id)
    return known is not None and evaluate(known, AccessRequest(action, "*")).allowed


def test_the_administrator_is_a_user_who_may_everything(ram: Ram, identities: Identities) -> None:
    admin = identities.find("LTAIlocaladmin")
    assert admin is not None
    assert admin.access_key_secret == "local-admin-secret"
    assert admin.principal.kind == "RAMUser"
    assert admin.principal.arn == "acs:ram::1234567890123456:user/admin"
    assert re.fullmatch(r"2[0-9]{17}", admin.principal.principal_id)
    assert may(identities, admin, "vod:DeleteVideo")
    assert ram.account_id == "1234567890123456"


def test_users_have_keys_and_policies_of_their_own(ram: Ram, identities: Identities) -> None:
    bob = ram.add_user("bob", allow("vod:Get*"), allow("vod:List*"))
    eve = ram.add_user("eve")
    assert re.fullmatch(r"LTAI[A-Za-z0-9]{20}", bob.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9]{30}", bob.access_key_secret)
    assert bob.principal.principal_id != eve.principal.principal_id
    assert may(identities, bob, "vod:GetVideoInfo")
    assert may(identities, bob, "vod:ListX")
    assert not may(identities, bob, "vod:DeleteVideo")
    assert not may(identities, eve, "vod:GetVideoInfo")
    ram.set_user_policies("bob", allow("vod:DeleteVideo"))
    assert not may(identities, bob, "vod:GetVideoInfo")
    assert may(identities, bob, "vod:DeleteVideo")


def test_a_changed_role_changes_its_sessions(ram: Ram, identities: Identities) -> None:
    ram.put_role("r", trust=trust(Service=FC), policies=(allow("vod:GetVideoInfo"),))
    session = ram.service_session(FC, "r", "fn", HOURS_36)
    assert may(identities, session, "vod:GetVideoInfo")
    ram.set_role_policies("r", allow("vod:DeleteVideo"))
    assert not may(identities, session, "vod:GetVideoInfo")
    assert may(identities, session, "vod:DeleteVideo")


def test_service_session(ram: Ram, identities: Identities, clock: Clock) -> None:
    role = ram.put_role("r", trust=trust(Service=FC), policies=(allow("vod:GetVideoInfo"),))
    session = ram.service_session(FC, "r", "my-function", HOURS_36)
    assert session.principal.kind == "AssumedRoleUser"
    assert session.principal.arn == f"acs:ram::{ACCOUNT_ID}:assumed-role/r/my-function"
    assert session.principal.principal_id == f"{role.role_id}:my-function"
    assert re.fullmatch(r"3[0-9]{17}", role.role_id)
    assert session.session_policy is None
    identities.check_token(session, session.security_token)
    clock.advance(HOURS_36 - 10)
    assert not identities.has_expired(session)
    clock.advance(10)
    assert identities.has_expired(session)


@pytest.mark.parametrize(
    "principal", [{"Service": "ecs.aliyuncs.com"}, {"RAM": f"acs:ram::{ACCOUNT_ID}:root"}]
)
def test_no_session_for_a_service_that_is_not_trusted(ram: Ram, principal: Any) -> None:
    ram.put_role("r", trust=trust(**principal), policies=(allow("*"),))
    with pytest.raises(NotTrusted, match=r"fc\.aliyuncs\.com"):
        ram.service_session(FC, "r", "fn", HOURS_36)


def test_no_session_of_a_role_that_is_not(ram: Ram) -> None:
    with pytest.raises(UnknownRole):
        ram.service_session(FC, "nobody", "fn", HOURS_36)


@pytest.mark.parametrize("name", ["", "x", "x" * 65, "a b", "a/b", "ä-session", "name\n"])
def test_no_session_with_a_name_that_sts_refuses(ram: Ram, name: str) -> None:
    ram.put_role("r", trust=trust(Service=FC))
    with pytest.raises(ValueError, match="session name"):
        ram.service_session(FC, "r", name, HOURS_36)


def test_what_roles_and_users_refuse(ram: Ram) -> None:
    with pytest.raises(ValueError, match="role name"):
        ram.put_role("a_b", trust=trust(Service=FC))
    with pytest.raises(ValueError, match="max_session_duration"):
        ram.put_role("r", trust=trust(Service=FC), max_session_duration=43201)
    with pytest.raises(ValueError, match="max_session_duration"):
        ram.put_role("r", trust=trust(Service=FC), max_session_duration=3599)
    with pytest.raises(PolicyGrammarError):
        ram.put_role("r", trust=allow("*"))
    with pytest.raises(ValueError, match="user name"):
        ram.add_user("a/b")
    assert ram.roles == {}
    assert set(ram.users) == {"admin"}


def test_reset_goes_back_to_what_was_loaded(
    ram: Ram, identities: Identities, tmp_path: Path
) -> None:
    write(tmp_path, "kept", allow("vod:GetVideoInfo"), trust(Service=FC))
    ram.load(tmp_path)
    session = ram.service_session(FC, "kept", "fn", HOURS_36)
    bob = ram.add_user("bob", allow("*"))
    ram.put_role("gone", trust=trust(Service=FC))
    ram.set_role_policies("kept", allow("vod:DeleteVideo"))
    ram.set_user_policies("admin")
    identities.set_active("LTAIlocaladmin", False)
    ram.reset()
    identities.reset()
    assert set(ram.roles) == {"kept"}
    assert set(ram.users) == {"admin"}
    assert identities.find(bob.access_key_id) is None
    admin = identities.find("LTAIlocaladmin")
    assert admin is not None
    assert admin.active
    assert may(identities, admin, "vod:DeleteVideo")
    # The instance of the function keeps running, with the role from the files.
    assert may(identities, session, "vod:GetVideoInfo")
    assert not may(identities, session, "vod:DeleteVideo")


def write(folder: Path, role: str, policy: Any, trusted: Any) -> None:
    (folder / role).mkdir()
    for name, value in (("policy", policy), ("trust", trusted)):
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / role / f"{name}.json").write_text(text)


def test_placeholders_are_filled_in(ram: Ram, tmp_path: Path) -> None:
    resource = "acs:oss:*:${AccountId}:${Bucket}/${Prefix}/*"
    caller = "acs:ram::${AccountId}:role/a"
    write(tmp_path, "r", allow("oss:PutObject", resource=resource), trust(RAM=caller))
    (tmp_path / "README.md").write_text("not a role")
    ram.load(tmp_path, {"Bucket": "b", "Prefix": "p/q"})
    role = ram.roles["r"]
    user = Credential("x", "s", ram.add_user("u").principal, role.policies)
    for key, allowed in (("p/q/x", True), ("p/x", False), ("${Prefix}/x", False)):
        asked = AccessRequest("oss:PutObject", f"acs:oss:cn:{ACCOUNT_ID}:b/{key}")
        assert evaluate(user, asked).allowed is allowed
    assert (role.trust.statements[0].principals or {})["RAM"] == (f"acs:ram::{ACCOUNT_ID}:role/a",)


@pytest.mark.parametrize(
    ("policy", "trusted", "message"),
    [
        ("{", trust(Service=FC), r"r/policy\.json: policy: not well-formed JSON"),
        (allow("vod"), trust(Service=FC), r"r/policy\.json: Statement\[0\]\.Action\[0\]"),
        (allow("*"), allow("*"), r"r/trust\.json: Statement\[0\]"),
        (allow("*", resource="acs:oss:*:*:${Region}/x"), trust(Service=FC), "placeholder Region"),
        (allow("*", resource=f"acs:oss:*:*:{'x' * LONGEST_POLICY}"), trust(Service=FC), "longer"),
    ],
)
def test_bad_role_files_are_named(
    ram: Ram, tmp_path: Path, policy: Any, trusted: Any, message: str
) -> None:
    write(tmp_path, "r", policy, trusted)
    with pytest.raises(RoleFileError, match=message):
        ram.load(tmp_path)
    assert ram.roles == {}


def test_missing_role_files_are_named(ram: Ram, tmp_path: Path) -> None:
    write(tmp_path, "r", allow("*"), trust(Service=FC))
    (tmp_path / "r" / "trust.json").unlink()
    with pytest.raises(RoleFileError, match=r"r/trust\.json: cannot be read"):
        ram.load(tmp_path)


@pytest.mark.parametrize("value", ["*", "a*", "", "a?", 'a","x":"', "a b", "${AccountId}", "ä"])
def test_a_value_cannot_widen_a_policy(ram: Ram, tmp_path: Path, value: str) -> None:
    write(tmp_path, "r", allow("*", resource="acs:oss:*:*:b/${Prefix}/*"), trust(Service=FC))
    with pytest.raises(RoleFileError, match="Prefix"):
        ram.load(tmp_path, {"Prefix": value})
