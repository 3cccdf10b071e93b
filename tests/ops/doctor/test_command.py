"""How the doctor is run: where settings come from, what the exit code says."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from local.stack import PROJECT
from ops.doctor.command import main
from tests.ops.doctor.conftest import Hospital


def settings(hospital: Hospital) -> dict[str, str]:
    """Every variable of every function, as in a shell after `. ./.env`."""
    found: dict[str, str] = {"VODPASS_NAME": "vodpass", "VODPASS_EVENT_QUEUE": "q"}
    for resource in hospital.document["resources"].values():
        found |= resource["props"]["environmentVariables"]
    return found


def rehearsal(hospital: Hospital) -> list[str]:
    return ["--url", hospital.stack.url, "--endpoint", hospital.stack.cloud.endpoint]


def test_as_it_is_run_in_a_pipe(hospital: Hospital) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.doctor", "--json", *rehearsal(hospital)],
        input=json.dumps(hospital.document),
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **hospital.environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["findings"] == []
    assert done.stderr == ""


def test_settings_of_the_process(hospital: Hospital, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {**hospital.environment, **settings(hospital)}
    assert main(["--settings", "env", *rehearsal(hospital)], environment) == 0
    wrong = {**environment, "VODPASS_PLAY_MAX_TIMEOUT": "5", "VODPASS_TYPO": "x"}
    assert main(["--settings", "env", *rehearsal(hospital)], wrong) == 1
    text = capsys.readouterr().out
    assert "VODPASS_TYPO of upload, refresh, play, sts, events, watch" in text
    hospital.holds_no_secret(text)


def test_settings_of_the_process_without_events(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS", "VODPASS_WATCH", "VODPASS_CLEANUP")
    environment = {k: v for k, v in settings(hospital).items() if k not in names}
    assert main(["--settings", "env", "--no-account", "--json"], environment) == 0
    report = json.loads(capsys.readouterr().out)
    sound = {one["subject"] for one in report["sound"]}
    assert sound == {"upload", "refresh", "play", "sts"}
    assert {"s.yaml", "account", "functions"} <= {one["subject"] for one in report["not_checked"]}


def test_a_cloud_that_does_not_answer_is_no_sound_deployment(hospital: Hospital) -> None:
    arguments = ["--endpoint", "127.0.0.1:1"]
    path = hospital.folder / "rendered.json"
    path.write_text(json.dumps(hospital.document))
    assert main(["--settings", str(path), *arguments], hospital.environment) == 2


@pytest.mark.parametrize(
    ("given", "arguments", "said"),
    [
        ("{}", [], "not what `s preview"),
        ("not json", [], "not what `s preview"),
        ('{"resources": {"other": {"props": {}}}}', [], "no resource is one of"),
        ("{}", ["--settings", "/nowhere"], "cannot be read"),
        ("{}", ["--url", "http://vod.example.com"], "must be https"),
        ("{}", ["--url", "https://vod.example.com/?a=b"], "without a query"),
        ("{}", ["--at", "watch=https://vod.example.com"], "a function is one of"),
        ("{}", ["--token-env", "NOWHERE"], "NOWHERE, which --token-env names, is not set"),
    ],
)
def test_what_cannot_be_run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    assert main(["--no-account", *arguments], {}) == 2
    assert said in capsys.readouterr().err


def test_a_key_is_needed_or_left_out_in_words(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(hospital.document)))
    assert main([], {"ALIBABA_CLOUD_ACCESS_KEY_ID": "x"}) == 2
    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET: not set" in capsys.readouterr().err


def test_a_secret_in_the_wrong_place_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--token", "eyJsecret"], ["eyJsecret"], ["--endpoint", "eyJsecret"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments, {})
        assert ended.value.code == 2
        assert "eyJ" not in capsys.readouterr().err


def test_the_clients_are_kept_from_printing_what_they_send(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBUG", "sdk")
    examined: Any = hospital.examine()
    assert examined.exit_code == 0
    assert "Authorization" not in examined.printed
