"""`destroy` removes what is ours, after it has looked for functions that use it."""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config

from fakealiyun.testing.ram import RamClient
from ops.account.command import main
from ops.account.identities import EVENT_BRIDGE
from ops.account.plan import Step
from tests.ops.account.conftest import Account
from tests.ops.account.test_not_ours import by_hand


def deploy(account: Account, function: str, role: str) -> Client:
    admin = account.cloud.admin
    client = Client(
        Config(
            access_key_id=admin.access_key_id,
            access_key_secret=admin.access_key_secret,
            endpoint=account.cloud.endpoint,
            protocol="http",
        )
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("index.py", "def handler(event, context):\n    return ''\n")
    code = models.InputCodeLocation(zip_file=b64encode(packed.getvalue()).decode())
    client.create_function(
        models.CreateFunctionRequest(
            body=models.CreateFunctionInput(
                function_name=function,
                runtime="python3.10",
                handler="index.handler",
                role=f"acs:ram::{account.cloud.account_id}:role/{role}",
                code=code,
            )
        )
    )
    return client


def test_an_account_is_empty_afterwards(account: Account) -> None:
    before = account.state()
    account.run("apply", "--yes")
    account.cloud.queues.queue("shop-watch").send("left over")
    run = account.run("destroy", "--yes")
    assert run.code == 0, run.out
    assert "queue/shop-watch  to be removed, with 1 messages" in run.out
    after = account.state()
    # The role of EventBridge is for the whole account, and not ours.
    for name in EVENT_BRIDGE:
        del after["roles"][name]
    after["policies"] = {key: one for key, one in after["policies"].items() if key[0] == "Custom"}
    before["policies"] = {}
    assert after == before
    assert "nothing to do" in account.run("destroy", "--yes").out


def test_what_is_not_ours_stays(account: Account) -> None:
    by_hand(account, "shop-upload")
    account.cloud.queues.queue("shop-events")
    account.cloud.logs.create_project("shop-logs", "of the team")
    account.run("apply", "--yes")
    other = account.document("blog")
    account.run("apply", "--yes", document=other)
    run = account.run("destroy", "--yes")
    assert run.code == 0
    state = account.state()
    left = {name for name in state["roles"] if name.startswith("shop-")}
    assert left == {"shop-upload"}
    assert set(state["queues"]) >= {"shop-events", "blog-events"}
    assert "shop-logs" in state["logs"]
    assert account.run("plan", document=other).out.splitlines()[-1].startswith("nothing to do")


def test_functions_that_use_a_role_hold_it_back(account: Account) -> None:
    account.run("apply", "--yes")
    before = account.state()
    client = deploy(account, "shop-play", "shop-play")
    run = account.run("destroy", "--yes")
    assert run.code == 1
    assert "cn-shanghai: the function shop-play has the role shop-play" in run.out
    assert account.state() == before
    forced = account.run("destroy", "--yes", "--although-used")
    assert forced.code == 0
    assert "shop-play" not in account.state()["roles"]
    client.delete_function("shop-play")


def test_a_key_that_may_not_list_functions_removes_nothing(account: Account) -> None:
    account.run("apply", "--yes")
    statement = {
        "Effect": "Allow",
        "Action": ["ram:*", "mns:*", "log:*", "sts:*"],
        "Resource": "*",
    }
    key = account.cloud.ram.add_user("half", {"Version": "1", "Statement": [statement]})
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }
    before = account.state()
    run = account.run("destroy", "--yes", environment=environment)
    assert run.code == 1
    assert "its functions could not be read" in run.out
    assert account.state() == before


def test_a_policy_that_another_role_has_is_left(account: Account) -> None:
    account.run("apply", "--yes")
    by_hand(account, "elsewhere")
    api = RamClient(account.cloud, account.cloud.admin)
    given = {"policy_type": "Custom", "policy_name": "shop-play", "role_name": "elsewhere"}
    api.call("AttachPolicyToRole", **given)
    run = account.run("destroy", "--yes")
    assert "is left: role elsewhere has it" in run.out
    state = account.state()
    assert ("Custom", "shop-play") in state["policies"]
    assert "shop-play" not in state["roles"]


def test_versions_go_before_their_policy(account: Account) -> None:
    account.run("apply", "--yes")
    moved = account.document(VODPASS_WATCH_QUEUE="other-watch")
    account.run("apply", "--yes", document=moved)
    run = account.run("destroy", "--yes")
    assert run.code == 0
    assert "done     DeletePolicyVersion shop-watch v1" in run.out


