"""Rehearses a whole deployment: bundle, calls of the deployment tool, README walk, removal."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import oss2
import pytest

from fakealiyun.testing.fc import Fc, FcReply, get, zipped_folder
from local.checkout_keys import load_keys
from local.stack import Stack
from tests.local.deployed.tool import Tool
from tests.support.code_under_test import CodeUnderTest

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"


class Rehearsal:
    """The functions of s.yaml with the packages that would be deployed."""

    def __init__(self, stack: Stack, packages: Mapping[str, bytes]) -> None:
        self.stack = stack
        self.packages = packages
        props = stack.gateway.deployment.props
        self.tools = {name: Tool(stack.cloud, props[name]) for name in packages}

    def token(self, user: str) -> str:
        asked = json.dumps({"sub": user, "vod": {"play": ["own"], "sts": ["vod-upload"]}})
        answer = get(
            f"{self.stack.url}/_local/token",
            "POST",
            asked.encode(),
            {"Content-Type": "application/json"},
        )
        return str(json.loads(answer.body)["token"])

    def call(self, url: str, user: str, body: Mapping[str, Any] | None = None) -> FcReply:
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        if body is None:
            return get(url, headers=headers)
        headers["Content-Type"] = "application/json"
        return get(url, "POST", json.dumps(body).encode(), headers)

    def running(self) -> list[str]:
        found = json.loads(get(f"{self.stack.url}/_local/instances").body)["instances"]
        names = {tool.name for tool in self.tools.values()}
        return [one["function"] for one in found if one["function"] in names]


@pytest.fixture(scope="module")
def rehearsal(
    bundle: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsal]:
    packages = {path.name: zipped_folder(path) for path in bundle.folder.iterdir() if path.is_dir()}
    keys = load_keys(tmp_path_factory.mktemp("keys"))
    with bundle.stack(keys=keys, allow_deploy=True) as stack:
        yield Rehearsal(stack, packages)


def test_a_whole_deployment_from_bundle_to_removal(rehearsal: Rehearsal) -> None:
    stack, tools = rehearsal.stack, rehearsal.tools
    assert sorted(tools) == ["events", "play", "refresh", "sts", "upload", "watch"]
    assert not any(found for tool in tools.values() for found in tool.plan().values())

    urls = {}
    for name, tool in tools.items():
        info = tool.deploy(rehearsal.packages[name])
        assert info["state"] == "Active"
        assert info["role"].endswith(f":role/vodpass-{name}")
        urls[name] = info.get("url")
    assert urls["upload"] == f"{stack.url}/vodpass-upload"
    assert urls["watch"] is None
    assert sorted(Fc(stack.cloud).names()) == [f"vodpass-{name}" for name in sorted(tools)]

    walk(rehearsal, urls)

    before = tools["play"].info()
    again = tools["play"].deploy(rehearsal.packages["play"])
    assert again["codeChecksum"] == before["codeChecksum"]
    assert again["functionId"] == before["functionId"]

    folders = [function.package.folder for function in stack.cloud.fc.account.functions.values()]
    assert all(folder.is_dir() for folder in folders)
    for tool in tools.values():
        tool.remove()
    assert Fc(stack.cloud).names() == []
    assert not any(folder.exists() for folder in folders)
    bucket = "fc-temporary-code-cn-shanghai"
    # The code package that the second deployment of `play` replaced is deleted with its key.
    assert len(stack.cloud.storage.objects(bucket)) == 1
    stack.cloud.clock.advance(3601)
    assert stack.cloud.storage.objects(bucket) == []
    assert [get(url).status for url in urls.values() if url] == [404] * 5
    assert rehearsal.running() == []


def walk(rehearsal: Rehearsal, urls: Mapping[str, Any]) -> None:
    """Follow the README walk, against the deployed functions."""
    begun = rehearsal.call(urls["upload"], "alice", {"FileName": "film.mp4"})
    assert begun.status == 200, begun.body
    video = json.loads(begun.body)["VideoId"]
    rehearsal.stack.cloud.clock.advance(3001)
    # Below the URL, as behind a domain.
    renewed = rehearsal.call(f"{urls['refresh']}/refresh", "alice", {"VideoId": video})
    assert renewed.status == 200, renewed.body
    put(json.loads(renewed.body))
    played = rehearsal.call(f"{urls['play']}?VideoId={video}", "alice")
    assert json.loads(played.body)["VideoMeta"]["Status"] == "Normal"
    stranger = rehearsal.call(f"{urls['play']}?VideoId={video}", "bob")
    assert (stranger.status, stranger.code) == (404, "VideoNotFound")
    session = rehearsal.call(urls["sts"], "alice", {"Purpose": "vod-upload"})
    assert json.loads(session.body)["AccessKeyId"].startswith("STS.")
    assert get(urls["events"], "POST", b"{}").status in (400, 401, 403)
    ticked = rehearsal.tools["watch"].invoke(
        b'{"triggerTime": "2026-11-24T00:00:00Z", "triggerName": "timer", "payload": ""}'
    )
    assert ticked.status_code == 200
    assert "x-fc-error-type" not in ticked.headers
    log = base64.b64decode(ticked.headers["x-fc-log-result"]).decode()
    assert "FC Invoke End RequestId" in log


def put(issued: Mapping[str, Any]) -> None:
    address = json.loads(base64.b64decode(issued["UploadAddress"]))
    auth = json.loads(base64.b64decode(issued["UploadAuth"]))
    key = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
    bucket = oss2.Bucket(key, address["Endpoint"], address["Bucket"])
    bucket.put_object(address["FileName"], MP4)
