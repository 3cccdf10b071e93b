"""The vendor's clients for Node."""

from __future__ import annotations

import base64
import io
import shutil
import zipfile
from pathlib import Path

import pytest

from clients.conftest import BUCKET, HERE, INSTALLED, Run
from clients.front import Front
from fakealiyun import FakeCloud

MODULES = INSTALLED / "node" / "node_modules"


def script(name: str) -> list[str]:
    """The command that runs a script with the vendor's clients."""
    node = shutil.which("node")
    assert node is not None, "there is no Node on this machine"
    assert MODULES.exists(), "the clients are not installed: make test-clients does that"
    return [node, str(HERE / "node" / f"{name}.cjs")]


def with_modules(**more: str) -> dict[str, str]:
    """The environment in which a script finds the clients."""
    return {"NODE_PATH": str(MODULES), **more}


@pytest.mark.parametrize("signature", ["v1", "v4"])
@pytest.mark.parametrize("form", ["address", "path"])
def test_ali_oss(run: Run, cloud: FakeCloud, form: str, signature: str) -> None:
    """To an IP address, it sends `BUCKET.oss-REGION.aliyuncs.com` as Host."""
    told = run(script("oss"), **with_modules(FORM=form, SIGNATURE=signature))
    assert told == {
        "location": "oss-cn-shanghai",
        "read": "content",
        "head": [200, {"a": "1"}],
        "told": 1,
        "same": True,
        "signed": "content",
        "tags": {"k": "v"},
        "rules": 1,
        "keys": ["film", "film-2", "film-3", "stream", "目录/a b+c.mp4"],
        "stat": "5",
        "absent": [404, "NoSuchKey"],
    }
    assert {bucket.name for bucket in cloud.storage.buckets()} == {BUCKET, cloud.vod.bucket}
    assert [stored.key for stored in cloud.storage.objects(BUCKET)] == ["by-session"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pop_core_and_ali_oss(run: Run, movie: Path, method: str) -> None:
    assert run(script("upload"), **with_modules(METHOD=method)) == {
        "title": True,
        "status": "Normal",
        "playAuth": 8,
        "size": movie.stat().st_size,
        "absent": "InvalidVideo.NotFound",
        "identity": "AssumedRoleUser",
    }


def test_sts_sdk_and_sts20150401(run: Run, front: Front) -> None:
    trusted = {"TLS_ENDPOINT": front.endpoint, "NODE_EXTRA_CA_CERTS": str(front.certificate)}
    told = run(script("sts"), **with_modules(**trusted))
    assert all(key.startswith("STS.") for key in told.pop("keys"))
    assert told == {"who": ["RAMUser", "RAMUser"], "absent": "EntityNotExist.Role"}


def test_openapi_client(run: Run) -> None:
    told = run(script("generic"), **with_modules())
    assert told == {"status": "Uploading", "refused": "Forbidden.IllegalStatus"}


def test_mns(run: Run, cloud: FakeCloud) -> None:
    assert run(script("mns"), **with_modules()) == {
        "codes": [201, 204, 200, 201, 200, 200, 200, 204, 201, 200, 204, 204],
        "VisibilityTimeout": "60",
        "bodies": ["电影", "电影", "one", "two"],
        "empty": "MNSMessageNotExistError",
    }
    assert cloud.queues.all() == []


def test_fc20230330(run: Run, cloud: FakeCloud) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 'hello'\n")
    told = run(script("fc"), **with_modules(ZIP=base64.b64encode(packed.getvalue()).decode()))
    assert told == {
        "handler": "index.handler",
        "listed": ["made-by-node"],
        "triggers": ["http"],
        "absent": "FunctionNotFound",
    }
    assert cloud.fc.account.functions == {}
