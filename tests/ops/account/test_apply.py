"""`python -m ops.account`: what it makes, that it makes it once, and that it can be interrupted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fakealiyun.ram.policy import Policy
from ops.account import applying
from ops.account.answers import NotAnswered, ServiceRefused
from ops.account.calls import Account as Calls
from ops.account.identities import EVENT_BRIDGE
from ops.account.key import Key
from ops.account.plan import Step
from ops.doctor.command import main as doctor
from tests.ops.account.conftest import Account

FUNCTIONS = ("upload", "refresh", "play", "events", "watch", "sts")


def test_an_empty_account_gets_everything_once(account: Account) -> None:
    planned = account.run("plan")
    assert planned.code == 0
    assert set(planned.states.values()) == {"create"}
    before = account.state()
    assert before["roles"] == {}
    made = account.run("apply", "--yes")
    assert made.code == 0, made.out
    assert made.states == planned.states
    names = {f"shop-{one}" for one in (*FUNCTIONS, "client-play")}
    roles = account.state()["roles"]
    assert set(roles) == names | EVENT_BRIDGE.keys()
    for name in names:
        assert roles[name][1:] == ([("Custom", name)], {"vodpass": "shop"})
    trusted = roles["shop-client-play"][0]["Statement"][0]["Principal"]["RAM"]
    assert trusted == [f"acs:ram::{account.cloud.account_id}:role/shop-sts"]
    queues = {one.name: one for one in account.cloud.queues.all()}
    assert set(queues) == {"shop-events", "shop-watch", "shop-dead-letters"}
    assert queues["shop-dead-letters"].retention == 604_800
    assert queues["shop-watch"].retention >= 86_400
    store = account.cloud.logs.projects["shop-logs"].stores["vodpass"]
    assert store.index is not None
    after = account.state()
    again = account.run("apply", "--yes")
    assert (again.code, again.out.splitlines()[-1].partition(":")[0]) == (0, "nothing to do")
    assert set(again.states.values()) == {"nothing"}
    assert account.state() == after


def test_only_what_the_settings_need(account: Account) -> None:
    document = account.document(VODPASS_STS_PLAY_ROLE="", VODPASS_CLEANUP="delete")
    for resource in document["resources"].values():
        resource["props"]["logConfig"] = "auto"
        kept = [one for one in resource["props"]["triggers"] if one["triggerType"] != "eventbridge"]
        resource["props"]["triggers"] = kept
    planned = account.run("plan", document=document)
    kinds = {key.partition("/")[0] for key in planned.states}
    assert kinds == {"role", "policy", "attachment"}
    assert "role/shop-client-play" not in planned.states
    assert "attachment/shop-clean-up@shop-watch" in planned.states


def test_the_policies_of_an_application(account: Account) -> None:
    document = account.document(VODPASS_APP_ID="app-1234567")
    planned = account.run("plan", document=document)
    key = "application policy/VODAppFullAccess@shop-upload"
    assert planned.states[key] == "create"
    assert "app-1234567" in planned.line(key)
    assert "application policy/VODAppReadOnlyAccess@shop-watch" in planned.states
    renewing = account.document(VODPASS_APP_ID="app-1234567", VODPASS_CLEANUP="delete")
    again = account.run("plan", document=renewing)
    assert "application policy/VODAppFullAccess@shop-watch" in again.states


def test_an_application_of_its_own(account: Account) -> None:
    cloud = account.cloud
    key = Key(cloud.admin.access_key_id, cloud.admin.access_key_secret)
    vod = Calls(key, cloud.region, endpoint=cloud.endpoint)
    app_id = vod.vod("CreateAppInfo", app_name="shop").body["AppId"]
    document = account.document(VODPASS_APP_ID=app_id)
    made = account.run("apply", "--yes", document=document)
    assert made.code == 0, made.out

    def held(role: str) -> set[str]:
        given = {"identity_type": "RamRole", "identity_name": role, "app_id": app_id}
        listed = vod.vod("ListAppPoliciesForIdentity", **given).body.get("AppPolicyList") or ()
        return {one["PolicyName"] for one in listed}

    assert held("shop-upload") == {"VODAppFullAccess"}
    assert held("shop-watch") == {"VODAppReadOnlyAccess"}
    assert held("shop-sts") == set()
    again = account.run("apply", "--yes", document=document)
    assert again.out.splitlines()[-1].startswith("nothing to do")
    removed = account.run("destroy", "--yes", document=document)
    assert removed.code == 0
    detached = f"DetachAppPolicyFromIdentity VODAppFullAccess of {app_id} from shop-upload"
    assert f"done     {detached}" in removed.out
    assert removed.out.index(detached) < removed.out.index("done     DeleteRole shop-upload")


@pytest.mark.parametrize("name", ["vodpass", "shop"])
def test_the_doctor_finds_nothing_in_the_account(account: Account, name: str) -> None:
    document = account.document(name)
    assert account.run("apply", "--yes", document=document).code == 0
    path = account.folder / "rendered.json"
    given = ["--settings", str(path), "--endpoint", account.cloud.endpoint, "--json"]
    account.capture.readouterr()
    doctor(given, account.environment)
    report = json.loads(account.capture.readouterr().out)
    of_account = ("role", "queue")
    assert [one for one in report["findings"] if one["code"].startswith(of_account)] == []
    sound = {one["subject"] for one in report["sound"]}
    assert {f"{name}-upload", f"{name}-client-play", f"queue {name}-watch"} <= sound


def count(account: Account) -> int:
    """How many calls the apply of an empty account makes."""
    steps = [line for line in account.run("apply", "--yes").out.splitlines() if "done  " in line]
    account.cloud.reset()
    return len(steps)


class Ended(KeyboardInterrupt):
    """The process ends here."""


def test_it_can_end_after_each_single_call(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = count(account)
    assert total > 25
    assert account.run("apply", "--yes").code == 0
    wanted = account.state()
    real = Step.__init__

    for last in range(1, total):
        account.cloud.reset()
        left = [last]

        def make(self: Step, text: str, call: Any, left: list[int] = left) -> None:
            def counted() -> object:
                answer = call()
                left[0] -= 1
                if not left[0]:
                    raise Ended
                return answer

            real(self, text, counted)

        with monkeypatch.context() as patch:
            patch.setattr(Step, "__init__", make)
            with pytest.raises(Ended):
                account.run("apply", "--yes")
        assert account.state() != wanted
        assert account.run("apply", "--yes").code == 0
        assert account.state() == wanted, last


def test_an_answer_that_is_lost_is_no_loss(account: Account) -> None:
    for service, action in (
        ("ram", "CreateRole"),
        ("mns", "CreateQueue"),
        ("sls", "CreateProject"),
    ):
        account.cloud.faults.set(service, action, "reset_after")
    first = account.run("apply", "--yes")
    assert first.code == 1
    assert "run the command again" in first.out
    # What needs the role that may be missing is left, all else is done.
    assert "left     attachment/shop-upload@shop-upload: it needs role/shop-upload" in first.out
    assert "done     CreateRole shop-play" in first.out
    second = account.run("apply", "--yes")
    assert second.code == 0
    assert second.states["role/shop-upload"] == "nothing"
    assert account.run("plan").out.splitlines()[-1].startswith("nothing to do")


def test_a_refused_call_leaves_what_does_not_depend_on_it(account: Account) -> None:
    account.cloud.faults.set("ram", "CreatePolicy", "error")
    first = account.run("apply", "--yes")
    assert first.code == 1
    assert "failed   CreatePolicy shop-upload: InternalError (500" in first.out
    assert "left     attachment/shop-upload@shop-upload: it needs policy/shop-upload" in first.out
    assert account.run("apply", "--yes").code == 0


def test_a_key_that_may_not_read(account: Account) -> None:
    statement = {"Effect": "Allow", "Action": ["mns:*", "sts:*"], "Resource": "*"}
    key = account.cloud.ram.add_user("half", {"Version": "1", "Statement": [statement]})
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }
    run = account.run("apply", "--yes", environment=environment)
    assert run.code == 1
    assert run.states["role/shop-upload"] == "unknown"
    assert "this key may not read it: NoPermission" in run.line("role/shop-upload")
    assert run.states["queue/shop-events"] == "create"
    assert "this key may not read it: Unauthorized" in run.line("log project/shop-logs")
    assert {one.name for one in account.cloud.queues.all()} >= {"shop-events"}


def test_changes_of_the_settings(account: Account) -> None:
    account.run("apply", "--yes")
    moved = account.document(VODPASS_WATCH_QUEUE="other-watch")
    planned = account.run("plan", document=moved)
    changed = {key for key, state in planned.states.items() if state == "change"}
    assert changed == {"policy/shop-events", "policy/shop-watch"}
    for _ in range(7):  # each makes a version, and RAM keeps five
        assert account.run("apply", "--yes", document=moved).code == 0
        assert account.run("apply", "--yes").code == 0
    policy = account.cloud.ram.policies["Custom", "shop-watch"]
    assert len(policy.versions) == 5
    assert "shop-watch/messages" in policy.current.policy.document


def test_a_trust_policy_that_was_changed_by_hand(account: Account) -> None:
    account.run("apply", "--yes")
    ram = account.cloud.ram
    role = ram.roles["shop-play"]
    document = json.loads(role.trust.document)
    document["Statement"][0]["Principal"]["Service"] = ["ecs.aliyuncs.com"]
    ram.save_role(replace(role, trust=Policy.parse_trust(document)))
    planned = account.run("plan")
    assert planned.states["role/shop-play"] == "change"
    assert "another trust policy" in planned.line("role/shop-play")
    assert account.run("apply", "--yes").code == 0
    assert "fc.aliyuncs.com" in ram.roles["shop-play"].trust.document


def test_a_queue_that_forgets_too_early(account: Account) -> None:
    account.run("apply", "--yes")
    queue = account.cloud.queues.queue("shop-watch")
    queue.change(type(queue.attributes)(message_retention_period=3600))
    planned = account.run("plan")
    assert "keeps messages for 3600 s" in planned.line("queue/shop-watch")
    account.run("apply", "--yes")
    assert queue.retention >= 86_400


@pytest.mark.parametrize(
    ("late", "least"),
    [("", 2 * 86_400 + 1), ("0", 3661 + 86_400), ("432000", 6 * 86_400 + 1), ("604799", 604_800)],
)
def test_the_queue_of_watch_keeps_a_message_until_its_recheck_and_a_day_of_retries(
    account: Account, late: str, least: int
) -> None:
    document = account.document(VODPASS_LATE_RECHECK=late)
    account.run("apply", "--yes", document=document)
    queue = account.cloud.queues.queue("shop-watch")
    assert queue.retention == max(least, 345_600)
    for kept, state in ((least, "nothing"), (least - 1, "change")):
        queue.change(type(queue.attributes)(message_retention_period=kept))
        assert account.run("plan", document=document).states["queue/shop-watch"] == state


def test_a_second_deployment_beside_the_first(account: Account) -> None:
    account.run("apply", "--yes")
    first = account.state()
    other = account.document("blog")
    assert account.run("apply", "--yes", document=other).code == 0
    state = account.state()
    for kind, things in first.items():
        for name, value in things.items():
            assert state[kind][name] == value
    assert account.run("plan").out.splitlines()[-1].startswith("nothing to do")
    shared = account.document("blog", VODPASS_EVENT_QUEUE="shop-events")
    planned = account.run("plan", document=shared)
    assert planned.states["queue/shop-events"] == "not ours"
    assert "it belongs to the deployment shop" in planned.line("queue/shop-events")


@pytest.mark.parametrize("name", ["Shop", "a_b", "-shop", "x" * 51])
def test_a_name_that_roles_cannot_have(account: Account, name: str) -> None:
    document = account.document()
    for end, resource in document["resources"].items():
        resource["props"]["role"] = f"{name}-{end}"
    run = account.run("apply", "--yes", document=document)
    said = run.err
    if name == "Shop":  # the deployment tool makes it lower case
        assert run.states["role/shop-upload"] == "create"
        return
    assert run.code == 2
    assert "VODPASS_NAME must have 1 to 50 lower-case letters" in said


def test_failures_name_no_request() -> None:
    """The messages have codes and request ids only."""
    assert "secret" not in str(ServiceRefused("Code", 400, "id"))
    assert applying.apply([], print) == []
    assert str(NotAnswered("Timeout")) == "Timeout"
