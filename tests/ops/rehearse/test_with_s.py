"""`python -m ops.rehearse --with-s`: the real `s` with a small component in place of fc3.

fc3 itself is in no package registry; `make test-s` runs it where it is in the cache of `s`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fakealiyun import FakeCloud
from ops.deploy.run_s import Job
from ops.rehearse import with_s
from ops.rehearse.fake import KEY
from ops.rehearse.routing import Routing, hosts, routing
from tests.support.serverless import S

PROJECT = Path(__file__).resolve().parents[3]
COMPONENT = Path(__file__).with_name("component")
SETTINGS: Mapping[str, str] = {"VODPASS_NAME": "rehearsed"}
S_YAML = """\
edition: 3.0.0
name: rehearsed
access: default
resources:
  one:
    component: fc3@0.1.22
    props: {region: cn-shanghai, name: "${env('VODPASS_NAME')}"}
"""


def put(home: Path, name: str) -> Path:
    """A component in the cache, laid out as `s` does when it downloads one."""
    folder = home / ".s" / "components" / "devsapp.cn" / "v3" / name
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"main": "index.js"}')
    (folder / "index.js").write_text((COMPONENT / "index.js").read_text())
    (folder / ".s.lock").write_text('{"version": "0.1.22", "lastUpdateCheck": 4000000000000}')
    return folder


@pytest.mark.parametrize("command", [[sys.executable, "-m", "ops.rehearse", "--with-s"]])
def test_a_missing_component_is_named_with_the_command_that_gets_it(
    command: list[str], tmp_path: Path
) -> None:
    put(tmp_path, "fc3@0.1.21")
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].endswith("not in the cache of `s`: fc3@0.1.22, fc3-domain")
    assert "  node_modules/.bin/s cli fc3@0.1.22 --help" in lines
    assert "  node_modules/.bin/s cli fc3-domain --help" in lines
    assert str(tmp_path) in done.stderr


def test_a_component_that_is_there_is_not_missing(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    put(tmp_path, "fc3-domain")
    assert "fc3@0.1.22" in with_s.missing(PROJECT, environ)[0]
    folder = put(tmp_path, "fc3@0.1.22")
    assert with_s.missing(PROJECT, environ) == []
    (folder / ".s.lock").unlink()  # as after a download that did not end
    assert "fc3@0.1.22" in with_s.missing(PROJECT, environ)[0]


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud(mapped_hosts=[with_s.MAPPED], allow_deploy=True) as cloud:
        yield cloud


@pytest.fixture
def routed(cloud: FakeCloud) -> Iterator[Routing]:
    with routing(hosts(cloud.region, cloud.account_id), cloud.port) as found:
        yield found


def run(tmp_path: Path, routed: Routing, what: str = "deploy") -> dict[str, Any]:
    """Run `s` with the small component, which writes down what it saw."""
    home, project = tmp_path / "home", tmp_path / "a project"
    put(home, "fc3@0.1.22")
    project.mkdir()
    (project / "s.yaml").write_text(S_YAML)
    planted = {
        **os.environ,
        "HOME": str(home),
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "planted-secret",
        "default_serverless_devs_key": '{"AccessKeySecret": "planted-secret"}',
        "HTTPS_PROXY": "http://planted-secret@proxy.example.com:8080",
        "VODPASS_WEBHOOK_SECRETS": "planted-secret",
        "NODE_OPTIONS": "--no-warnings",
        **routed.environment,
    }
    with_it = with_s.runner(S, project, KEY, "1234567890123456", planted, routed)
    job = Job("s.yaml", SETTINGS, ("one",))
    outcome = with_it.remove(job) if what == "remove" else with_it(job, lambda _step: None)
    assert outcome.exit_code == 0
    seen: dict[str, Any] = json.loads((project / "seen.json").read_text())
    return seen


@pytest.mark.parametrize("what", ["deploy", "remove"])
def test_what_the_component_calls_is_led_to_the_fake_cloud(
    tmp_path: Path, routed: Routing, what: str
) -> None:
    seen = run(tmp_path, routed, what)
    assert seen["command"] == what
    # The fake answers, in the words of the service.
    assert seen["known"] == {"status": 400, "code": "MissingRequiredHeader"}
    assert seen["unknown"] == "EREHEARSAL"
    called = routed.called()
    assert called.routed == ["fcv3.cn-shanghai.aliyuncs.com"]
    assert called.unknown == ["unknown.example.com"]


def test_s_has_no_key_but_the_fake_accounts(tmp_path: Path, routed: Routing) -> None:
    seen = run(tmp_path, routed)
    assert "planted-secret" not in json.dumps(seen)
    assert seen["credentials"]["AccessKeySecret"] == KEY.access_key_secret
    assert seen["props"]["name"] == "rehearsed"
    assert seen["environment"]["HOME"] != str(tmp_path / "home")
    assert not Path(seen["environment"]["HOME"]).exists()
    assert "HTTPS_PROXY" not in seen["environment"]
