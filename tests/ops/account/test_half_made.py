"""Accounts where half of it was made by hand: adopted, or left alone, and never broken."""

from __future__ import annotations

import json
from typing import Any

from fakealiyun.mns.queue import Queue
from fakealiyun.testing.ram import RamClient
from ops.account import needs
from ops.doctor.deployment import rendered
from tests.ops.account.conftest import Account
from tests.ops.account.test_not_ours import by_hand

OF_FC = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": ["fc.aliyuncs.com"]},
}


def wanted_of(account: Account, role: str) -> Any:
    """What a role of the deployment needs."""
    found = needs.of(rendered(json.dumps(account.document())), account.cloud.account_id)
    return next(one for one in found.roles if one.name == role)


def make(account: Account, role: str, *, trust: Any = None, attached: bool = True) -> None:
    """Make a role with the documents of `ram/`, as its README says, without a mark."""
    api, need = RamClient(account.cloud, account.cloud.admin), wanted_of(account, role)
    document = dict(trust or need.trust)
    api.call("CreateRole", role_name=role, assume_role_policy_document=document)
    for policy in need.policies:
        document = dict(policy.document)
        api.call("CreatePolicy", policy_name=policy.name, policy_document=document)
        if attached:
            given = {"policy_type": "Custom", "policy_name": policy.name}
            api.call("AttachPolicyToRole", role_name=role, **given)


def short_queue(account: Account, name: str) -> Queue:
    """A queue that somebody made for something else: it forgets after an hour."""
    queue = account.cloud.queues.queue(name)
    queue.change(
        type(queue.attributes)(
            message_retention_period=3600, visibility_timeout=77, maximum_message_size=2048
        )
    )
    return queue


def apply_soundly(account: Account, *more: str) -> Any:
    run = account.run("apply", "--yes", *more)
    assert run.code == 0, run.out + run.err
    return run


def test_roles_that_are_right_but_have_no_mark_are_used_as_they_are(account: Account) -> None:
    make(account, "shop-upload")
    make(account, "shop-play", attached=False)
    before = account.state()
    run = apply_soundly(account)
    assert run.line("role/shop-upload").endswith("as it should be")
    assert run.line("policy/shop-upload").endswith("as it should be")
    assert run.states["attachment/shop-upload@shop-upload"] == "nothing"
    # Nothing is attached to a role that is not ours, but the plan says what is missing.
    assert "missing; it stays as it is without --adopt role/shop-play" in run.line(
        "attachment/shop-play@shop-play"
    )
    after = account.state()
    for name in ("shop-upload", "shop-play"):
        assert after["roles"][name] == before["roles"][name]
    # `destroy` leaves both, too.
    assert account.run("destroy", "--yes").code == 0
    left = account.state()
    assert {name for name in left["roles"] if name.startswith("shop")} == {
        "shop-upload",
        "shop-play",
    }
    assert left["policies"]["Custom", "shop-play"] == before["policies"]["Custom", "shop-play"]


def test_a_role_without_a_mark_is_completed_when_its_user_says_so(account: Account) -> None:
    make(account, "shop-play", attached=False)
    apply_soundly(account, "--adopt", "role/shop-play")
    state = account.state()
    assert state["roles"]["shop-play"][1:] == ([("Custom", "shop-play")], {"vodpass": "shop"})
    # Its policy is right, so it is used, and stays its owner's.
    assert state["policies"]["Custom", "shop-play"][2] == {}
    account.run("destroy", "--yes")
    assert ("Custom", "shop-play") in account.state()["policies"]


def test_a_role_that_trusts_another_service(account: Account) -> None:
    other = {**OF_FC, "Principal": {"Service": ["ecs.aliyuncs.com"]}}
    make(account, "shop-play", trust={"Version": "1", "Statement": [other]})
    before = account.state()["roles"]["shop-play"]
    run = apply_soundly(account)
    said = run.line("role/shop-play")
    assert "another trust policy; it stays as it is without --adopt role/shop-play" in said
    assert account.state()["roles"]["shop-play"] == before
    apply_soundly(account, "--adopt", "role/shop-play")
    trust = account.state()["roles"]["shop-play"][0]
    assert trust["Statement"][0]["Principal"] == {"Service": ["fc.aliyuncs.com"]}


def test_a_queue_with_other_attributes(account: Account) -> None:
    queue = short_queue(account, "shop-events")
    before = queue.attributes
    run = apply_soundly(account)
    said = run.line("queue/shop-events")
    assert "keeps messages for 3600 s" in said
    assert "--adopt queue/shop-events" in said
    assert queue.attributes == before
    run = apply_soundly(account, "--adopt", "queue/shop-events")
    assert queue.attributes.message_retention_period >= 86_400
    # Everything else of it stays.
    assert queue.attributes.visibility_timeout == before.visibility_timeout == 77
    assert queue.attributes.maximum_message_size == before.maximum_message_size == 2048
    assert account.run("plan").line("queue/shop-events").endswith("as it should be")
    # A queue cannot be marked later, so an adopted one stays.
    assert account.run("destroy", "--yes").code == 0
    assert "shop-events" in account.state()["queues"]


