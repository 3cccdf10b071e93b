"""A cloud for each test, and how a client's script runs against it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.front import Front, serve
from fakealiyun import FakeCloud
from fakealiyun.ram.policy import Policy
from fakealiyun.testing.mp4 import film

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".clients"
"""Where `make test-clients` installs the clients."""
BUCKET = "kept-by-the-test"
SECONDS = 240  # for a script; nothing depends on how long it takes

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A cloud with the vendor's host names, a bucket, and a role that may do everything."""
    with FakeCloud(mapped_hosts=("*.aliyuncs.com",), allow_deploy=True) as cloud:
        cloud.storage.create_bucket(BUCKET, cloud.region)
        trusted = {"RAM": [f"acs:ram::{cloud.account_id}:root"]}
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        cloud.ram.put_role(
            "app",
            trust=Policy.parse_trust({"Version": "1", "Statement": [statement]}),
            policies=(Policy.parse({"Version": "1", "Statement": [everything]}),),
        )
        yield cloud


@pytest.fixture
def front(cloud: FakeCloud, tmp_path: Path) -> Iterator[Front]:
    """A proxy and an HTTPS server before the cloud, for clients that can use nothing else."""
    with serve(tmp_path, ("127.0.0.1", cloud.port)) as front:
        yield front


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """An MP4 of four parts of 100 KB."""
    path = tmp_path / "film.mp4"
    path.write_bytes(film(5, media=350_000))
    return path


@pytest.fixture
def run(cloud: FakeCloud, movie: Path, tmp_path: Path) -> Run:
    """Run a script, which must succeed. Returns the JSON object that it prints last."""

    def running(command: list[str], **more: str) -> dict[str, Any]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),  # caches and configuration of the machine play no part
            "ENDPOINT": cloud.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.admin.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud.admin.access_key_secret,
            "ACCOUNT_ID": cloud.account_id,
            "ROLE_ARN": cloud.ram.roles["app"].arn,
            "BUCKET": BUCKET,
            "FILM": str(movie),
            **more,
        }
        done = subprocess.run(
            command,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    return running
