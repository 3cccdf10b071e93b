"""All faults of the settings are named at once, by variable and without a value."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops import dot_env, setting_faults
from shared.config.uses import USES
from shared.config.variables import VARIABLES

PROJECT = Path(__file__).resolve().parents[2]
OWNER_KEY = "k1:" + "QUJD" * 11 + "QQ=="
JWKS = json.dumps({"keys": [{"kty": "oct", "kid": "a", "alg": "HS256", "k": "QUJD" * 12}]})
SOUND = {
    "VODPASS_REGION": "cn-shanghai",
    "VODPASS_JWT_KEYS": JWKS,
    "VODPASS_JWT_ISSUER": "https://login.example.com",
    "VODPASS_JWT_AUDIENCE": "vodpass",
    "VODPASS_ISSUER_ALIAS": "main",
    "VODPASS_OWNER_KEYS": OWNER_KEY,
}


def test_a_sound_environment_has_no_fault() -> None:
    assert setting_faults.of_function(SOUND, USES["upload"]) == {}


def test_every_fault_of_a_function_is_found_at_once() -> None:
    wrong = {
        "VODPASS_REGION": "cn-hangzhou",
        "VODPASS_JWT_KEYS": "replace me",
        "VODPASS_JWT_ISSUER": "replace me",
        "VODPASS_OWNER_KEYS": "k1:c2hvcnQ=",
        "VODPASS_CORS_ORIGINS": "*",
        "VODPASS_UPLOAD_WINDOW": "5",
        "VODPASS_MAX_FILE_SIZE": "many",
        "VODPASS_CATE_ID": "seven",
        "VODPASS_ISUER_ALIAS": "main",
    }
    found = setting_faults.of_function(wrong, USES["upload"])
    # And two that are missing.
    assert set(found) == {*wrong, "VODPASS_JWT_AUDIENCE", "VODPASS_ISSUER_ALIAS"}
    for name in ("VODPASS_JWT_KEYS", "VODPASS_JWT_ISSUER"):
        assert found[name] == f"is still `replace me`: it must be {VARIABLES[name].allowed}"
    assert found["VODPASS_ISUER_ALIAS"] == (
        "is not a setting of vodpass (did you mean VODPASS_ISSUER_ALIAS?)"
    )
    assert found["VODPASS_JWT_AUDIENCE"].startswith("is not set: ")
    text = " ".join(found.values())
    for value in ("cn-hangzhou", "c2hvcnQ", "seven", "many"):
        assert value not in text


def test_every_fault_between_variables_is_found_at_once() -> None:
    role = "acs:ram::1234567890123456:role/vodpass-client-oss"
    wrong = {
        **{name: SOUND[name] for name in SOUND if name in USES["sts"]},
        "VODPASS_JWT_JWKS_URL": "https://login.example.com/keys",
        "VODPASS_STS_OSS_ROLE": role,
    }
    found = setting_faults.of_function(wrong, USES["sts"])
    assert set(found) == {"VODPASS_OSS_BUCKET", "VODPASS_OSS_PREFIX", "VODPASS_JWT_JWKS_URL"}
    without = {name: value for name, value in SOUND.items() if name != "VODPASS_JWT_KEYS"}
    assert set(setting_faults.of_function(without, USES["play"])) == {"VODPASS_JWT_KEYS"}


def test_a_wrong_variable_is_not_also_called_missing() -> None:
    given = {name: value for name, value in SOUND.items() if name != "VODPASS_JWT_KEYS"}
    given["VODPASS_JWT_JWKS_URL"] = "http://login.example.com/keys"
    found = setting_faults.of_function(given, USES["upload"])
    assert list(found) == ["VODPASS_JWT_JWKS_URL"]
    assert found["VODPASS_JWT_JWKS_URL"].startswith("must be an https URL")
    given["VODPASS_JWT_JWKS_URL"] = "replace me"
    assert set(setting_faults.of_function(given, USES["upload"])) == {"VODPASS_JWT_JWKS_URL"}


def test_a_name_that_only_s_reads_is_known() -> None:
    environ = {"VODPASS_NAME": "", "VODPASS_DOMAIN": "", "VODPASS_OWNERKEYS": "", "HOME": ""}
    assert setting_faults.unknown_in(environ) == {
        "VODPASS_OWNERKEYS": "is not a setting of vodpass (did you mean VODPASS_OWNER_KEYS?)"
    }


def test_dot_env_is_read_as_s_reads_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        '# a comment\nA=1\nexport B = two words  # not this\nC=\'{"a": "#1"}\'\n'
        'D="one\\ntwo"\nE=\n\nF: 5\nG=`x`\nnot a line\n'
    )
    assert dot_env.read(path) == {
        "A": "1",
        "B": "two words",
        "C": '{"a": "#1"}',
        "D": "one\ntwo",
        "E": "",
        "F": "5",
        "G": "x",
    }
    assert dot_env.read(tmp_path / "none") == {}


def check(folder: Path, stdin: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `ops.s_yaml` without installed packages, in a folder that may have a `.env`."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "ops.s_yaml"],
        input=stdin,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


S_FAILED = """

