"""The control routes, and the cloud as a whole: start, reset, stop."""

from __future__ import annotations

import asyncio
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.coverage import PAGE, page
from fakealiyun.testing.vod import MP4, Vod, post_control, rpc, send


def test_the_clock_is_shown_and_moved(cloud: FakeCloud) -> None:
    before = send(cloud, "GET", "/_local/clock").json()
    assert before["offset"] == 0
    assert before["cloud"] == before["wall"]
    after = post_control(cloud, "clock", {"advance": 3001.5}).json()
    assert after["offset"] == 3001.5
    assert after["cloud"] - after["wall"] == 3001.5
    assert cloud.clock.offset == 3001.5


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance": "10"},
        {"advance": True},
        {"advance": None},
        {"advance": -1},
        {"advance": 10**12},
        {"advance": 10**400},
        {"advance": 1e308},
        {"advance": 1, "back": 1},
        {"Advance": 1},
    ],
)
def test_a_clock_call_that_is_refused(cloud: FakeCloud, body: dict[str, Any]) -> None:
    answer = post_control(cloud, "clock", body)
    assert answer.status == 400
    assert cloud.clock.offset == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"service": "vod"},
        {"service": "ecs", "kind": "error"},
        {"service": "vod", "kind": "explode"},
        {"service": "vod", "kind": "error", "count": 0},
        {"service": "vod", "kind": "error", "count": "1"},
        {"service": "vod", "kind": "error", "count": True},
        {"service": "vod", "kind": "error", "status": 200},
        {"service": "vod", "kind": "error", "status": "500"},
        {"service": "vod", "kind": "error", "self": 1},
        {"service": "vod", "kind": "slow", "seconds": 1e9},
        {"service": "vod", "kind": "slow", "seconds": True},
        {"service": "vod", "kind": "reset_before", "status": 500},
        {"service": "vod", "kind": "error", "message": "two\r\nlines"},
        {"service": "vod", "kind": "error", "message": "m" * 300},
        {"service": "vod", "kind": ["error"]},
        {"service": "vod", "kind": "error", "action": "../x"},
        {"service": "vod", "kind": "error", "action": 7},
        {"clear": False},
        {"clear": True, "service": "vod"},
    ],
)
def test_a_fault_that_is_refused(cloud: FakeCloud, body: dict[str, Any]) -> None:
    assert post_control(cloud, "faults", body).status == 400
    assert cloud.faults.pending() == []


def test_faults_are_set_shown_and_cleared(cloud: FakeCloud) -> None:
    rule = {
        "service": "vod",
        "action": "GetVideoInfo",
        "kind": "throttle",
        "count": 3,
        "retry_after": 50,
    }
    assert post_control(cloud, "faults", rule).json() == {"faults": [rule]}
    assert send(cloud, "GET", "/_local/faults").json() == {"faults": [rule]}
    assert post_control(cloud, "faults", {"clear": True}).json() == {"faults": []}


