"""The project's own roles: what each may do, who may assume it, and how they are attached."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from fakealiyun.clock import Clock
from fakealiyun.identity import Credential, Identities
from fakealiyun.ram.evaluation import AccessRequest, evaluate, evaluate_trust
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import assumed_role, cloud_service
from fakealiyun.ram.state import ACCOUNT_ID, Ram
from local.roles import LOCAL_VALUES, application_policies

RAM_FOLDER = Path(__file__).parents[2] / "ram"
FC = "fc.aliyuncs.com"
READ_AND_REFRESH = {"vod:RefreshUploadVideo", "vod:GetVideoInfo"}
CLIENT_ROLES = {f"vodpass-client-{name}" for name in ("upload", "play", "oss")}

ALLOWED: dict[str, set[str]] = {
    "vodpass-upload": {
        "vod:CreateUploadVideo",
        "vod:CreateUploadImage",
        "vod:CreateUploadAttachedMedia",
        *READ_AND_REFRESH,
    },
    "vodpass-refresh": READ_AND_REFRESH,
    "vodpass-play": {"vod:GetVideoPlayAuth", "vod:GetVideoInfo", "vod:GetVideoInfos"},
    "vodpass-events": {
        "vod:GetVideoInfo",
        "vod:GetMezzanineInfo",
        "vod:GetImageInfo",
        "vod:GetAttachedMediaInfo",
        "mns:SendMessage",
    },
    "vodpass-watch": {
        "vod:GetVideoList",
        "vod:GetVideoInfo",
        "vod:GetMezzanineInfo",
        "mns:SendMessage",
    },
    "vodpass-sts": {"sts:AssumeRole"},
    "vodpass-client-upload": {"vod:CreateUploadVideo", "vod:CreateUploadImage"},
    "vodpass-client-play": {"vod:GetPlayInfo", "vod:GetVideoPlayAuth"},
    "vodpass-client-oss": {"oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload"},
}

EVERY_ACTION = sorted(
    set().union(*ALLOWED.values())
    | {
        *("vod:DeleteVideo", "vod:UpdateVideoInfo", "vod:GetMezzanineInfo", "vod:SearchMedia"),
        *("vod:GetVideoList", "vod:SetMessageCallback", "vod:GetImageInfo"),
        *("mns:ReceiveMessage", "mns:DeleteMessage", "mns:DeleteQueue"),
        *("oss:GetObject", "oss:DeleteObject", "oss:ListObjects", "oss:PutObjectAcl"),
        *("oss:ListMultipartUploads", "ram:CreateRole", "fc:InvokeFunction"),
    }
)


@pytest.fixture
def ram() -> Ram:
    clock = Clock()
    ram = Ram(Identities(clock), clock)
    ram.load(RAM_FOLDER, {**LOCAL_VALUES, "Bucket": "bucket", "Prefix": "uploads"})
    return ram


def resource_of(action: str) -> str:
    """A resource that the policies cover; for VOD they always cover everything."""
    if action.startswith("oss:"):
        return f"acs:oss:oss-cn-shanghai:{ACCOUNT_ID}:bucket/uploads/x/y.mp4"
    if action.startswith("mns:"):
        return f"acs:mns:cn-shanghai:{ACCOUNT_ID}:/queues/vodpass-watch/messages"
    if action == "sts:AssumeRole":
        return f"acs:ram::{ACCOUNT_ID}:role/vodpass-client-oss"
    return "*"


def member(ram: Ram, role: str) -> Credential:
    found = ram.roles[role]
    principal = assumed_role(ACCOUNT_ID, role, found.role_id, "session")
    return Credential("STS.x", "s", principal, found.policies)


def allows(ram: Ram, role: str, action: str, resource: str) -> bool:
    return evaluate(member(ram, role), AccessRequest(action, resource)).allowed


def test_every_role_is_here(ram: Ram) -> None:
    assert set(ram.roles) == set(ALLOWED)
    assert all(name == name.lower() for name in ram.roles)


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_may_exactly_this(ram: Ram, role: str) -> None:
    may = {a for a in EVERY_ACTION if allows(ram, role, a, resource_of(a))}
    assert may == ALLOWED[role]


@pytest.mark.parametrize("role", ALLOWED)
def test_actions_are_named_one_by_one(role: str) -> None:
    """Without wildcards, the list in the file is exactly what the role may do."""
    document = json.loads((RAM_FOLDER / role / "policy.json").read_text())
    named = [statement["Action"] for statement in document["Statement"]]
    flat = [a for item in named for a in ([item] if isinstance(item, str) else item)]
    assert sorted(flat) == sorted(ALLOWED[role])


def test_messages_may_go_only_to_the_queue_of_watch(ram: Ram) -> None:
    for queue, allowed in (("vodpass-watch", True), ("vodpass-events", False), ("v", False)):
        arn = f"acs:mns:cn-shanghai:{ACCOUNT_ID}:/queues/{queue}/messages"
        assert allows(ram, "vodpass-events", "mns:SendMessage", arn) is allowed
        assert allows(ram, "vodpass-watch", "mns:SendMessage", arn) is allowed


def test_the_sts_function_may_assume_only_the_client_roles(ram: Ram) -> None:
    for role in ALLOWED:
        arn = f"acs:ram::{ACCOUNT_ID}:role/{role}"
        assert allows(ram, "vodpass-sts", "sts:AssumeRole", arn) is (role in CLIENT_ROLES)


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("bucket/uploads/x", True),
        ("bucket/uploads", False),
        ("bucket/uploads-of-others/x", False),
        ("bucket/x", False),
        ("bucket", False),
        ("bucket2/uploads/x", False),
        ("other/x:bucket/uploads/x", False),
    ],
)
def test_the_oss_role_may_write_only_under_its_prefix(ram: Ram, key: str, allowed: bool) -> None:
    resource = f"acs:oss:oss-cn-shanghai:{ACCOUNT_ID}:{key}"
    assert allows(ram, "vodpass-client-oss", "oss:PutObject", resource) is allowed


@pytest.mark.parametrize("role", ALLOWED)
def test_who_may_assume_a_role(ram: Ram, role: str) -> None:
    request = AccessRequest("sts:AssumeRole", ram.roles[role].arn)
    candidates = {
        "fc": cloud_service(FC, ACCOUNT_ID),
        "ecs": cloud_service("ecs.aliyuncs.com", ACCOUNT_ID),
        "user": ram.add_user("somebody").principal,
        **{name: member(ram, name).principal for name in ALLOWED},
    }
    trusted = {
        name
        for name, principal in candidates.items()
        if evaluate_trust(ram.roles[role].trust, principal, request).allowed
    }
    assert trusted == ({"vodpass-sts"} if role in CLIENT_ROLES else {"fc"})
    stranger = assumed_role("9999", "vodpass-sts", "3", "session")
    assert not evaluate_trust(ram.roles[role].trust, stranger, request).allowed


ALIYUN = """#!/bin/sh
if [ "$1" = sts ]; then
  printf '{\\n\\t"AccountId": "1234567890123456",\\n\\t"Arn": "acs:ram::1:user/x"\\n}\\n'
  exit
