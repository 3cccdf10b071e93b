"""The tools that a deployment needs on this machine: what is missing, and how to get it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops import serverless_devs
from ops.bundle.target import RUNTIMES, find_interpreter
from ops.text import Text


@dataclass(frozen=True)
class Missing:
    """A tool that is missing; `needed` says whether a deployment cannot go on without it."""

    what: Text
    fix: str
    needed: bool = True


def missing(
    project: Path,
    command: Path | None,
    python: str,
    *,
    byte_code: bool,
    environ: Mapping[str, str] = os.environ,
) -> list[Missing]:
    """Everything that is missing, at once. `byte_code`: the file refuses a bundle without it."""
    found = []
    if shutil.which("node", path=environ.get("PATH")) is None:
        found.append(
            Missing(
                Text("Node is not installed", "没有安装 Node"), "https://nodejs.org, 18 or later"
            )
        )
    if command is None:
        found.append(
            Missing(
                Text("`s` (Serverless Devs) is not installed", "没有安装 `s`（Serverless Devs）"),
                f"make setup    (npm ci in {project.name})",
            )
        )
    elif serverless_devs.component(environ) is None:
        found.append(
            Missing(
                Text(
                    "the component fc3 is not in the cache yet; `s` downloads it from "
                    "api.devsapp.cn",
                    "缓存中还没有组件 fc3；`s` 会从 api.devsapp.cn 下载",
                ),
                "allow this machine to reach api.devsapp.cn, or copy ~/.s/components from another",
                needed=False,
            )
        )
    if python not in RUNTIMES:
        return found
    if find_interpreter(python) is None:
        found.append(
            Missing(
                Text(
                    f"there is no Python {python}, so the bundle has no byte code and every cold "
                    "start takes about twice as long",
                    f"没有 Python {python}，代码包没有字节码，每次冷启动的耗时约为两倍",
                ),
                f"uv python install {python}",
                needed=byte_code,
            )
        )
    return found
