"""The real `s` command, in a folder of its own and without a network."""

import copy
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops import serverless_devs

PROJECT = Path(__file__).resolve().parents[2]
S = PROJECT / "node_modules" / ".bin" / "s"

OVERLAYS = [
    "s.dev.yaml",
    "s.limits.yaml",
    "s.no-queue.yaml",
    "s.prod-no-queue.yaml",
    "s.prod.yaml",
]
OF_PROD = {
    "VODPASS_DOMAIN": "vod.example.com",
    "VODPASS_CERTIFICATE_ID": "1234567",
    "VODPASS_LOG_PROJECT": "vodpass-logs",
}
"""A value for each variable without a default that s.prod.yaml adds."""
OF_LIMITS = {
    "VODPASS_VPC_ID": "vpc-bp1aevy8sofi8mh1qc5cm",
    "VODPASS_VSWITCH_ID": "vsw-bp12mw1f8k3jgygk9bmlj",
    "VODPASS_SECURITY_GROUP_ID": "sg-bp15ed6xe1yxeycg7oov",
}
"""The same for s.limits.yaml."""
OF_OVERLAYS = OF_PROD | OF_LIMITS

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def quiet_home(home: Path) -> Path:
    """Let `s` with this home neither report its calls nor look for a newer version."""
    (home / ".s" / "config").mkdir(parents=True)
    (home / ".s" / "set-config.yml").write_text("analysis: disable\n")
    checked = json.dumps({"lastUpdateCheck": int(time.time() * 1000)})
    (home / ".s" / "config" / "update-notifier.json").write_text(checked)
    return home


def preview(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A function that runs `s preview` on a copy of `s.yaml` or another text.

    `s` gets only the given environment. It runs in a new folder, because it reads a developer's
    `.env`. By default `s` also reports each call to its makers and looks for a newer version, in
    extra processes. Both are off here; if they were not, `serverless_devs_daemon_enable` would let
    them write into the output.
    """
    if not S.exists():
        pytest.fail("node_modules is missing: run `make setup`")
    home = quiet_home(tmp_path_factory.mktemp("serverless-devs"))

    def run(
        environment: Mapping[str, str],
        *,
        s_yaml: str | None = None,
        dot_env: str | None = None,
        command: str = f"{S} preview --silent -o json",
        template: str = "s.yaml",
    ) -> "subprocess.CompletedProcess[str]":
        folder = tmp_path_factory.mktemp("project")
        for path in PROJECT.glob("s*.yaml"):
            shutil.copy(path, folder)
        if s_yaml is not None:
            (folder / "s.yaml").write_text(s_yaml)
        if dot_env is not None:
            (folder / ".env").write_text(dot_env)
        for name in ("node_modules", "ops", "shared"):
            (folder / name).symlink_to(PROJECT / name)
        return subprocess.run(
            ["sh", "-c", command if template == "s.yaml" else f"{command} -t {template}"],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "serverless_devs_config_home": str(home),
                "serverless_devs_daemon_enable": "false",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def render_once(patch: pytest.MonkeyPatch) -> None:
    """Let the tools of the operator render the same file with the same settings only once.

    `s preview` takes a second, and a deployment runs it several times.
    """
    render = serverless_devs.preview
    rendered: dict[tuple[object, ...], dict[str, Any]] = {}

    def preview(
        command: Path, project: Path, template: str, settings: Mapping[str, str], *rest: Any
    ) -> dict[str, Any]:
        beside = project / ".env"  # `s` reads it too
        given = beside.read_bytes() if beside.exists() else b""
        key = (command, project, template, given, *sorted(settings.items()))
        if key not in rendered:
            rendered[key] = render(command, project, template, settings, *rest)
        return copy.deepcopy(rendered[key])

    patch.setattr(serverless_devs, "preview", preview)