Error Message:
anonymous:1:1
 >> 1| ${env('VODPASS_JWT_ISSUER')}

RuntimeError: env('VODPASS_JWT_ISSUER') not found

A complete log of this run can be found in: /home/x/.s/logs/1
"""


def test_a_failed_preview_is_explained_with_all_faults_of_dot_env(tmp_path: Path) -> None:
    lines = {
        "VODPASS_JWT_KEYS": "'replace me'",
        "VODPASS_JWT_ISSUER": "",
        "VODPASS_JWT_AUDIENCE": "vodpass",
        "VODPASS_ISSUER_ALIAS": "'Not Allowed'",
        "VODPASS_OWNER_KEYS": "k1:c2hvcnQ=",
        "VODPASS_CALLBACK_KEYS": "onlylowercase",
        "VODPASS_CALLBACK_URL": "https://example.com/short",
        "VODPASS_WEBHOOK_SECRETS": "whsec_c2hvcnQ=",
        "VODPASS_UPLOAD_WINDOW": "5",
        "VODPASS_CLEANUP": "yes",
        "VODPASS_WACTH": "expiring",
    }
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    done = check(tmp_path, S_FAILED)
    assert done.returncode == 1
    assert done.stdout.startswith("s.yaml: `s preview` failed:\n")
    assert "  RuntimeError: env('VODPASS_JWT_ISSUER') not found\n" in done.stdout
    assert "is not what" not in done.stdout
    named = [line.partition(":")[0] for line in done.stdout.splitlines() if line[:8] == "VODPASS_"]
    assert sorted(named) == sorted({*lines, "VODPASS_WEBHOOK_URL"} - {"VODPASS_JWT_AUDIENCE"})
    assert "c2hvcnQ" not in done.stdout
    assert "onlylowercase" not in done.stdout


def test_the_environment_goes_before_dot_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("VODPASS_CLEANUP=yes\n")
    assert "VODPASS_CLEANUP:" in check(tmp_path, S_FAILED).stdout
    assert "VODPASS_CLEANUP:" not in check(tmp_path, S_FAILED, VODPASS_CLEANUP="off").stdout


def test_a_message_of_s_that_quotes_a_setting_is_masked(tmp_path: Path) -> None:
    secret = "whsec_0123456789abcdef"
    (tmp_path / ".env").write_text(f"VODPASS_WEBHOOK_SECRETS={secret}\n")
    done = check(tmp_path, f"Error Message:\nunexpected {secret} in s.yaml\n")
    assert "unexpected <VODPASS_WEBHOOK_SECRETS> in s.yaml" in done.stdout
    assert secret not in done.stdout


@pytest.mark.parametrize("text", ["", "{", '{"a": "Error Message: secret'])
def test_other_input_is_not_repeated(tmp_path: Path, text: str) -> None:
    done = check(tmp_path, text)
    assert (done.returncode, done.stdout) == (
        1,
        "s.yaml: standard input is not what `s preview --silent -o json` prints\n",
    )
