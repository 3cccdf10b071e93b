"""A deployment in a second application of VOD, in which each test plants one fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakealiyun.testing.vod import Vod
from fakealiyun.vod.applications import Identity
from fakealiyun.vod.callbacks.configuration import MessageCallback
from fakealiyun.vod.settings import DEFAULT_APP
from tests.ops.doctor.conftest import deployed, healthy
from tests.support.code_under_test import CodeUnderTest
from tests.support.doctor_target import DoctorTarget
from tests.support.serverless import Run

APP = "app-2000000"
OTHER_KEY = "AbcdefghIjklmnop0123"
FULL, READ_ONLY = "VODAppFullAccess", "VODAppReadOnlyAccess"
READS = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "vod:*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def second_target(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory, s_preview: Run
) -> Iterator[DoctorTarget]:
    folder = tmp_path_factory.mktemp("second")
    with deployed(code_under_test, folder, s_preview, VODPASS_APP_ID=APP) as target:
        yield target


@pytest.fixture
def target(
    second_target: DoctorTarget, capsys: pytest.CaptureFixture[str]
) -> Iterator[DoctorTarget]:
    yield from healthy(second_target, capsys)


def callback(target: DoctorTarget, app_id: str, **changes: Any) -> None:
    """The deployment's callbacks, set for an application."""
    stack = target.stack
    given: dict[str, Any] = {
        "event_types": "ALL",
        "url": stack.callback_url,
        "auth_switch": "on",
        "auth_key": stack.keys.callback_key,
        **changes,
    }
    stack.cloud.vod.callbacks.configure(MessageCallback(app_id, "HTTP", **given))


def user(target: DoctorTarget, *policies: dict[str, Any]) -> dict[str, str]:
    """The environment of a RAM user without policies of any application."""
    key = target.stack.cloud.ram.add_user("operator", *policies)
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }


def user_id(target: DoctorTarget) -> Identity:
    return Identity("RamUser", target.stack.cloud.ram.users["operator"].user_id)


def test_without_a_fault_nothing_is_found(target: DoctorTarget) -> None:
    run = target.check("--token-env", "TOKEN")
    assert run.report["findings"] == []
    assert run.report["could_not"] == []
    sound = {one["subject"]: one["text"] for one in run.report["sound"]}
    assert APP in sound["VODPASS_APP_ID"]
    for role, policy in {"vodpass-upload": FULL, "vodpass-events": READ_ONLY}.items():
        said = [one["text"] for one in run.report["sound"] if one["subject"] == role]
        assert f"has {policy} of {APP}" in said


def test_a_wrong_app_id(target: DoctorTarget) -> None:
    run = target.check(document=target.rendered(VODPASS_APP_ID="app-9999999"))
    finding = run.found("application")
    assert finding["subject"] == "VODPASS_APP_ID"
    assert "app-9999999" in finding["what"]
    assert "GetAppInfos" in finding["mend"]
    assert run.codes == {"application"}


def test_functions_that_name_different_applications(target: DoctorTarget) -> None:
    document = target.rendered()
    document["resources"]["play"]["props"]["environmentVariables"]["VODPASS_APP_ID"] = ""
    finding = target.check(document=document).found("application")
    assert APP in finding["what"]
    assert DEFAULT_APP in finding["what"]


def test_a_disabled_application(target: DoctorTarget) -> None:
    Vod(target.stack.cloud).call("update_app_info", app_id=APP, status="Disable")
    assert "disabled" in target.check().found("application")["what"]


