"""Everything as one object, for tests of this project and of others."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from local.build import fill
from local.keys import load_keys
from local.stack import PROJECT, Stack, StartError


def test_serves_the_functions_in_a_thread_and_frees_its_ports(tmp_path: Path) -> None:
    fill(PROJECT, tmp_path / "build", PROJECT / ".local")
    keys = load_keys(tmp_path)
    environment = {"VODPASS_MAX_FILE_SIZE": "1000"}
    with Stack(build=tmp_path / "build", keys=keys, environment=environment) as stack:
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
            Stack(build=tmp_path / "build", keys=keys, port=port).__enter__()
        with pytest.raises(StartError, match="CLOUD_PORT"):
            Stack(build=tmp_path / "build", keys=keys, cloud_port=port).__enter__()
    with Stack(build=tmp_path / "build", keys=keys, port=port) as again:
        assert again.port == port
