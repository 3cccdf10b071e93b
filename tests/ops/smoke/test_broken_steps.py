"""Each step fails in turn: the smoke test names it, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from fakealiyun.oss.state import StoredObject
from tests.support.smoke_target import SmokeTarget


def refuse(target: SmokeTarget, service: str, action: str, **more: Any) -> None:
    """Let the cloud refuse these calls."""
    rule = {"status": 500, "code": "InternalError", "message": "not shown", "count": 9, **more}
    target.stack.cloud.faults.set(service=service, action=action, kind="error", **rule)


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
    target: SmokeTarget, step: str, service: str, action: str, said: str
) -> None:
    refuse(target, service, action)
    run = target.run()
    assert run.exit_code == 1
    assert run.steps()[-2:] == [(step, "FAILED"), ("delete", "ok")]
    assert said in run.out
    assert run.out.splitlines()[-1] == "FAILED"
    assert target.left() == []


def test_a_refused_token_creates_nothing(target: SmokeTarget) -> None:
    environment = {**target.environment(), "TOKEN": target.token(exp=1)}
    run = target.run(environment=environment)
    assert run.exit_code == 1
    assert run.steps() == [("issue", "FAILED")]
    assert "401 InvalidToken, RequestId " in run.out
    assert target.stack.cloud.calls.snapshot() == {}


def test_a_token_without_a_scope_fails_at_its_step(target: SmokeTarget) -> None:
    environment = {**target.environment(), "TOKEN": target.token(scope="vod:upload")}
    run = target.run(environment=environment)
    assert run.steps()[-2:] == [("refresh", "FAILED"), ("delete", "ok")]
    assert "403 Forbidden" in run.out
    assert target.left() == []


def test_a_video_whose_id_was_lost_is_found_and_deleted(target: SmokeTarget) -> None:
    faults = target.stack.cloud.faults
    faults.set(service="vod", action="CreateUploadVideo", kind="wrong_type", count=1)
    refuse(target, "vod", "GetVideoInfo")
    run = target.run()
    assert run.exit_code == 1
    assert run.steps() == [("issue", "FAILED"), ("delete", "ok")]
    assert target.stack.cloud.calls.snapshot()["vod"]["DeleteVideo"] == 1
    assert target.left() == []


def test_a_temporary_fault_is_retried(target: SmokeTarget) -> None:
    target.stack.cloud.faults.set(
        service="vod", action="CreateUploadVideo", kind="throttle", count=1
    )
    run = target.run()
    assert run.exit_code == 0, run.out
    assert target.slept == [1]
    assert target.left() == []


def test_a_deployment_that_does_not_answer(target: SmokeTarget) -> None:
    run = target.run(url="http://127.0.0.1:1")
    assert run.exit_code == 1
    assert run.steps()[0] == ("issue", "FAILED")
    assert "no answer (ConnectionError)" in run.out
    assert "VOD lists no video titled vodpass-smoke-" in run.out


def test_a_video_that_does_not_become_playable_in_time(transcoding: SmokeTarget) -> None:
    transcoding.stack.cloud.vod.adjust(transcode_seconds=600)
    run = transcoding.run("--wait", "3")
    assert run.exit_code == 1
    assert run.steps()[-2:] == [("play", "FAILED"), ("delete", "ok")]
    assert "still Transcoding after 3 s" in run.out
    assert transcoding.left() == []


def test_a_file_that_has_changed(target: SmokeTarget) -> None:
    changed: list[StoredObject] = []

    def change(stored: StoredObject) -> None:
        if not changed:
            changed.append(stored)
            stored.path.write_bytes(b"y" * stored.size)

    target.stack.cloud.storage.on_stored(change)
    run = target.run()
    assert run.steps()[-2:] == [("redeem", "FAILED"), ("delete", "ok")]
    assert "the downloaded file differs from the uploaded one" in run.out
    assert target.left() == []


def test_a_deletion_is_retried(target: SmokeTarget) -> None:
    refuse(target, "vod", "DeleteVideo", count=2)
    run = target.run()
    assert run.exit_code == 0, run.out
    assert target.left() == []


def test_a_video_that_cannot_be_deleted_is_named(target: SmokeTarget) -> None:
    refuse(target, "vod", "DeleteVideo")
    run = target.run()
    assert run.exit_code == 1
    (media,) = target.stack.cloud.vod.library.all()
    assert f"VideoId {media.video_id} MAY BE LEFT, delete it by hand: InternalError" in run.out


def test_a_key_that_may_not_delete(target: SmokeTarget) -> None:
    nobody = target.stack.cloud.ram.add_user("nobody")
    environment = {
        **target.environment(),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": nobody.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": nobody.access_key_secret,
    }
    run = target.run(environment=environment)
    assert run.exit_code == 1
    assert "MAY BE LEFT, delete it by hand: Forbidden.RAM" in run.out


def test_an_interruption_cleans_up_too(
    transcoding: SmokeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(transcoding, "sleep", interrupted)
    run = transcoding.run()
    assert run.exit_code == 1
    assert run.steps()[-1] == ("delete", "ok")
    assert "interrupted" in run.err
    assert transcoding.left() == []
