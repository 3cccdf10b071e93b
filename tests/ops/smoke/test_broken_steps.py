"""Each step broken in turn: it is named, and nothing stays behind."""

from __future__ import annotations

from typing import Any

import pytest

from fakealiyun.oss.state import StoredObject
from tests.ops.smoke.conftest import Bench


def refuse(bench: Bench, service: str, action: str, **more: Any) -> None:
    """Let the cloud refuse these calls."""
    rule = {"status": 500, "code": "InternalError", "message": "not shown", "count": 9, **more}
    bench.stack.cloud.faults.set(service=service, action=action, kind="error", **rule)


@pytest.mark.parametrize(
    ("step", "service", "action", "said"),
    [
        ("upload", "oss", "InitiateMultipartUpload", "OSS: 500 InternalError"),
        ("upload", "oss", "UploadPart", "OSS: 500 InternalError"),
        ("refresh", "vod", "RefreshUploadVideo", "502 UpstreamError"),
        ("resume", "oss", "CompleteMultipartUpload", "OSS: 500 InternalError"),
        ("play", "vod", "GetVideoPlayAuth", "502 UpstreamError"),
        ("redeem", "vod", "GetPlayInfo", "GetPlayInfo: 500 InternalError"),
        ("redeem", "oss", "GetObject", "the PlayURL answers 500"),
    ],
)
def test_a_step_that_fails_is_named_and_leaves_nothing(
    bench: Bench, step: str, service: str, action: str, said: str
) -> None:
    refuse(bench, service, action)
    outcome = bench.run()
    assert outcome.exit_code == 1
    assert outcome.steps()[-2:] == [(step, "FAILED"), ("delete", "ok")]
    assert said in outcome.out
    assert outcome.out.splitlines()[-1] == "FAILED"
    assert bench.left() == []


def test_a_token_that_is_refused_makes_nothing(bench: Bench) -> None:
    environment = {**bench.environment(), "TOKEN": bench.token(exp=1)}
    outcome = bench.run(environment=environment)
    assert outcome.exit_code == 1
    assert outcome.steps() == [("issue", "FAILED")]
    assert "401 InvalidToken, RequestId " in outcome.out
    assert bench.stack.cloud.calls.snapshot() == {}


def test_a_token_without_a_scope_stops_where_it_is_needed(bench: Bench) -> None:
    environment = {**bench.environment(), "TOKEN": bench.token(scope="vod:upload")}
    outcome = bench.run(environment=environment)
    assert outcome.steps()[-2:] == [("refresh", "FAILED"), ("delete", "ok")]
    assert "403 Forbidden" in outcome.out
    assert bench.left() == []


def test_a_video_whose_id_never_came_is_found_and_deleted(bench: Bench) -> None:
    faults = bench.stack.cloud.faults
    faults.set(service="vod", action="CreateUploadVideo", kind="wrong_type", count=1)
    refuse(bench, "vod", "GetVideoInfo")
    outcome = bench.run()
    assert outcome.exit_code == 1
    assert outcome.steps() == [("issue", "FAILED"), ("delete", "ok")]
    assert bench.stack.cloud.calls.snapshot()["vod"]["DeleteVideo"] == 1
    assert bench.left() == []


def test_a_passing_fault_is_waited_out(bench: Bench) -> None:
    bench.stack.cloud.faults.set(
        service="vod", action="CreateUploadVideo", kind="throttle", count=1
    )
    outcome = bench.run()
    assert outcome.exit_code == 0, outcome.out
    assert bench.slept == [1]
    assert bench.left() == []


def test_a_deployment_that_does_not_answer(bench: Bench) -> None:
    outcome = bench.run(url="http://127.0.0.1:1")
    assert outcome.exit_code == 1
    assert outcome.steps()[0] == ("issue", "FAILED")
    assert "no answer (ConnectionError)" in outcome.out
    assert "VOD lists no video titled vodpass-smoke-" in outcome.out


def test_a_video_that_does_not_become_playable_in_time(transcoding: Bench) -> None:
    outcome = transcoding.run("--wait", "3")
    assert outcome.exit_code == 1
    assert outcome.steps()[-2:] == [("play", "FAILED"), ("delete", "ok")]
    assert "still Transcoding after 3 s" in outcome.out
    assert transcoding.left() == []


def test_other_bytes_than_were_uploaded(bench: Bench) -> None:
    spoiled: list[StoredObject] = []

    def spoil(stored: StoredObject) -> None:
        if not spoiled:
            spoiled.append(stored)
            stored.path.write_bytes(b"y" * stored.size)

    bench.stack.cloud.storage.on_stored(spoil)
    outcome = bench.run()
    assert outcome.steps()[-2:] == [("redeem", "FAILED"), ("delete", "ok")]
    assert "another than the one that was uploaded" in outcome.out
    assert bench.left() == []


def test_a_deletion_is_tried_again(bench: Bench) -> None:
    refuse(bench, "vod", "DeleteVideo", count=2)
    outcome = bench.run()
    assert outcome.exit_code == 0, outcome.out
    assert bench.left() == []


def test_what_cannot_be_deleted_is_said(bench: Bench) -> None:
    refuse(bench, "vod", "DeleteVideo")
    outcome = bench.run()
    assert outcome.exit_code == 1
    (media,) = bench.stack.cloud.vod.library.all()
    assert f"VideoId {media.video_id} MAY BE LEFT, delete it by hand: InternalError" in outcome.out


def test_a_key_that_may_not_delete_is_said_too(bench: Bench) -> None:
    nobody = bench.stack.cloud.ram.add_user("nobody")
    environment = {
        **bench.environment(),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": nobody.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": nobody.access_key_secret,
    }
    outcome = bench.run(environment=environment)
    assert outcome.exit_code == 1
    assert "MAY BE LEFT, delete it by hand: Forbidden.RAM" in outcome.out


def test_an_interruption_cleans_up_too(transcoding: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(transcoding, "sleep", interrupted)
    outcome = transcoding.run()
    assert outcome.exit_code == 1
    assert outcome.steps()[-1] == ("delete", "ok")
    assert "interrupted" in outcome.err
    assert transcoding.left() == []