fi
for argument in "$@"; do printf '%s\\0' "$argument" >> "$CALLS"; done
printf '\\1' >> "$CALLS"
"""


def test_the_commands_of_the_readme_work_as_pasted(tmp_path: Path) -> None:
    """Run them with an `aliyun` that records its arguments."""
    blocks = re.findall(r"```sh\n(.*?)```", (RAM_FOLDER / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 5
    aliyun = tmp_path / "bin" / "aliyun"
    aliyun.parent.mkdir()
    aliyun.write_text(ALIYUN)
    aliyun.chmod(0o755)
    subprocess.run(
        ["sh", "-eu", "-c", "".join(blocks)],
        cwd=RAM_FOLDER,
        env={"PATH": f"{aliyun.parent}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls")},
        check=True,
        timeout=60,
    )
    calls = [
        [part for part in call.split("\0") if part]
        for call in (tmp_path / "calls").read_text().split("\1")
        if call
    ]
    named = [(c[0], c[1], dict(zip(c[2::2], c[3::2], strict=True))) for c in calls]
    options = [(name, given) for product, name, given in named if product == "ram"]
    of_vod = [(name, given) for product, name, given in named if product == "vod"]
    assert len(options) + len(of_vod) == len(calls)
    assert {name for name, _ in of_vod} == {"AttachAppPolicyToIdentity"}
    assert {given["--IdentityName"]: given["--PolicyNames"] for _, given in of_vod} == (
        application_policies({})
    )
    assert {(o["--IdentityType"], o["--AppId"]) for _, o in of_vod} == {("RamRole", "app-1234567")}
    roles = {o["--RoleName"]: o for name, o in options if name == "CreateRole"}
    policies = {o["--PolicyName"]: o for name, o in options if name == "CreatePolicy"}
    attached = [
        (o["--RoleName"], o["--PolicyName"], o["--PolicyType"])
        for name, o in options
        if name == "AttachPolicyToRole"
    ]
    for name, action in (("clean-up", "DeleteVideo"), ("renewal", "RefreshUploadVideo")):
        assert attached.pop() == ("vodpass-watch", f"vodpass-{name}", "Custom")
        further = json.loads(policies.pop(f"vodpass-{name}")["--PolicyDocument"])
        assert [one["Action"] for one in further["Statement"]] == [f"vod:{action}"]
        assert Policy.parse(further)
    assert list(roles) == list(policies) == list(ALLOWED)
    assert attached == [(role, role, "Custom") for role in ALLOWED]
    for role in ALLOWED:
        policy = Policy.parse(policies[role]["--PolicyDocument"])
        trust = Policy.parse_trust(roles[role]["--AssumeRolePolicyDocument"])
        assert policy.statements
        assert trust.statements
    assert "my-bucket/uploads/*" in policies["vodpass-client-oss"]["--PolicyDocument"]
    assert options[-1][0] == "CreatePolicyVersion"
    assert Policy.parse(options[-1][1]["--PolicyDocument"]).statements


def test_every_role_that_calls_vod_has_a_policy_of_the_application() -> None:
    """It may change something there only if RAM lets it change something."""
    reads = ("vod:Get", "vod:List", "vod:Search", "vod:Describe")
    wanted = {}
    for role in ALLOWED:
        actions = {one for one in ALLOWED[role] if one.startswith("vod:")}
        if actions:
            only_reads = all(one.startswith(reads) for one in actions)
            wanted[role] = "VODAppReadOnlyAccess" if only_reads else "VODAppFullAccess"
    assert application_policies({}) == wanted
    assert application_policies({"VODPASS_CLEANUP": "delete"})["vodpass-watch"] == (
        "VODAppFullAccess"
    )
