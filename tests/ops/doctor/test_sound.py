"""A sound deployment: nothing is found, and nothing is changed."""

from __future__ import annotations

import json

import pytest

from ops.doctor.command import main
from tests.ops.doctor.conftest import Hospital


def test_finds_nothing_on_a_sound_deployment(hospital: Hospital) -> None:
    examined = hospital.examine("--token-env", "TOKEN", "--as-role")
    assert examined.report["findings"] == []
    assert examined.report["could_not"] == []
    assert examined.exit_code == 0
    sound = {one["subject"] for one in examined.report["sound"]}
    assert {"upload", "watch", "s.yaml", "identity", "VOD", "VOD callback", "play"} <= sound
    assert {"queue vodpass-events", "queue vodpass-watch", "queue vodpass-dead-letters"} <= sound


def test_reads_only(hospital: Hospital) -> None:
    cloud = hospital.stack.cloud
    cloud.calls.reset()
    hospital.examine("--token-env", "TOKEN", "--as-role")
    called = {action for service in cloud.calls.snapshot().values() for action in service}
    assert called <= {
        "GetCallerIdentity",
        "AssumeRole",
        "GetVideoList",
        "GetVideoInfo",
        "GetMessageCallback",
        "GetQueueAttributes",
    }
    assert "GetVideoInfo" in called
    assert cloud.vod.library.all() == []


def test_says_what_it_did_not_look_at(hospital: Hospital) -> None:
    examined = hospital.examine("--no-account")
    said = {one["text"] for one in examined.report["not_checked"]}
    assert any("--no-account" in one for one in said)
    assert any("--token-env" in one for one in said)
    assert examined.exit_code == 0


def test_text_and_json_say_the_same(hospital: Hospital, capsys: pytest.CaptureFixture[str]) -> None:
    document = hospital.rendered(VODPASS_ISSUER_ALIAS="Not Allowed")
    path = hospital.folder / "wrong.json"
    path.write_text(json.dumps(document))
    assert main(["--settings", str(path), "--no-account"], {}) == 1
    text = capsys.readouterr().out
    hospital.holds_no_secret(text)
    assert "Not Allowed" not in text
    every = "upload, refresh, play, sts, events, watch"
    assert f"error: setting: VODPASS_ISSUER_ALIAS of {every}" in text
    for label in ("what", "why", "mend"):
        assert f"\n  {label}" in text


def test_leaves_out_what_is_to_be_ignored(hospital: Hospital) -> None:
    document = hospital.rendered(VODPASS_JWT_MAX_LIFE="172800")
    arguments = ("--no-account", "--ignore", "setting-unwise")
    assert hospital.examine("--no-account", document=document).codes == {"setting-unwise"}
    assert hospital.examine(*arguments, document=document).exit_code == 0
