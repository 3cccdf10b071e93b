"""The command: its options, its environment variables, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakealiyun.__main__ import make_cloud, parse_arguments
from fakealiyun.ram.evaluation import AccessRequest, evaluate

POLICY = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "vod:*",
            "Resource": "acs:vod:*:${AccountId}:${Prefix}/*",
        }
    ],
}
TRUST = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"RAM": ["acs:ram::${AccountId}:root"]},
        }
    ],
}


@contextmanager
def command(folder: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """Run the command on a free port. Gives its URL, and checks that it stops cleanly."""
    words = [sys.executable, "-m", "fakealiyun", "--port", "0", *arguments]
    environment = {"PATH": os.environ["PATH"], **variables}
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.split(" at ")[1].split(",")[0]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_it_serves_until_it_is_stopped(tmp_path: Path) -> None:
    data = tmp_path / "data"
    words = ["--region", "cn-beijing", "--account-id", "42", "--data-dir", str(data)]
    with (
        command(tmp_path, *words, "--allow-deploy") as url,
        urllib.request.urlopen(f"{url}/_local/state") as answer,
    ):
        state = json.load(answer)
    assert (state["account"], state["region"]) == ("42", "cn-beijing")
    assert state["fc"]["allow_deploy"] is True


def test_roles_and_their_values(tmp_path: Path) -> None:
    role = tmp_path / "roles" / "uploader"
    role.mkdir(parents=True)
    (role / "policy.json").write_text(json.dumps(POLICY))
    (role / "trust.json").write_text(json.dumps(TRUST))
    words = [
        "--ram-dir",
        str(tmp_path / "roles"),
        "--ram-value",
        "Prefix=a/b",
        "--account-id",
        "42",
    ]
    cloud = make_cloud(parse_arguments(words), {})
    session = cloud.ram.session_principal(cloud.ram.role("uploader"), "test")
    key = cloud.identities.issue(session, cloud.ram.role("uploader").policies, 60)
    for resource, allowed in (("a/b/c", True), ("a/c", False)):
        request = AccessRequest("vod:GetVideoInfo", f"acs:vod:cn-shanghai:42:{resource}")
        assert evaluate(key, request).allowed is allowed


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ("LTAIlocaladmin", "local-admin-secret")),
        ({"FAKEALIYUN_ACCESS_KEY_ID": ""}, ("LTAIlocaladmin", "local-admin-secret")),
        ({"FAKEALIYUN_ACCESS_KEY_SECRET": "s3cret"}, ("LTAIlocaladmin", "s3cret")),
        (
            {"FAKEALIYUN_ACCESS_KEY_ID": "LTAImine", "FAKEALIYUN_ACCESS_KEY_SECRET": "s3cret"},
            ("LTAImine", "s3cret"),
        ),
        # The variables of the SDKs may hold the key of a real account.
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIreal", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "real"},
            ("LTAIlocaladmin", "local-admin-secret"),
        ),
    ],
)
def test_the_administrators_key(environment: Mapping[str, str], expected: tuple[str, str]) -> None:
    cloud = make_cloud(parse_arguments([]), environment)
    assert (cloud.admin.access_key_id, cloud.admin.access_key_secret) == expected
    cloud.reset()
    assert cloud.admin.access_key_secret == expected[1]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--account-id", "me"], "account_id: 1 to 20 digits are allowed"),
        (["--region", "Shanghai"], "region: expected a name such as cn-shanghai"),
        (["--map-host", "*"], "a mapped host must be a name with a dot"),
        (["--own-origin", "example.com"], "an origin must be http:// or https://"),
        (["--ram-dir", "missing"], "No such file or directory: 'missing'"),
        (["--port", "65536"], "expected a number from 0 to 65535"),
        (["--port", "-1"], "expected"),
        (["--ram-value", "Prefix"], "expected NAME=VALUE"),
        (["--ram-value", "=x"], "expected NAME=VALUE"),
    ],
)
def test_what_it_refuses(tmp_path: Path, arguments: list[str], reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fakealiyun", *arguments],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("key_id", ["STS.Nabc", "two words", "", "k" * 129])
def test_an_access_key_id_of_the_wrong_form(key_id: str) -> None:
    from fakealiyun import FakeCloud

    with pytest.raises(ValueError, match="admin_access_key_id"):
        FakeCloud(admin_access_key_id=key_id)


@pytest.mark.parametrize("secret", ["", "two\nlines"])
def test_a_secret_of_the_wrong_form(secret: str) -> None:
    from fakealiyun import FakeCloud

    with pytest.raises(ValueError, match="admin_access_key_secret"):
        FakeCloud(admin_access_key_secret=secret)


def test_verify_is_a_subcommand(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fakealiyun", "verify", "--only", "sts.role_absent"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("sts.role_absent (documented)\n")
    assert done.stdout.endswith("Nothing was sent. --run runs the probes.\n")
