"""The vendor's clients for Python, in an environment of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.conftest import BUCKET, HERE, INSTALLED, Run
from clients.front import Front
from fakealiyun import FakeCloud

PYTHON = INSTALLED / "python" / "bin" / "python"
SIGNATURES = pytest.mark.parametrize("signature", ["v1", "v4"])


def script(name: str) -> list[str]:
    """The command that runs a script with the vendor's clients."""
    assert PYTHON.exists(), "the clients are not installed: make test-clients does that"
    return [str(PYTHON), "-W", "ignore", str(HERE / "python" / f"{name}.py")]


def through(front: Front) -> dict[str, str]:
    """The environment of a client that goes through a proxy, as the standard library reads it."""
    certificate = str(front.certificate)
    return {
        "http_proxy": front.proxy,
        "https_proxy": front.proxy,
        "no_proxy": "127.0.0.1,localhost",
        "REQUESTS_CA_BUNDLE": certificate,
        "CERTIFICATE": certificate,
    }


def test_voduploadsdk(run: Run, cloud: FakeCloud, front: Front, movie: Path) -> None:
    told = run(script("vodupload"), **through(front))
    size = movie.stat().st_size
    videos = {media.video_id: media for media in cloud.vod.library.all()}
    assert set(videos) == {told["video"], told["in_parts"], told["playlist"]}
    first, second = videos[told["video"]], videos[told["in_parts"]]
    assert (first.title, first.tags, first.status, first.size) == (
        "电影 a film",
        "tag1,tag2",
        "Normal",
        size,
    )
    assert (second.title, second.status, second.size) == ("in parts", "Normal", size)
    stored = {one.key: one.size for one in cloud.storage.objects(cloud.vod.bucket)}
    folder = videos[told["playlist"]].key.rpartition("/")[0]
    assert {key: size for key, size in stored.items() if key.startswith(folder)} == {
        videos[told["playlist"]].key: stored[videos[told["playlist"]].key],
        f"{folder}/1.ts": 1880,
        f"{folder}/2.ts": 1880,
    }
    others = {one.media_id: one.status for one in cloud.vod.other_media.all()}
    assert others == {told["image"]: "Normal", told["attached"]: "Normal"}
    assert told["image_url"].startswith(f"{cloud.url}/")
    # It reports its progress for each part, without a signature.
    assert cloud.calls.snapshot()["vod"]["ReportUploadProgress"] > 4


def test_voduploadsdk_renews_an_expired_credential(
    run: Run, cloud: FakeCloud, front: Front
) -> None:
    cloud.faults.set("oss", "PutObject", "error", count=1, status=403, code="SecurityTokenExpired")
    told = run(script("vodupload"), **through(front))
    video = cloud.vod.library.get(told["video"])
    assert video is not None
    assert video.status == "Normal"
    assert cloud.calls.snapshot()["vod"]["RefreshUploadVideo"] == 1


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_aliyun_python_sdk_vod_and_sts(
    run: Run, cloud: FakeCloud, front: Front, movie: Path, protocol: str
) -> None:
    told = run(script("vod_core"), PROTOCOL=protocol, **through(front))
    assert len(told.pop("play_auth")) == 8
    assert told == {
        "status": "Normal",
        "size": movie.stat().st_size,
        "streams": 1,
        "listed": 1,
        "found": 1,
        "refusal": [404, "InvalidVideo.NotFound"],
        "session": f"{cloud.ram.roles['app'].arn}/old-core",
        "identity": "RAMUser",
    }
    assert cloud.vod.library.all() == []


def test_alibabacloud_vod_and_sts(run: Run, movie: Path) -> None:
    told = run(script("vod_new"))
    assert told == {"status": "Normal", "size": movie.stat().st_size, "title": "new"}


@SIGNATURES
def test_oss2(run: Run, cloud: FakeCloud, signature: str) -> None:
    assert run(script("oss2_storage"), SIGNATURE=signature) == {
        "buckets": True,
        "location": "oss-cn-shanghai",
        "read": "cont",
        "head": [7, "1", "1"],
        "exists": [True, False],
        "same": True,
        "length": 6,
        "signed": "signed",
        "keys": ["film", "film-2", "log", "signed", "目录/a b+c.mp4"],
        "objects": 5,
    }
    assert {bucket.name for bucket in cloud.storage.buckets()} == {BUCKET, cloud.vod.bucket}


def test_alibabacloud_oss_v2(run: Run, cloud: FakeCloud) -> None:
    assert run(script("oss_v2_storage")) == {
        "location": "oss-cn-shanghai",
        "read": "cont",
        "head": [7, "1"],
        "parts": "-4",
        "same": True,
        "written": "onetwo",
        "signed": "content",
        "keys": ["film", "film-2", "log", "目录/a b+c.mp4"],
        "exists": [True, False],
    }
    assert {bucket.name for bucket in cloud.storage.buckets()} == {BUCKET, cloud.vod.bucket}


def test_aliyun_mns_sdk(run: Run, cloud: FakeCloud) -> None:
    assert run(script("mns_queue")) == {
        "url": f"{cloud.url}/queues/made-by-mns",
        "same": True,
        "body": '{"EventType": "电影 <&>"}',
        "many": ["one", "two"],
        "empty": "MessageNotExist",
        "names": ["made-by-mns"],
        "timeout": 60,
    }
    assert cloud.queues.all() == []


def test_alibabacloud_fc(run: Run, cloud: FakeCloud) -> None:
    assert run(script("fc_function")) == {
        "runtime": "python3.10",
        "description": "changed",
        "triggers": ["http"],
        "listed": ["made-by-fc"],
        "refusal": [404, "FunctionNotFound"],
    }
    assert cloud.fc.account.functions == {}


def test_no_script_changes_a_client() -> None:
    """A client runs as it is installed: endpoint, proxy and certificate are its own settings."""
    for path in [*(HERE / "python").glob("*.py"), *(HERE / "node").glob("*.cjs")]:
        text = path.read_text("utf-8")
        for word in ("monkeypatch", "mock", "setattr(", ".prototype", "require.cache", "_client."):
            assert word not in text, f"{path.name}: {word}"
