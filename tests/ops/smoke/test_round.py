"""A round against a faultless deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.smoke.command import main
from ops.smoke.sample import mp4
from tests.support.smoke_target import SmokeTarget

STEPS = ["issue", "upload", "refresh", "resume", "play", "redeem", "delete"]


def test_passes_and_leaves_nothing(target: SmokeTarget) -> None:
    run = target.run()
    assert run.exit_code == 0, run.out
    assert run.steps() == [(step, "ok") for step in STEPS]
    assert run.out.splitlines()[-1] == "passed"
    calls = target.stack.cloud.calls.snapshot()
    assert calls["vod"] == {
        "CreateUploadVideo": 1,
        "RefreshUploadVideo": 1,
        "GetVideoInfo": 3,
        "GetVideoPlayAuth": 1,
        "GetPlayInfo": 1,
        "DeleteVideo": 1,
    }
    assert target.left() == []


def test_each_step_names_its_request(target: SmokeTarget) -> None:
    lines = target.run().out.splitlines()
    for step in ("issue", "upload", "refresh", "resume", "play", "delete"):
        line = next(one for one in lines if one.startswith(step))
        assert "RequestId " in line
    assert "VideoId " in lines[0]
    assert "the same 308434 bytes" in next(one for one in lines if one.startswith("redeem"))


def test_waits_for_a_transcode(transcoding: SmokeTarget) -> None:
    run = transcoding.run()
    assert run.exit_code == 0, run.out
    assert ("play", "waits") in run.steps()
    assert transcoding.slept
    assert transcoding.left() == []


def test_reads_the_token_from_standard_input(target: SmokeTarget, standard_input: Any) -> None:
    standard_input(target.token() + "\n")
    arguments = [target.stack.url, "--endpoint", target.stack.cloud.endpoint]
    assert main(arguments, target.environment()) == 0
    assert target.left() == []


@pytest.mark.parametrize("size", [50_000, 150_000])
def test_accepts_a_file_and_urls_of_single_functions(
    target: SmokeTarget, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(mp4(size))
    url = target.stack.url
    run = target.run(
        "--file", str(path), "--at", f"upload={url}/upload", "--at", f"play={url}/play"
    )
    assert run.exit_code == 0, run.out
    assert f"the same {size} bytes" in run.out


def test_keeps_the_video_with_keep(target: SmokeTarget) -> None:
    run = target.run("--keep", environment={"TOKEN": target.token()})
    assert run.exit_code == 0
    assert run.steps()[-1] == ("delete", "kept")
    (media,) = target.stack.cloud.vod.library.all()
    assert media.video_id in run.out


@pytest.mark.parametrize("missing", ["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "TOKEN"])
def test_does_not_start_without_key_and_token(target: SmokeTarget, missing: str) -> None:
    environment = target.environment()
    del environment[missing]
    run = target.run(environment=environment)
    assert run.exit_code == 2
    assert missing in run.err
    assert "CreateUploadVideo" not in target.stack.cloud.calls.snapshot().get("vod", {})


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://vod.example.com", "--keep"],
        ["https://user:pass@vod.example.com", "--keep"],
        ["https://vod.example.com", "--keep", "--file", "/nowhere.mp4"],
        ["--at", "upload=https://vod.example.com/upload", "--keep"],
        ["https://vod.example.com", "--region", "cn-hangzhou"],
    ],
)
def test_refuses_wrong_arguments(
    target: SmokeTarget, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--token-env", "TOKEN"], target.environment()) == 2
    assert "could not begin" in capsys.readouterr().err


def test_repeats_no_argument(target: SmokeTarget, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([target.stack.url, "--token", target.token()])
    assert ended.value.code == 2
    assert "eyJ" not in capsys.readouterr().err
