"""What others made stays as it is, unless it is given to the tool by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakealiyun.testing.ram import RamClient
from tests.ops.account.conftest import Account


def by_hand(account: Account, name: str, document: Any = None, trust: Any = None) -> None:
    """Make a role with a policy of the same name, as an operator does without the tool."""
    api = RamClient(account.cloud, account.cloud.admin)
    statement = {"Effect": "Allow", "Action": "vod:*", "Resource": "*"}
    service = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    service["Principal"] = {"Service": ["fc.aliyuncs.com"]}  # type: ignore[assignment]
    trusting = trust or {"Version": "1", "Statement": [service]}
    allowed = document or {"Version": "1", "Statement": [statement]}
    api.call("CreateRole", role_name=name, assume_role_policy_document=trusting)
    api.call("CreatePolicy", policy_name=name, policy_document=allowed)
    given = {"policy_type": "Custom", "policy_name": name, "role_name": name}
    api.call("AttachPolicyToRole", **given)


def test_half_of_an_account_that_was_made_by_hand(account: Account) -> None:
    by_hand(account, "shop-upload")
    account.cloud.queues.queue("shop-events")
    account.cloud.logs.create_project("shop-logs", "of the team")
    before = account.state()
    run = account.run("apply", "--yes")
    assert run.code == 0
    for key in ("role/shop-upload", "policy/shop-upload", "queue/shop-events"):
        assert run.states[key] == "not ours"
    assert "another document" in run.line("policy/shop-upload")
    assert "--adopt policy/shop-upload" in run.line("policy/shop-upload")
    assert run.line("queue/shop-events").endswith("as it should be")
    after = account.state()
    assert after["roles"]["shop-upload"] == before["roles"]["shop-upload"]
    assert after["policies"]["Custom", "shop-upload"] == before["policies"]["Custom", "shop-upload"]
    assert after["queues"]["shop-events"] == before["queues"]["shop-events"]
    assert after["logs"]["shop-logs"] == ("of the team", {})
    assert "--adopt log project/shop-logs" in run.line("log store/shop-logs/vodpass")


def test_adopting_one_thing_changes_that_thing_alone(account: Account) -> None:
    by_hand(account, "shop-upload")
    by_hand(account, "shop-play")
    before = account.state()
    run = account.run("apply", "--yes", "--adopt", "policy/shop-upload")
    assert run.code == 0
    assert run.states["policy/shop-upload"] == "change"
    after = account.state()
    document, versions, tags = after["policies"]["Custom", "shop-upload"]
    assert (versions, tags) == (2, {"vodpass": "shop"})
    assert "vod:CreateUploadVideo" in json.dumps(document)
    assert after["policies"]["Custom", "shop-play"] == before["policies"]["Custom", "shop-play"]
    assert after["roles"]["shop-upload"][2] == {}
    again = account.run("plan", "--adopt", "role/shop-upload", "--adopt", "role/shop-play")
    assert again.states["policy/shop-upload"] == "nothing"
    assert again.states["role/shop-upload"] == "change"
    assert "to be marked as ours" in again.line("role/shop-upload")


def test_adopting_everything_leads_to_the_same_account(account: Account) -> None:
    account.run("apply", "--yes")
    wanted = account.state()
    account.cloud.reset()
    by_hand(account, "shop-upload")
    account.cloud.logs.create_project("shop-logs")
    adopt = [f"--adopt={key}" for key in ("role/shop-upload", "policy/shop-upload")]
    run = account.run("apply", "--yes", *adopt, "--adopt=log project/shop-logs")
    assert run.code == 0
    state = account.state()
    assert state["roles"] == wanted["roles"]
    _, stores = wanted["logs"]["shop-logs"]
    assert state["logs"] == {"shop-logs": ("adopted by vodpass shop", stores)}
    changed = dict(wanted["policies"])
    document, _, tags = changed["Custom", "shop-upload"]
    changed["Custom", "shop-upload"] = (document, 2, tags)
    assert state["policies"] == changed


def test_what_belongs_to_another_deployment_cannot_be_adopted(account: Account) -> None:
    other = account.document("shop-client")  # its role of `play` is our role for clients
    assert account.run("apply", "--yes", document=other).code == 0
    before = account.state()["roles"]["shop-client-play"]
    run = account.run("apply", "--yes", "--adopt", "role/shop-client-play")
    assert run.states["role/shop-client-play"] == "not ours"
    assert "it belongs to the deployment shop-client" in run.line("role/shop-client-play")
    assert account.state()["roles"]["shop-client-play"] == before


def test_further_policies_of_our_role_stay(account: Account) -> None:
    account.run("apply", "--yes")
    api = RamClient(account.cloud, account.cloud.admin)
    given = {"policy_type": "System", "policy_name": "AdministratorAccess"}
    api.call("AttachPolicyToRole", role_name="shop-play", **given)
    run = account.run("apply", "--yes")
    key = "attachment/AdministratorAccess@shop-play"
    assert run.states[key] == "not ours"
    assert ("System", "AdministratorAccess") in account.state()["roles"]["shop-play"][1]


def test_a_role_of_another_name_in_the_settings(account: Account) -> None:
    arn = f"acs:ram::{account.cloud.account_id}:role/vodpass-client-play"
    run = account.run("plan", document=account.document(VODPASS_STS_PLAY_ROLE=arn))
    said = run.line("role/vodpass-client-play")
    assert said.endswith("VODPASS_STS_PLAY_ROLE names it, not shop-client-play")


@pytest.mark.parametrize("key", ["role/absent", "queue", "--yes\x1b[2J"])
def test_an_unknown_thing_to_adopt(account: Account, key: str) -> None:
    run = account.run("apply", "--yes", f"--adopt={key}")
    assert run.code == 2
    assert "not in the plan" in run.err
    assert "\x1b" not in run.err
    assert account.state()["roles"] == {}