def test_a_log_project_whose_name_is_taken_elsewhere(account: Account) -> None:
    """A project of this name is in another region: it cannot be read here, nor made."""
    account.cloud.faults.set(
        "sls", "CreateProject", "error", status=400, code="ProjectAlreadyExist"
    )
    run = account.run("apply", "--yes")
    assert run.code == 1
    assert "failed   CreateProject shop-logs: ProjectAlreadyExist" in run.out
    assert "another region or account has this name" in run.out
    assert "python -m ops.setup --set VODPASS_LOG_PROJECT" in run.out
    assert "left     log store/shop-logs/vodpass: it needs log project/shop-logs" in run.out
    assert account.state()["logs"] == {}
    # All else is made, and a project of another name completes it.
    other = account.document()
    for resource in other["resources"].values():
        resource["props"]["logConfig"] = {"project": "shop-logs-2", "logstore": "vodpass"}
    again = account.run("apply", "--yes", document=other)
    assert (again.code, set(again.states.values())) == (0, {"create", "nothing"})
    assert {key for key, state in again.states.items() if state == "create"} == {
        "log project/shop-logs-2",
        "log store/shop-logs-2/vodpass",
        "log index/shop-logs-2/vodpass",
    }


def test_a_policy_with_five_versions(account: Account) -> None:
    """RAM keeps five. Adopting makes a sixth, so the oldest goes, but never the one in use."""
    by_hand(account, "shop-upload")
    api = RamClient(account.cloud, account.cloud.admin)
    for number in range(2, 6):
        statement = {"Effect": "Allow", "Action": f"vod:Get{number}", "Resource": "*"}
        document = {"Version": "1", "Statement": [statement]}
        api.call("CreatePolicyVersion", policy_name="shop-upload", policy_document=document)
    policy = account.cloud.ram.policies["Custom", "shop-upload"]
    in_use = policy.current
    before = [one.version_id for one in policy.versions]
    assert (len(before), in_use.version_id) == (5, before[0])
    apply_soundly(account)
    assert account.cloud.ram.policies["Custom", "shop-upload"] == policy
    apply_soundly(account, "--adopt", "policy/shop-upload")
    after = account.cloud.ram.policies["Custom", "shop-upload"]
    kept = [one.version_id for one in after.versions]
    assert len(kept) == 5
    assert in_use.version_id in kept, "what was in use is there to go back to"
    assert before[1] not in kept
    wanted = wanted_of(account, "shop-upload").policies[0].document
    assert json.loads(after.current.policy.document) == wanted


def test_a_policy_of_the_same_name_gives_our_role_nothing(account: Account) -> None:
    """Somebody's policy allows everything. It is not attached to a new role of ours."""
    api = RamClient(account.cloud, account.cloud.admin)
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Version": "1", "Statement": [statement]}
    api.call("CreatePolicy", policy_name="shop-play", policy_document=document)
    run = apply_soundly(account)
    assert run.states["role/shop-play"] == "create"
    said = run.line("attachment/shop-play@shop-play")
    assert "missing; it stays as it is without --adopt policy/shop-play" in said
    assert account.state()["roles"]["shop-play"][1] == []
    apply_soundly(account, "--adopt", "policy/shop-play")
    assert account.state()["roles"]["shop-play"][1] == [("Custom", "shop-play")]


def test_an_adopted_log_project_is_never_deleted(account: Account) -> None:
    """It may hold the lines of others, even if it has one store."""
    account.cloud.logs.create_project("shop-logs")
    account.cloud.logs.create_store("shop-logs", "vodpass", ttl=400, shardCount=1)
    apply_soundly(account, "--adopt", "log project/shop-logs")
    assert account.cloud.logs.projects["shop-logs"].stores["vodpass"].settings["ttl"] == 400
    assert account.run("plan").states["log project/shop-logs"] == "nothing"
    run = account.run("destroy", "--yes")
    assert run.code == 0
    assert "log project/shop-logs  is left: it was there before" in run.out
    assert "vodpass" in account.state()["logs"]["shop-logs"][1]


def test_everything_made_by_hand_is_adopted_at_once(account: Account) -> None:
    """All of it exists already, without marks and half of it different."""
    apply_soundly(account)
    wanted = account.state()
    account.cloud.reset()
    for role in ("upload", "refresh", "events"):
        make(account, f"shop-{role}")
    by_hand(account, "shop-play")
    short_queue(account, "shop-watch")
    short_queue(account, "shop-dead-letters")
    account.cloud.logs.create_project("shop-logs", "of the team")
    adopt = [
        f"--adopt={key}"
        for key, state in account.run("plan").states.items()
        if state == "not ours" and key.split("/")[0] in ("role", "policy", "queue", "log project")
    ]
    assert len(adopt) == 11
    apply_soundly(account, *adopt)
    state = account.state()
    assert state["roles"] == wanted["roles"]
    for key, (document, _, tags) in wanted["policies"].items():
        assert state["policies"][key][0] == document
        assert state["policies"][key][2] == tags
    for name in ("shop-watch", "shop-dead-letters"):
        assert state["queues"][name][0].message_retention_period >= 86_400
    again = account.run("plan")
    assert "create" not in again.states.values()
    assert "change" not in again.states.values()
