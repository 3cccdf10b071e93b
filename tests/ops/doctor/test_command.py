"""The doctor's command line: where settings come from, and the exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.stack import PROJECT
from ops.doctor.command import main
from tests.ops.prose import english
from tests.support.doctor_target import DoctorTarget


def settings(target: DoctorTarget) -> dict[str, str]:
    """Every variable of every function, as in a shell after `. ./.env`."""
    found: dict[str, str] = {"VODPASS_NAME": "vodpass", "VODPASS_EVENT_QUEUE": "q"}
    for resource in target.document["resources"].values():
        found |= resource["props"]["environmentVariables"]
    return found


def rehearsal(target: DoctorTarget) -> list[str]:
    return ["--url", target.stack.url, "--endpoint", target.stack.cloud.endpoint]


def test_a_run_in_a_pipe(target: DoctorTarget) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.doctor", "--json", *rehearsal(target)],
        input=json.dumps(target.document),
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **target.environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["findings"] == []
    assert done.stderr == ""


def test_settings_of_the_process(target: DoctorTarget, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {**target.environment, **settings(target)}
    assert main(["--settings", "env", *rehearsal(target)], environment) == 0
    wrong = {**environment, "VODPASS_PLAY_MAX_TIMEOUT": "5", "VODPASS_TYPO": "x"}
    assert main(["--settings", "env", *rehearsal(target)], wrong) == 1
    text = capsys.readouterr().out
    assert "VODPASS_TYPO of upload, refresh, play, sts, events, watch" in text
    target.holds_no_secret(text)


def test_settings_of_the_process_without_events(
    target: DoctorTarget, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS", "VODPASS_WATCH", "VODPASS_CLEANUP")
    environment = {k: v for k, v in settings(target).items() if k not in names}
    assert main(["--settings", "env", "--no-account", "--json"], environment) == 0
    report = json.loads(capsys.readouterr().out)
    sound = {one["subject"] for one in report["sound"]}
    assert sound == {"upload", "refresh", "play", "sts"}
    assert {"s.yaml", "account", "functions"} <= {one["subject"] for one in report["not_checked"]}


def test_a_cloud_that_does_not_answer(target: DoctorTarget) -> None:
    arguments = ["--endpoint", "127.0.0.1:1"]
    path = target.folder / "rendered.json"
    path.write_text(json.dumps(target.document))
    assert main(["--settings", str(path), *arguments], target.environment) == 2


@pytest.mark.parametrize(
    ("given", "arguments", "said"),
    [
        ("{}", [], "not what `s preview"),
        ("not json", [], "not what `s preview"),
        ('{"resources": {"other": {"props": {}}}}', [], "no resource is one of"),
        ("{}", ["--settings", "/nowhere"], "cannot be read"),
        ("{}", ["--url", "http://vod.example.com"], "must be https"),
        ("{}", ["--url", "https://vod.example.com/?a=b"], "without a query"),
        (
            "{}",
            ["--at", "watch=https://vod.example.com"],
            "a function one of upload, refresh, play, sts, events",
        ),
        ("{}", ["--token-env", "NOWHERE"], "NOWHERE, which --token-env names, is not set"),
    ],
)
def test_arguments_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    assert main(["--no-account", *arguments], {}) == 2
    assert said in capsys.readouterr().err


def test_a_missing_key_is_named(
    target: DoctorTarget, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(target.document)))
    assert main([], {"ALIBABA_CLOUD_ACCESS_KEY_ID": "x"}) == 2
    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET: not set" in capsys.readouterr().err


def test_a_secret_in_the_wrong_place_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--token", "eyJsecret"], ["eyJsecret"], ["--endpoint", "eyJsecret"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments, {})
        assert ended.value.code == 2
        assert "eyJ" not in capsys.readouterr().err


def test_the_sdk_does_not_print_its_requests(
    target: DoctorTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBUG", "sdk")
    run: Any = target.check()
    assert run.exit_code == 0
    assert "Authorization" not in run.printed


def test_an_unknown_setting_in_dot_env_and_in_the_environment(
    target: DoctorTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(target.folder)
    (target.folder / ".env").write_text("VODPASS_NAME=a\nVODPASS_WACTH=expiring\n")
    try:
        run = target.check(
            "--no-account", environment={**target.environment, "VODPASS_CORS_ORIGIN": "x"}
        )
    finally:
        (target.folder / ".env").unlink()
    found = {one["subject"]: one["what"] for one in run.report["findings"]}
    assert found == {
        "VODPASS_WACTH in .env": (
            "VODPASS_WACTH is not a setting of vodpass (did you mean VODPASS_WATCH?)."
        ),
        "VODPASS_CORS_ORIGIN in the environment": (
            "VODPASS_CORS_ORIGIN is not a setting of vodpass (did you mean VODPASS_CORS_ORIGINS?)."
        ),
    }


def test_every_wrong_setting_is_found_in_one_run(target: DoctorTarget) -> None:
    wrong = {
        "VODPASS_ISSUER_ALIAS": "replace me",
        "VODPASS_JWT_ISSUER": "replace me",
        "VODPASS_OWNER_KEYS": "k1:c2hvcnQ=",
        "VODPASS_PLAY_MAX_TIMEOUT": "5",
        "VODPASS_WEBHOOK_SECRETS": "short",
    }
    run = target.check("--no-account", document=target.rendered(**wrong))
    settings = [one for one in run.report["findings"] if one["code"] == "setting"]
    assert sorted(one["subject"].partition(" of ")[0] for one in settings) == sorted(wrong)
    # No other finding repeats them, and neither the functions nor s.yaml are called sound.
    assert run.codes == {"setting"}
    sound = {one["subject"] for one in run.report["sound"]}
    assert not sound & {"s.yaml", *target.document["resources"]}


def test_a_function_that_the_check_of_s_yaml_refuses_is_not_sound(target: DoctorTarget) -> None:
    role = "acs:ram::1234567890123456:role/client"
    document = target.rendered(VODPASS_STS_PLAY_ROLE=role, VODPASS_STS_UPLOAD_ROLE=role)
    run = target.check("--no-account", document=document)
    assert "s-yaml" in run.codes
    sound = {one["subject"] for one in run.report["sound"]}
    assert "sts" not in sound
    assert "upload" in sound


def test_a_broken_account_in_chinese(
    target: DoctorTarget, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cloud = target.stack.cloud
    cloud.vod.callbacks.remove("app-1000000")
    cloud.ram.set_role_policies(
        "vodpass-play",
        {
            "Version": "1",
            "Statement": [{"Effect": "Allow", "Action": "vod:Get*", "Resource": "*"}],
        },
    )
    document = target.rendered(
        VODPASS_PLAY_MAX_TIMEOUT="5", VODPASS_STORAGE_LOCATION="b.oss-cn-beijing.aliyuncs.com"
    )
    path = tmp_path / "rendered.json"
    path.write_text(json.dumps(document))
    arguments = ["--settings", str(path), *rehearsal(target)]
    assert main([*arguments, "--language", "zh"], target.environment) == 1
    shown = capsys.readouterr()
    assert english(shown.out + shown.err) == []
    for said in (
        "错误：setting：play 的 VODPASS_PLAY_MAX_TIMEOUT",
        "问题 ",
        "影响 ",
        "修复 ",
        "错误：callback-unset：events",
        "未检查：",
        "正常：",
        "发现问题 ",
    ):
        assert said in shown.out, said
    target.holds_no_secret(shown.out)
    # The locale decides where no option does, and JSON has the same members in each language.
    assert main([*arguments, "--json"], {**target.environment, "LANG": "zh_CN.UTF-8"}) == 1
    chinese = json.loads(capsys.readouterr().out)
    assert main([*arguments, "--json", "--language", "en"], target.environment) == 1
    original = json.loads(capsys.readouterr().out)
    assert chinese.keys() == original.keys()
    assert re.search("[\u4e00-\u9fff]", str(chinese["findings"]))
    for one, other in zip(chinese["findings"], original["findings"], strict=True):
        assert one.keys() == other.keys()
        for name in ("code", "severity", "subject"):
            assert one[name] == other[name]


def test_without_a_deployment_it_says_why_in_chinese(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = ["--settings", str(tmp_path / "none.json"), "--language", "zh"]
    assert main(missing, {}) == 2
    assert capsys.readouterr().err == "无法运行：无法读取 --settings 指定的文件\n"
