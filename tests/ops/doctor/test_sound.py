"""A faultless deployment: the doctor finds nothing, and changes nothing."""

from __future__ import annotations

import json

import pytest

from ops.doctor.command import main
from tests.support.doctor_target import DoctorTarget


def test_finds_nothing(target: DoctorTarget) -> None:
    run = target.check("--token-env", "TOKEN", "--as-role")
    assert run.report["findings"] == []
    assert run.report["could_not"] == []
    assert run.exit_code == 0
    sound = {one["subject"] for one in run.report["sound"]}
    assert {"upload", "watch", "s.yaml", "identity", "VOD", "VOD callback", "play"} <= sound
    assert {"queue vodpass-events", "queue vodpass-watch", "queue vodpass-dead-letters"} <= sound


def test_reads_only(target: DoctorTarget) -> None:
    cloud = target.stack.cloud
    cloud.calls.reset()
    target.check("--token-env", "TOKEN", "--as-role")
    called = {action for service in cloud.calls.snapshot().values() for action in service}
    assert called <= {
        "GetCallerIdentity",
        "AssumeRole",
        "GetVideoList",
        "GetVideoInfo",
        "GetAppPlayKey",
        "ListAppPoliciesForIdentity",
        "GetMessageCallback",
        "GetQueueAttributes",
        "GetRole",
        "ListPoliciesForRole",
        "GetPolicyVersion",
    }
    assert "GetVideoInfo" in called
    assert cloud.vod.library.all() == []


def test_names_what_it_did_not_check(target: DoctorTarget) -> None:
    run = target.check("--no-account")
    said = {one["text"] for one in run.report["not_checked"]}
    assert any("--no-account" in one for one in said)
    assert any("--token-env" in one for one in said)
    assert run.exit_code == 0


def test_the_text_has_each_part_of_a_finding(
    target: DoctorTarget, capsys: pytest.CaptureFixture[str]
) -> None:
    document = target.rendered(VODPASS_ISSUER_ALIAS="Not Allowed")
    path = target.folder / "wrong.json"
    path.write_text(json.dumps(document))
    assert main(["--settings", str(path), "--no-account"], {}) == 1
    text = capsys.readouterr().out
    target.holds_no_secret(text)
    assert "Not Allowed" not in text
    every = "upload, refresh, play, sts, events, watch"
    assert f"error: setting: VODPASS_ISSUER_ALIAS of {every}" in text
    for label in ("what", "why", "fix"):
        assert f"\n  {label}" in text


def test_leaves_out_ignored_findings(target: DoctorTarget) -> None:
    document = target.rendered(VODPASS_JWT_MAX_LIFE="172800")
    arguments = ("--no-account", "--ignore", "setting-unwise")
    assert target.check("--no-account", document=document).codes == {"setting-unwise"}
    assert target.check(*arguments, document=document).exit_code == 0


def test_json_keeps_its_members(target: DoctorTarget) -> None:
    """Scripts read them."""
    report = target.check("--no-account", document=target.rendered(VODPASS_REGION="nowhere")).report
    assert set(report) == {
        *("ignored", "findings", "sound", "not_checked", "could_not", "exit_code"),
    }
    for finding in report["findings"]:
        assert set(finding) == {"code", "severity", "subject", "what", "why", "mend"}