def test_a_project_with_other_stores_is_left(account: Account) -> None:
    account.run("apply", "--yes")
    account.cloud.logs.create_store("shop-logs", "of-others", ttl=1, shardCount=1)
    run = account.run("destroy", "--yes")
    assert "is left: it has 2 log stores" in run.out
    assert "shop-logs" in account.state()["logs"]


def test_by_name_when_the_settings_are_gone(account: Account) -> None:
    account.run("apply", "--yes")
    at = ["--endpoint", account.cloud.endpoint, "--yes"]
    given = ["destroy", "--name", "shop", "--region", "cn-shanghai", *at]
    assert main(given, account.environment) == 0
    assert account.state()["queues"] == {}
    assert main(["destroy", "--name", "shop", *at], account.environment) == 2


def test_without_a_terminal_it_must_be_told(account: Account) -> None:
    account.run("apply", "--yes")
    before = json.dumps(sorted(account.state()["roles"]))
    run = account.run("destroy")
    assert run.code == 2
    assert "without a terminal, destroy needs --yes" in run.err
    assert json.dumps(sorted(account.state()["roles"])) == before


def test_it_can_be_run_again_after_a_failure(account: Account) -> None:
    account.run("apply", "--yes")
    for service, action in (("ram", "DeleteRole"), ("mns", "DeleteQueue")):
        account.cloud.faults.set(service, action, "error")
    first = account.run("destroy", "--yes")
    assert first.code == 1
    assert account.run("destroy", "--yes").code == 0
    assert "nothing to do" in account.run("destroy", "--yes").out


class Ended(KeyboardInterrupt):
    """The process ends here."""


@pytest.fixture
def ends_after_one_call(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Switches on and off that every run ends after its first call that changes something."""
    real, on = Step.__init__, [False]

    def make(self: Step, text: str, call: Callable[[], object]) -> None:
        def ending() -> object:
            answer = call()
            if on[0]:
                raise Ended
            return answer

        real(self, text, ending)

    monkeypatch.setattr(Step, "__init__", make)

    def switch(ending: bool) -> None:
        on[0] = ending

    return switch


def test_it_can_end_after_each_single_call(
    account: Account, ends_after_one_call: Callable[[bool], None]
) -> None:
    """Each run does one call of what is left. Between two, `apply` could go back, and the other
    deployment is as it was."""
    other = account.document("blog")
    account.run("apply", "--yes", document=other)
    wanted = account.state()
    account.run("apply", "--yes")
    # A policy with a second version, which must go before it.
    account.run("apply", "--yes", document=account.document(VODPASS_WATCH_QUEUE="shop-watch-2"))
    full = account.state()
    calls = 0
    ends_after_one_call(True)
    before: dict[str, Any] = {}
    while account.state() != wanted:
        assert account.state() != before, "each run goes on"
        before = account.state()
        with pytest.raises(Ended):
            account.run("destroy", "--yes")
        calls += 1
        planned = account.run("plan")
        assert planned.code == 0
        assert set(planned.states.values()) <= {"create", "change", "nothing"}
    ends_after_one_call(False)
    # Seven roles, eight policies with versions, their attachments, four queues, the log project.
    assert calls > 25
    assert full != wanted
    assert "nothing to do" in account.run("destroy", "--yes").out
    assert account.run("plan", document=other).out.splitlines()[-1].startswith("nothing to do")


def test_a_removal_whose_answer_is_lost(account: Account) -> None:
    before = account.state()
    account.run("apply", "--yes")
    account.run("apply", "--yes", document=account.document(VODPASS_WATCH_QUEUE="shop-watch-2"))
    for service, action in (
        ("ram", "DetachPolicyFromRole"),
        ("ram", "DeleteRole"),
        ("ram", "DeletePolicyVersion"),
        ("ram", "DeletePolicy"),
        ("mns", "DeleteQueue"),
        ("sls", "DeleteProject"),
    ):
        account.cloud.faults.set(service, action, "reset_after")
    first = account.run("destroy", "--yes")
    assert first.code == 1
    assert "it may have been done: run the command again" in first.out
    assert account.run("destroy", "--yes").code == 0
    state = account.state()
    assert (state["queues"], state["logs"]) == (before["queues"], before["logs"])
    assert set(state["roles"]) == set(EVENT_BRIDGE)
