"""The pages of `docs/clients/`: their blocks run as they are shown, or the page says that they do
not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import Stack
from tests.browser.functions import token
from tests.browser.test_uploader import objects
from tests.support.files import PART

PROJECT = Path(__file__).resolve().parents[2]
PAGES = PROJECT / "docs" / "clients"
BASE = "https://vod.example.com"
RUN = {
    "go.md": 1,
    "harmony.md": 1,
    "java.md": 1,
    "node.md": 2,
    "php.md": 1,
    "python.md": 2,
    "react-native.md": 1,
    "web.md": 4,
    "wechat.md": 1,
}
"""Pages whose blocks are run, with how many there are besides those that install."""
INSTALLS = ("sh", "xml")


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of a page's blocks that are no installation."""
    text = (PAGES / page).read_text("utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(language, block) for language, block in found if language not in INSTALLS]


def block(page: str, number: int, stack: Stack) -> str:
    """A block that talks to the running functions."""
    text = blocks(page)[number][1]
    assert BASE in text
    return text.replace(BASE, stack.url)


def run_node(node: str, folder: Path, driver: str, *arguments: str) -> list[object]:
    """What a driver prints: a JSON value for each line."""
    (folder / "driver.mjs").write_text(driver, "utf-8")
    done = subprocess.run(
        [node, "driver.mjs", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_page_runs_or_says_that_it_does_not() -> None:
    for page in PAGES.glob("*.md"):
        not_run = "**Not run" in page.read_text("utf-8")
        assert not_run is (page.name not in RUN), page.name
        assert len(blocks(page.name)) == RUN.get(page.name, 1), page.name


def test_every_page_keeps_the_rules() -> None:
    for page in PAGES.glob("*.md"):
        if len(blocks(page.name)) == 1:
            [(_, text)] = blocks(page.name)
            assert "Idempotency-Key" in text, page.name
            assert "/refresh" in text, page.name
        install = re.search(r"^```(?:sh|xml)$", page.read_text("utf-8"), re.M)
        assert install or page.name in ("android.md", "harmony.md"), page.name


@pytest.mark.parametrize(
    ("number", "file"),
    [(1, "tests/clients/pages/official.js"), (2, "tests/browser/pages/uploader.js")],
)
def test_the_samples_for_the_official_uploader_are_those_that_are_tested(
    number: int, file: str
) -> None:
    source = (PROJECT / file).read_text("utf-8")
    _, tested, _ = re.split(r"^// ---\n", source, flags=re.MULTILINE)
    assert blocks("web.md")[number] == ("js", tested)


WEB = """
import { readFileSync } from "node:fs";
import { connect, send } from "./upload.mjs";
import { play } from "./play.mjs";

const [path, good, bad] = process.argv.slice(2);
globalThis.Aliplayer = class { constructor(options) { this.options = options; } };
const file = new File([readFileSync(path)], "my film.mp4");
const told = [];
const show = (fraction) => told.push(fraction);
const vodpass = connect(() => good);
const videoId = await send(vodpass, file, { show, explain: (code) => told.push(code) });
const { options } = await play(vodpass, videoId);
const refused = [];
await send(connect(() => bad), file, { show, explain: (code) => refused.push(code) });
const played = [options.vid, Boolean(options.playauth)];
console.log(JSON.stringify([videoId, told.at(-1), ...played, refused]));
"""


def test_the_web_client_of_the_page_uploads_and_plays(
    stack: Stack, node: str, modules: Path, film: Path
) -> None:
    (modules / "upload.mjs").write_text(block("web.md", 0, stack), "utf-8")
    (modules / "play.mjs").write_text(blocks("web.md")[3][1], "utf-8")
    tokens = token(stack, "alice"), token(stack, "alice", scope="vod:play")
    [told] = run_node(node, modules, WEB, str(film), *tokens)
    (media,) = stack.cloud.vod.library.all()
    assert told == [media.video_id, 1, media.video_id, True, ["Forbidden"]]


README = """
import { readFileSync } from "node:fs";

const [path, token] = process.argv.slice(2);
const file = new File([readFileSync(path)], "my film.mp4");
const cover = new File(["png"], "cover.png");
const vtt = new File(["WEBVTT"], "lines.vtt");
const session = { accessToken: async () => token };
const [pauseButton, resumeButton, cancelButton] = [{}, {}, {}];
const told = [];
const show = (fraction) => told.push(fraction);
const explain = (code) => told.push(code);
let finished;
const done = (videoId) => (finished = videoId);
globalThis.AliyunUpload = { Vod: class { constructor(options) { this.options = options; } } };
"""
TELL = """
uploader.options.onUploadSucceed({ file, videoId: "id" });
const buttons = [pauseButton, resumeButton, cancelButton].map(({ onclick }) => typeof onclick);
console.log(JSON.stringify([VideoId, Boolean(PlayAuth), told.at(-1), buttons, finished]));
"""


def test_the_readme_of_the_web_client_runs(
    stack: Stack, node: str, modules: Path, film: Path
) -> None:
    text = (PROJECT / "clients" / "web" / "README.md").read_text("utf-8")
    shown = re.findall(r"^```js\n(.*?)^```$", text, re.M | re.S)
    assert len(shown) == text.count("```") / 2 == 3
    driver = README + "".join(shown).replace(BASE, stack.url) + TELL
    [told] = run_node(node, modules, driver, str(film), token(stack, "alice"))
    (media,) = stack.cloud.vod.library.all()
    assert told == [media.video_id, True, 1, ["function"] * 3, "id"]
    assert {one.kind for one in stack.cloud.vod.other_media.all()} == {"image", "attached"}


NODE = """
import { upload } from "./block.mjs";
const [path, token] = process.argv.slice(2);
console.log(JSON.stringify(await upload(path, async () => token)));
"""


AT_ONCE = {"ExpiresIn * 900": "0"}
"""A change for ali-oss: a refresh before each request."""


@pytest.mark.parametrize(
    ("number", "changes"),
    [(0, {}), (1, {}), (1, AT_ONCE)],
    ids=["vodpass", "ali-oss", "ali-oss that refreshes"],
)
def test_node_uploads(
    stack: Stack, node: str, modules: Path, film: Path, number: int, changes: dict[str, str]
) -> None:
    text = block("node.md", number, stack)
    for shown, run in changes.items():
        assert text.count(shown) == 1
        text = text.replace(shown, run)
    (modules / "block.mjs").write_text(text, "utf-8")
    [video_id] = run_node(node, modules, NODE, str(film), token(stack, "alice"))
    (media,) = stack.cloud.vod.library.all()
    assert (media.video_id, media.status, media.title) == (video_id, "Normal", "my film")
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
    refreshed = "RefreshUploadVideo" in json.dumps(stack.cloud.calls.snapshot())
    assert refreshed is (changes.keys() >= AT_ONCE.keys())


PYTHON = """
import sys
import block
_, path, token = sys.argv
print(block.{function}(path, token{more}))
"""


@pytest.mark.parametrize("number", [0, 1])
def test_python_uploads(stack: Stack, tmp_path: Path, film: Path, number: int) -> None:
    (tmp_path / "block.py").write_text(block("python.md", number, stack), "utf-8")
    function, more = (("upload_and_play", ""), ("upload", f", part_size={PART}"))[number]
    script = PYTHON.format(function=function, more=more)
    done = subprocess.run(
        [sys.executable, "-c", script, str(film), token(stack, "alice")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "clients" / "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (media,) = stack.cloud.vod.library.all()
    assert media.status == "Normal"
    assert number == 0 or done.stdout.strip() == media.video_id
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()


GO = """
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"vodupload"
)

func main() {
	videoID, err := vodupload.Upload(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(videoID)
}
"""
JAVA = """
import java.nio.file.Path;

class Driver {
  public static void main(String[] arguments) throws Throwable {
    System.out.print(VodUpload.upload(Path.of(arguments[0]), arguments[1]));
  }
}
"""
PHP = "<?php require 'block.php'; echo upload($argv[1], $argv[2]);"
DEBIAN_GO = Path("/usr/share/gocode")


def go_program(folder: Path, text: str) -> Path:
    """The block as a program. Skips where Go, its SDK or a package of it is missing."""
    go, sdk = shutil.which("go"), os.environ.get("OSS_GO_SDK")
    needed = [DEBIAN_GO / "src" / name for name in ("golang.org/x/time", "github.com/google/uuid")]
    if go is None or not sdk or not all(path.exists() for path in needed):
        pytest.skip("needs Go, OSS_GO_SDK, golang-golang-x-time-dev, golang-github-google-uuid-dev")
    for name, source in (("vodupload/upload.go", text), ("program/main.go", GO)):
        (folder / "src" / name).parent.mkdir(parents=True)
        (folder / "src" / name).write_text(source, "utf-8")
    linked = folder / "src" / "github.com" / "aliyun" / "alibabacloud-oss-go-sdk-v2"
    linked.parent.mkdir(parents=True)
    linked.symlink_to(sdk)
    settings = {"GO111MODULE": "off", "GOPATH": f"{folder}:{DEBIAN_GO}"}
    subprocess.run(
        [go, "build", "-o", str(folder / "program"), "program"],
        env={**os.environ, **settings},
        cwd=folder,
        check=True,
    )
    return folder / "program"


def php_program(folder: Path, text: str) -> list[str]:
    """The command that runs the block. Skips where PHP or its SDK is missing."""
    php, sdk = shutil.which("php"), os.environ.get("OSS_PHP_SDK")
    if php is None or not sdk:
        pytest.skip("needs PHP with curl, and OSS_PHP_SDK")
    (folder / "block.php").write_text(text, "utf-8")
    (folder / "driver.php").write_text(PHP, "utf-8")
    (folder / "vendor").mkdir()
    (folder / "vendor" / "autoload.php").write_text(f"<?php require '{sdk}/autoload.php';", "utf-8")
    return [php, "driver.php"]


def java_program(folder: Path, text: str) -> list[str]:
    """The command that runs the block. Skips where Java or the SDK is missing."""
    java, javac = shutil.which("java"), shutil.which("javac")
    sdk = os.environ.get("OSS_JAVA_CLASSPATH")
    if java is None or javac is None or not sdk:
        pytest.skip("needs a JDK, and OSS_JAVA_CLASSPATH")
    (folder / "VodUpload.java").write_text(text, "utf-8")
    (folder / "Driver.java").write_text(JAVA, "utf-8")
    sources = ["VodUpload.java", "Driver.java"]
    subprocess.run([javac, "-nowarn", "-cp", sdk, *sources], cwd=folder, check=True)
    return [java, "-cp", f"{folder}:{sdk}", "Driver"]


PROGRAMS = {
    "go": lambda folder, text: [str(go_program(folder, text))],
    "java": java_program,
    "php": php_program,
}


@pytest.mark.timeout(600, func_only=True)  # the first build also compiles the standard library
@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("expires", [False, True])
def test_a_program_with_an_sdk_that_the_environment_names_uploads(
    stack: Stack, tmp_path: Path, film: Path, language: str, expires: bool
) -> None:
    """OSS_GO_SDK: a checkout of alibabacloud-oss-go-sdk-v2. OSS_PHP_SDK: of aliyun-oss-php-sdk.
    OSS_JAVA_CLASSPATH: aliyun-sdk-oss, jackson-databind and what they need."""
    text = block(f"{language}.md", 0, stack)
    work = tmp_path / "work"
    work.mkdir()
    command = PROGRAMS[language](work, text)
    if expires:
        stack.cloud.faults.set(
            "oss", "*", "error", count=1, status=403, code="SecurityTokenExpired"
        )
    done = subprocess.run(
        [*command, str(film), token(stack, "alice")],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (media,) = stack.cloud.vod.library.all()
    assert done.stdout == media.video_id
    assert media.status == "Normal"
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