def test_the_state_shows_no_secret(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create(reference_id="mark-0001")
    upload.put()
    upload.bucket().init_multipart_upload(upload.key)
    vod.call("get_video_play_auth", video_id=upload.video_id)
    vod.refused("get_video_info", video_id="0" * 32)
    answer = send(cloud, "GET", "/_local/state")
    state = answer.json()
    (media,) = state["vod"]["media"]
    assert (media["VideoId"], media["ReferenceId"]) == (upload.video_id, "mark-0001")
    assert (media["Status"], media["Size"]) == ("Normal", len(MP4))
    assert state["calls"]["vod"] == {
        "CreateUploadVideo": 1,
        "GetVideoPlayAuth": 1,
        "GetVideoInfo": 1,
    }
    assert state["calls"]["oss"] == {"PutObject": 1, "InitiateMultipartUpload": 1}
    credentials = state["vod"]["credentials"]
    assert [c["kind"] for c in credentials] == ["UploadAuth", "PlayAuth"]
    assert credentials[0]["AccessKeyId"] == upload.auth["AccessKeyId"]
    assert not credentials[0]["expired"]
    assert state["oss"][cloud.vod.bucket]["objects"][0]["key"] == upload.key
    known = [cloud.identities.find(c["AccessKeyId"]) for c in credentials]
    for credential in (*known, cloud.admin):
        assert credential is not None
        assert credential.access_key_secret.encode() not in answer.body
        assert (credential.security_token or "no token").encode() not in answer.body
    cloud.clock.advance(3601)
    later = send(cloud, "GET", "/_local/state").json()["vod"]["credentials"]
    assert [c["expired"] for c in later] == [True, True]


def test_without_calls_there_are_no_counters(cloud: FakeCloud) -> None:
    assert send(cloud, "GET", "/_local/state").json()["calls"] == {}
    assert cloud.calls.of("vod", "CreateUploadVideo") == 0


def test_every_path_reaches_a_service(cloud: FakeCloud) -> None:
    for path in ("/%0A", "/a%0Ab", "/%E2%80%A8", "/%00", "//", "/a//b", "/%2F", "/..", "/?"):
        answer = send(cloud, "GET", path)
        known = answer.headers.get("x-oss-request-id") or b"<Error>" in answer.body
        assert known, path


def test_reset_forgets_nonces(cloud: FakeCloud) -> None:
    for _ in range(2):
        assert rpc(cloud, cloud.admin, "GetVideoList", SignatureNonce="n").status == 200
        cloud.reset()


def test_a_body_is_stored_as_it_was_sent(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create()
    upload.bucket().put_object(upload.key, MP4, headers={"Content-Encoding": "gzip"})
    stored = cloud.storage.get(cloud.vod.bucket, upload.key)
    assert stored is not None
    assert stored.path.read_bytes() == MP4


def test_reset_goes_back_to_the_start(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create(reference_id="mark-0001")
    upload.put()
    cloud.clock.advance(100)
    cloud.faults.set("vod", "*", "error")
    assert post_control(cloud, "reset", {"all": True}).status == 400
    assert post_control(cloud, "reset", {}).json() == {}
    state = send(cloud, "GET", "/_local/state").json()
    assert not any(state["vod"].values()), "nothing of any kind is left"
    assert state["oss"] == {cloud.vod.bucket: {"objects": [], "uploads": []}}
    assert (state["calls"], state["faults"], state["clock"]["offset"]) == ({}, [], 0)
    again = vod.create(reference_id="mark-0001")
    again.put()
    body = vod.call("get_play_info", video_id=again.video_id)
    with urllib.request.urlopen(body["PlayInfoList"]["PlayInfo"][0]["PlayURL"]) as answer:
        assert answer.read() == MP4


def test_unknown_routes_and_methods(cloud: FakeCloud) -> None:
    for path in ("/_local", "/_local/", "/_local/x", "/_local/clock/", "/_local/state/x"):
        assert send(cloud, "GET", path).status == 404
    for method, path, allowed in (
        ("DELETE", "/_local/clock", "GET, POST"),
        ("POST", "/_local/state", "GET"),
        ("GET", "/_local/reset", "POST"),
        ("HEAD", "/_local/state", "GET"),
    ):
        answer = send(cloud, method, path)
        assert (answer.status, answer.headers["Allow"]) == (405, allowed)


def test_it_runs_inside_a_running_loop(tmp_path: Path) -> None:
    async def use() -> str:
        cloud = FakeCloud(data_dir=tmp_path / "data")
        await cloud.start()
        try:
            vod = Vod(cloud)
            video_id = await asyncio.to_thread(vod.normal)
            return await asyncio.to_thread(vod.status, video_id)
        finally:
            await cloud.stop()

    assert asyncio.run(use()) == "Normal"
    assert any((tmp_path / "data").rglob("*"))


def test_a_port_in_use_is_an_error(cloud: FakeCloud) -> None:
    with pytest.raises(OSError, match="address already in use"), FakeCloud(port=cloud.port):
        pass


def test_it_listens_on_loopback_only_and_leaves_nothing_behind() -> None:
    with FakeCloud() as cloud:
        folder = cloud.storage.folder
        assert cloud.endpoint.startswith("127.0.0.1:")
        Vod(cloud).normal()
        assert any(folder.iterdir())
    assert not folder.exists()


def test_two_clouds_do_not_know_each_other(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create()
    with FakeCloud() as other:
        stranger = cloud.identities.find(upload.auth["AccessKeyId"])
        refusal = Vod(other, stranger).refused("get_video_info", video_id=upload.video_id)
        assert refusal == (404, "InvalidAccessKeyId.NotFound")


def test_the_page_of_what_is_faked_is_current() -> None:
    with FakeCloud() as cloud:
        text = page(cloud)
    assert PAGE.read_text(encoding="utf-8") == text, "run python -m fakealiyun.coverage"
    for action in (*cloud.vod.operations, *cloud.sts.operations):
        assert f"### {action}\n" in text