@pytest.mark.parametrize("looks_absent", [False, True])
@pytest.mark.parametrize(
    "role",
    [
        "vodpass-upload",
        "vodpass-refresh",
        "vodpass-play",
        "vodpass-events",
        "vodpass-watch",
        "vodpass-client-upload",
        "vodpass-client-play",
    ],
)
def test_a_role_without_a_policy(
    target: DoctorTarget, role: str, looks_absent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VOD may answer its calls as if no video existed: the doctor does not depend on that."""
    settings = target.stack.cloud.vod.settings
    monkeypatch.setitem(settings.__dict__, "other_apps_look_absent", looks_absent)
    applications = target.stack.cloud.vod.applications
    for policy in (FULL, READ_ONLY):
        applications.detach(Identity("RamRole", role), APP, policy)
    run = target.check()
    finding = run.found("application-role")
    assert finding["subject"] == role
    assert f"It has no policy of the application {APP}." == finding["what"]
    assert f"--IdentityName {role} --AppId {APP}" in finding["mend"]
    assert run.codes == {"application-role"}


def test_a_role_that_may_only_read(target: DoctorTarget) -> None:
    applications = target.stack.cloud.vod.applications
    applications.detach(Identity("RamRole", "vodpass-refresh"), APP, FULL)
    applications.attach(Identity("RamRole", "vodpass-refresh"), APP, READ_ONLY)
    finding = target.check().found("application-role")
    assert "may only read" in finding["what"]
    assert FULL in finding["mend"]


@pytest.mark.parametrize(
    "changes",
    [
        {"VODPASS_CLEANUP": "delete"},
        {
            "VODPASS_CREDENTIAL_WEBHOOK_URL": "https://app.example.com/credentials",
            "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": "whsec_" + "QUFB" * 8,
        },
    ],
)
def test_a_watch_that_changes_something_needs_more(
    target: DoctorTarget, changes: dict[str, str]
) -> None:
    run = target.check(document=target.rendered(**changes))
    assert run.found("application-role")["subject"] == "vodpass-watch"


@pytest.mark.parametrize("road", ["http", "queue"])
def test_callbacks_that_are_set_in_the_other_application(target: DoctorTarget, road: str) -> None:
    cloud = target.stack.cloud
    cloud.vod.callbacks.remove(APP)
    if road == "http":
        callback(target, DEFAULT_APP)
    else:
        cloud.vod.callbacks.configure(
            MessageCallback(
                DEFAULT_APP,
                "MNS",
                "ALL",
                mns_endpoint=cloud.queues.endpoint,
                mns_queue_name="vodpass-events",
            )
        )
    run = target.check()
    finding = run.found("callback-application")
    assert f"of the application {DEFAULT_APP}" in finding["what"]
    assert f"--app-id {APP}" in finding["mend"]
    assert run.codes == {"callback-application"}


def test_callbacks_of_both_applications(target: DoctorTarget) -> None:
    callback(target, DEFAULT_APP, url="https://another.example.com/callbacks")
    assert target.check().codes == set()


def test_no_callbacks_at_all(target: DoctorTarget) -> None:
    target.stack.cloud.vod.callbacks.remove(APP)
    assert target.check().codes == {"callback-unset"}


def test_another_play_key_than_vods(target: DoctorTarget) -> None:
    keys = target.stack.cloud.vod.play_keys
    keys.set(APP, OTHER_KEY)
    run = target.check()
    assert f"another PlayKey for {APP}" in run.found("play-key")["what"]
    assert "is that of" not in run.found("play-key")["what"]
    keys.set(DEFAULT_APP, target.stack.keys.play_key)
    run = target.check()
    assert f"is that of {DEFAULT_APP}" in run.found("play-key")["what"]
    assert OTHER_KEY not in run.printed


def test_multiple_applications_that_are_not_open(target: DoctorTarget) -> None:
    target.stack.cloud.vod.adjust(multiple_apps=False)
    run = target.check()
    finding = run.found("application")
    assert "OperationDenied.NotOpenAppService" in finding["what"]
    assert "Open multiple applications" in finding["mend"]
    assert run.codes == {"application"}


def test_a_suspended_account(target: DoctorTarget) -> None:
    target.stack.cloud.vod.adjust(suspended=True)
    run = target.check()
    finding = run.found("vod")
    assert "OperationDenied.Suspended" in finding["what"]
    assert "overdue bill" in finding["mend"]
    assert run.codes == {"vod"}


def test_a_key_without_a_policy_of_the_application(target: DoctorTarget) -> None:
    run = target.check(environment=user(target, READS))
    finding = run.found("application")
    assert "Forbidden.OperateApp" in finding["what"]
    assert "AttachAppPolicyToIdentity" in finding["mend"]
    assert run.codes == {"application"}


def test_a_key_that_reads_the_application_and_is_no_administrator(target: DoctorTarget) -> None:
    environment = user(target, READS)
    target.stack.cloud.vod.applications.attach(user_id(target), APP, READ_ONLY)
    run = target.check(environment=environment)
    assert run.codes == set()
    (said,) = [one for one in run.report["not_checked"] if one["subject"] == f"roles in {APP}"]
    assert "administrator" in said["text"]


def test_a_key_without_permission_in_ram(target: DoctorTarget) -> None:
    actions = ["vod:GetVideo*", "vod:GetMessageCallback", "vod:GetAppPlayKey", "sts:*"]
    policy = {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    }
    environment = user(target, policy)
    target.stack.cloud.vod.applications.attach(user_id(target), APP, READ_ONLY)
    run = target.check(environment=environment)
    assert run.codes == set()
    said = [one["text"] for one in run.report["not_checked"] if one["subject"] == "VODPASS_APP_ID"]
    assert said
    assert all("RAM does not allow this key" in one for one in said)


def test_a_function_without_permission_in_ram(target: DoctorTarget) -> None:
    """It is told apart from a role without a policy of the application."""
    target.stack.cloud.ram.set_role_policies("vodpass-play")
    run = target.check("--token-env", "TOKEN")
    assert run.codes == {"misconfigured", "role-lacks"}
    assert "lacks a RAM permission" in run.found("misconfigured")["what"]
