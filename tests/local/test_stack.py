"""The whole local deployment as one object, for tests of this project and of others."""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from pathlib import Path

import pytest

from fakealiyun.vod.settings import DEFAULT_APP
from local.checkout_keys import load_keys
from local.stack import PROJECT, StartError
from tests.support.code_under_test import CodeUnderTest


def test_serves_the_functions_in_a_thread_and_frees_its_ports(
    code_under_test: CodeUnderTest, tmp_path: Path
) -> None:
    keys = load_keys(tmp_path)
    environment = {"VODPASS_MAX_FILE_SIZE": "1000"}
    with code_under_test.stack(keys=keys, environment=environment) as stack:
        port = stack.port
        asked = urllib.request.Request(
            f"{stack.url}/_local/token",
            data=json.dumps({"sub": "alice"}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked) as answer:
            token = json.load(answer)["token"]
        asked = urllib.request.Request(
            f"{stack.url}/upload",
            data=json.dumps({"FileName": "film.mp4", "FileSize": 1001}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        with refused.value:
            assert refused.value.code == 400
        with pytest.raises(StartError, match=f"port {port} cannot be used"):
            code_under_test.stack(keys=keys, port=port).__enter__()
        with pytest.raises(StartError, match="CLOUD_PORT"):
            code_under_test.stack(keys=keys, cloud_port=port).__enter__()
    with code_under_test.stack(keys=keys, port=port) as again:
        assert again.port == port


def test_the_functions_and_vod_have_the_same_play_key(
    code_under_test: CodeUnderTest, tmp_path: Path
) -> None:
    keys = load_keys(tmp_path)
    with code_under_test.stack(keys=keys) as stack:
        for _ in range(2):
            there = stack.cloud.vod.play_keys.get(DEFAULT_APP)
            assert there is not None
            assert there.key == keys.play_key
            stack.cloud.reset()
        variables = stack.gateway.deployment.functions["play"].environment
        assert variables["VODPASS_PLAY_KEY"] == keys.play_key


@pytest.mark.skipif(sys.platform != "linux", reason="a process's program is read from /proc")
def test_the_tests_serve_the_selected_code(
    code_under_test: CodeUnderTest, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """With `--bundle`, a bundle and an interpreter of its version; else the unchanged packages."""
    with code_under_test.stack(keys=load_keys(tmp_path)) as stack:
        for name in ("upload", "refresh", "play", "sts", "events"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{stack.url}/{name}")
            refused.value.close()
        found = {one["function"]: one["pid"] for one in stack.gateway.invoker.instances()}
        runtimes = {function.runtime for function in stack.gateway.deployment.functions.values()}
        programs = {Path(f"/proc/{pid}/exe").readlink() for pid in found.values()}
        folders = {Path(f"/proc/{pid}/cwd").readlink() for pid in found.values()}
    assert programs == {code_under_test.interpreter.resolve()}
    assert {folder.parent for folder in folders} == {code_under_test.folder.resolve()}
    python = pytestconfig.getoption("bundle")
    manifests = {folder / "python" / "manifest.json" for folder in folders}
    if python is None:
        assert not any(manifest.exists() for manifest in manifests)
        return
    assert runtimes == {f"python{python}"}
    about = [json.loads(manifest.read_text()) for manifest in manifests]
    assert {one["python"] for one in about} == {python}
    assert all(one["byte_code"] for one in about)


def test_every_test_serves_the_selected_code() -> None:
    """Else `--bundle` has no effect on it. Only the tests of `fill` fill their own projects, and
    the program that photographs the page, which is no test."""
    own = re.compile(r"\bStack\(|^from local\.build import .*\bfill\b", re.MULTILINE)
    tests = PROJECT / "tests"
    found = {path for path in tests.rglob("*.py") if own.search(path.read_text("utf-8"))}
    assert found == {
        tests / "support" / "code_under_test.py",
        tests / "local" / "gateway" / "test_code_folders.py",
        tests / "browser" / "picture.py",
    }
