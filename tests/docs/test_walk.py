"""The samples of the README, run as they are pasted, against `python -m local`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FILM = "tests/browser/media/sample.mp4"
README = (PROJECT / "README.md").read_text("utf-8")


def sample(language: str) -> str:
    """The README's one block in a language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return str(block)


def test_the_walk_works_as_pasted(ports: tuple[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail"],
        input=sample("bash"),
        cwd=PROJECT,
        env={**os.environ, "PORT": ports[0], "CLOUD_PORT": ports[1]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    begun, expired, put, alice, bob = done.stdout.splitlines()
    assert re.fullmatch(r"VideoId [0-9a-f]{32}", begun)
    assert expired == "PUT 403 SecurityTokenExpired"
    assert put == "PUT 200"
    played = json.loads(alice)
    assert played["PlayAuth"]
    assert played["VideoMeta"]["VideoId"] == begun.split()[1]
    assert played["VideoMeta"]["Status"] == "Normal"
    refused = json.loads(bob)
    assert (refused["status"], refused["Code"]) == (404, "VideoNotFound")


PAGE = """
const [VODPASS, token, sample] = process.argv.slice(1);
const lines = require("readline").createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (name, value) => console.log(JSON.stringify([name, value]));

// What the sample needs of Alibaba's uploader and player, with the names and arguments of theirs.
const AliyunUpload = {
  Vod: class {
    constructor(options) { this.options = options; }
    addFile(file) { this.info = { file, videoId: "" }; }
    startUpload() { this.options.onUploadstarted(this.info); }
    setUploadAuthAndAddress(info, UploadAuth, UploadAddress, VideoId) {
      info.videoId = VideoId;
      say("begun", { UploadAuth, UploadAddress, VideoId });
      this.options.onUploadTokenExpired(info);
    }
    resumeUploadWithAuth(UploadAuth) { say("resumed", { UploadAuth }); }
  },
};
class Aliplayer { constructor(options) { say("player", options); } }

const { upload, play } = new Function(
  "VODPASS", "token", "AliyunUpload", "Aliplayer", `${sample}; return { upload, play };`,
)(VODPASS, token, AliyunUpload, Aliplayer);

(async () => {
  upload({ name: "film.mp4" });
  for await (const videoId of lines) {
    await play(videoId).catch((error) => say("refused", error.message));
  }
})();
"""


def development_token(port: str, subject: str) -> str:
    """A token of `make run` for a user."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/_local/token",
        json.dumps({"sub": subject}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["token"])


def test_the_browsers_sample_uploads_refreshes_and_plays(ports: tuple[str, str]) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on this machine")
    url = f"http://127.0.0.1:{ports[0]}"
    page = subprocess.Popen(
        [node, "-e", PAGE, url, development_token(ports[0], "alice"), sample("js")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert page.stdin is not None
    assert page.stdout is not None
    with page:
        try:
            name, begun = json.loads(page.stdout.readline())
            assert name == "begun"
            name, resumed = json.loads(page.stdout.readline())
            assert name == "resumed"
            assert resumed["UploadAuth"] != begun["UploadAuth"]
            print(begun["VideoId"], file=page.stdin)
            assert json.loads(page.stdout.readline()) == ["refused", "VideoNotReady"]
            put = subprocess.run(
                [sys.executable, "docs/examples/put.py", FILM],
                input=json.dumps({**begun, **resumed}),
                cwd=PROJECT,
                capture_output=True,
                text=True,
                check=True,
            )
            assert put.stdout == "PUT 200\n"
            print(begun["VideoId"], file=page.stdin)
            name, player = json.loads(page.stdout.readline())
            assert (name, player["vid"]) == ("player", begun["VideoId"])
            assert player["playauth"]
        finally:
            page.kill()
