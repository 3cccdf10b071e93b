"""The vendor's clients for Go and PHP, where they are installed. Elsewhere these are skipped.

Go: the package `golang-github-aliyun-aliyun-oss-go-sdk-dev` of Debian. PHP: a checkout of the SDK,
whose folder OSS_PHP_SDK names.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from clients.conftest import BUCKET, HERE, Run
from fakealiyun import FakeCloud

GOPATH = Path("/usr/share/gocode")
GO_SDK = GOPATH / "src" / "github.com" / "aliyun" / "aliyun-oss-go-sdk"


def test_go(run: Run, cloud: FakeCloud) -> None:
    go = shutil.which("go")
    if go is None or not GO_SDK.exists():
        pytest.skip("no Go, or no package golang-github-aliyun-aliyun-oss-go-sdk-dev")
    told = run([go, "run", str(HERE / "go" / "main.go")], GO111MODULE="off", GOPATH=str(GOPATH))
    assert told == {
        "location": "oss-cn-shanghai",
        "read": "content",
        "meta": "1",
        "same": True,
        "next": 3,
        "keys": ["copy of it", "film", "film-2", "log", "目录/a b+c.mp4"],
        "absent": [404, "NoSuchKey"],
    }
    assert {bucket.name for bucket in cloud.storage.buckets()} == {BUCKET, cloud.vod.bucket}


@pytest.mark.parametrize("signature", ["v1", "v4"])
def test_php(run: Run, cloud: FakeCloud, signature: str) -> None:
    php, sdk = shutil.which("php"), os.environ.get("OSS_PHP_SDK")
    if php is None or not sdk:
        pytest.skip("no PHP, or OSS_PHP_SDK is not set")
    told = run([php, str(HERE / "php" / "oss.php")], OSS_PHP_SDK=sdk, SIGNATURE=signature)
    assert told == {
        "location": "oss-cn-shanghai",
        "read": "content",
        "same": True,
        "signed": "content",
        "keys": ["film", "film-2", "目录/a b+c.mp4"],
        "absent": [404, "NoSuchKey"],
    }
    assert {bucket.name for bucket in cloud.storage.buckets()} == {BUCKET, cloud.vod.bucket}
