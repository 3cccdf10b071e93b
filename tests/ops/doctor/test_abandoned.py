"""The doctor reports uploads that `watch` does not delete because they are too many."""

from __future__ import annotations

import http.client
import json
from types import SimpleNamespace
from typing import cast

import pytest

from fakealiyun.testing.vod import Vod
from ops.account import Account, ServiceAnswer
from ops.doctor import abandoned
from ops.doctor.report import Report
from shared.config.settings import Settings
from tests.support import operator
from tests.support.doctor_target import DoctorTarget

OVERDUE = 86400 + 3600 + 60 + 600 + 10
"""Seconds after its creation at which an upload may be deleted."""


def begin(target: DoctorTarget, count: int) -> None:
    """Uploads that wait for their file."""
    connection = http.client.HTTPConnection("127.0.0.1", target.stack.port, timeout=60)
    token = operator.user_token(target.stack)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for _ in range(count):
        connection.request("POST", "/upload", json.dumps({"FileName": "film.mp4"}), headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    connection.close()


def remarks(target: DoctorTarget, kind: str, **settings: str) -> list[str]:
    """What the doctor says about clean-up without a finding."""
    run = target.check(document=target.rendered(**settings))
    assert "clean-up" not in run.codes
    return [one["text"] for one in run.report[kind] if one["subject"] == abandoned.SUBJECT]


@pytest.mark.parametrize("mode", ["delete", "dry-run"])
def test_many_abandoned_uploads(target: DoctorTarget, mode: str) -> None:
    begin(target, 21)
    assert remarks(target, "sound") == ["0 of 21 uploads may be deleted"]
    target.stack.cloud.clock.advance(OVERDUE)
    begin(target, 3)
    Vod(target.stack.cloud).call("create_upload_video", title="not ours", file_name="f.mp4")
    finding = target.check(document=target.rendered(VODPASS_CLEANUP=mode)).found("clean-up")
    assert finding["severity"] == "warning"
    assert finding["subject"] == "watch VODPASS_CLEANUP"
    assert "21 of 24 uploads" in finding["what"]
    assert "deletes none" in finding["what"]
    assert "VODPASS_CLEANUP_FORCE=1" in finding["mend"]
    forced = target.rendered(VODPASS_CLEANUP=mode, VODPASS_CLEANUP_FORCE="1")
    finding = target.check(document=forced).found("clean-up")
    assert "allows it" in finding["what"]
    assert "unset" in finding["mend"]


def test_a_small_part_is_sound(target: DoctorTarget) -> None:
    begin(target, 21)
    target.stack.cloud.clock.advance(OVERDUE)
    begin(target, 100)
    assert remarks(target, "sound") == ["21 of 121 uploads may be deleted"]


@pytest.mark.parametrize("settings", [{"VODPASS_CLEANUP": "off"}, {"VODPASS_WATCH": "expiring"}])
def test_without_clean_up_nothing_is_counted(
    target: DoctorTarget, settings: dict[str, str]
) -> None:
    begin(target, 21)
    target.stack.cloud.clock.advance(OVERDUE)
    assert remarks(target, "sound", **settings) == []


def test_a_list_that_vod_does_not_give_is_no_finding(target: DoctorTarget) -> None:
    faults = target.stack.cloud.faults
    faults.set("vod", "GetVideoList", "error", 20, status=403, code="Forbidden.RAM")
    [said] = remarks(target, "not_checked")
    assert "may not list" in said
    faults.clear()


def test_a_listed_video_that_cannot_be_read_is_left_out() -> None:
    listed = {"Video": [{"VideoId": "a" * 32, "Status": "Uploading", "CreationTime": "soon"}]}
    answer = ServiceAnswer({"Total": 1, "VideoList": listed}, {})
    account = cast("Account", SimpleNamespace(vod=lambda *_, **__: answer))
    report = Report()
    abandoned.check(report, account, {"watch": Settings()})
    assert "0 of 0 uploads may be deleted" in report.as_json()
