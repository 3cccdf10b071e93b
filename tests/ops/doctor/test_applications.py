"""The doctor and `ops.callbacks` ask for the deployment's VOD application, and for its PlayKey."""

from __future__ import annotations

import pytest

from fakealiyun.vod.settings import DEFAULT_APP
from ops import callbacks
from tests.support.doctor_target import DoctorTarget

KEY = "AbcdefghIjklmnop0123"


def test_the_same_play_key_is_sound(target: DoctorTarget) -> None:
    run = target.check()
    assert run.codes == set()
    assert "play VODPASS_PLAY_KEY" in {one["subject"] for one in run.report["sound"]}


@pytest.mark.parametrize("theirs", [KEY, ""])
def test_another_play_key_than_vods(target: DoctorTarget, theirs: str) -> None:
    keys = target.stack.cloud.vod.play_keys
    keys.reset()
    if theirs:
        keys.set(DEFAULT_APP, theirs)
    run = target.check()
    finding = run.found("play-key")
    assert finding["subject"] == "play VODPASS_PLAY_KEY"
    assert ("another" if theirs else "no") in finding["what"]
    assert KEY not in run.printed
    assert run.codes == {"play-key"}


def test_a_key_that_may_not_be_read_is_no_finding(target: DoctorTarget) -> None:
    target.stack.cloud.faults.set("vod", "GetAppPlayKey", "error", status=403, code="Forbidden.RAM")
    run = target.check()
    assert run.codes == set()
    assert "play VODPASS_PLAY_KEY" in {one["subject"] for one in run.report["not_checked"]}


def test_without_the_method_nothing_is_asked(target: DoctorTarget) -> None:
    target.stack.cloud.calls.reset()
    assert target.check(document=target.rendered(VODPASS_PLAY_KEY="")).codes == set()
    assert "GetAppPlayKey" not in target.stack.cloud.calls.snapshot()["vod"]


def test_an_application_that_vod_does_not_have(target: DoctorTarget) -> None:
    run = target.check(document=target.rendered(VODPASS_APP_ID="app-2000000"))
    finding = run.found("application")
    assert "app-2000000" in finding["what"]
    assert "InvalidAppId.NotFound" in finding["what"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("Forbidden.OperateApp", "AttachAppPolicyToIdentity"),
        ("OperationDenied.NotOpenAppService", "Open multiple applications"),
    ],
)
def test_an_application_without_the_right_or_the_service(
    target: DoctorTarget, code: str, said: str
) -> None:
    target.stack.cloud.faults.set("vod", "GetMessageCallback", "error", status=403, code=code)
    finding = target.check().found("application")
    assert code in finding["what"]
    assert said in finding["mend"]


def test_callbacks_are_those_of_the_deployments_application(
    target: DoctorTarget, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in target.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VODPASS_REGION", "cn-shanghai")
    given = ["show", "--endpoint", target.stack.cloud.endpoint]
    monkeypatch.setenv("VODPASS_APP_ID", DEFAULT_APP)
    assert callbacks.main(given) == 0
    assert DEFAULT_APP in capsys.readouterr().out
    monkeypatch.setenv("VODPASS_APP_ID", "app-2000000")
    assert callbacks.main(given) == 1
    assert "InvalidAppId.NotFound" in capsys.readouterr().err
