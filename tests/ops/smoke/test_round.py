"""A round against a sound deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.smoke.command import main
from ops.smoke.sample import mp4
from tests.ops.smoke.conftest import Bench

STEPS = ["issue", "upload", "refresh", "resume", "play", "redeem", "delete"]


def test_passes_and_leaves_nothing(bench: Bench) -> None:
    outcome = bench.run()
    assert outcome.exit_code == 0, outcome.out
    assert outcome.steps() == [(step, "ok") for step in STEPS]
    assert outcome.out.splitlines()[-1] == "passed"
    calls = bench.stack.cloud.calls.snapshot()
    assert calls["vod"] == {
        "CreateUploadVideo": 1,
        "RefreshUploadVideo": 1,
        "GetVideoInfo": 3,
        "GetVideoPlayAuth": 1,
        "GetPlayInfo": 1,
        "DeleteVideo": 1,
    }
    assert bench.left() == []


def test_each_step_names_its_request(bench: Bench) -> None:
    lines = bench.run().out.splitlines()
    for step in ("issue", "upload", "refresh", "resume", "play", "delete"):
        line = next(one for one in lines if one.startswith(step))
        assert "RequestId " in line
    assert "VideoId " in lines[0]
    assert "the same 308434 bytes" in next(one for one in lines if one.startswith("redeem"))


def test_waits_for_a_transcode_as_long_as_it_is_told(transcoding: Bench) -> None:
    outcome = transcoding.run()
    assert outcome.exit_code == 0, outcome.out
    assert ("play", "waits") in outcome.steps()
    assert transcoding.slept
    assert transcoding.left() == []


def test_takes_the_token_from_standard_input(bench: Bench, standard_input: Any) -> None:
    standard_input(bench.token() + "\n")
    arguments = [bench.stack.url, "--endpoint", bench.stack.cloud.endpoint]
    assert main(arguments, bench.environment()) == 0
    assert bench.left() == []


@pytest.mark.parametrize("size", [50_000, 150_000])
def test_takes_a_file_and_urls_of_single_functions(bench: Bench, tmp_path: Path, size: int) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(mp4(size))
    url = bench.stack.url
    outcome = bench.run(
        "--file", str(path), "--at", f"upload={url}/upload", "--at", f"play={url}/play"
    )
    assert outcome.exit_code == 0, outcome.out
    assert f"the same {size} bytes" in outcome.out


def test_keeps_the_video_if_told(bench: Bench) -> None:
    outcome = bench.run("--keep", environment={"TOKEN": bench.token()})
    assert outcome.exit_code == 0
    assert outcome.steps()[-1] == ("delete", "kept")
    (media,) = bench.stack.cloud.vod.library.all()
    assert media.video_id in outcome.out


@pytest.mark.parametrize("missing", ["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "TOKEN"])
def test_does_not_begin_what_it_cannot_end(bench: Bench, missing: str) -> None:
    environment = bench.environment()
    del environment[missing]
    outcome = bench.run(environment=environment)
    assert outcome.exit_code == 2
    assert missing in outcome.err
    assert "CreateUploadVideo" not in bench.stack.cloud.calls.snapshot().get("vod", {})


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
def test_refuses_what_it_cannot_do(
    bench: Bench, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--token-env", "TOKEN"], bench.environment()) == 2
    assert "could not begin" in capsys.readouterr().err


def test_repeats_no_argument(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([bench.stack.url, "--token", bench.token()])
    assert ended.value.code == 2
    assert "eyJ" not in capsys.readouterr().err
