"""What comes after the settings: which file to deploy, and what to do by hand."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from ops import dot_env
from ops.text import Text

_TEMPLATES = {
    # (has a domain, has queues)
    (False, True): "s.yaml",
    (False, False): "s.no-queue.yaml",
    (True, True): "s.prod.yaml",
    (True, False): "s.prod-no-queue.yaml",
}

_TITLE = Text("What comes next:", "下一步：")
_KEEP = Text(
    "Keep a copy of VODPASS_OWNER_KEYS and VODPASS_ISSUER_ALIAS in a safe place. Without them "
    "nobody can tell who owns which video.",
    "请将 VODPASS_OWNER_KEYS 和 VODPASS_ISSUER_ALIAS 备份到安全的地方。丢失它们就无法得知哪个视频"
    "归谁所有。",
)
_ISSUER_KEY = Text(
    "Give VODPASS_JWT_KEYS of {} to your issuer. Whoever has it can make tokens.",
    "请将 {} 中的 VODPASS_JWT_KEYS 交给您的颁发方。拥有它的人可以签发 Token。",
)
_RECEIVER = Text(
    "Give VODPASS_WEBHOOK_SECRETS of {} to your app, which verifies events with it.",
    "请将 {} 中的 VODPASS_WEBHOOK_SECRETS 交给您的应用，用于校验事件。",
)
_DOMAIN = Text(
    "Create a CNAME record from {} to ACCOUNT.REGION.fc.aliyuncs.com, with your account's number.",
    "请为 {} 添加 CNAME 记录，指向 ACCOUNT.REGION.fc.aliyuncs.com，其中填写您的账号 ID。",
)
_KEY = Text(
    "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment.",
    "在环境变量中设置 ALIBABA_CLOUD_ACCESS_KEY_ID 和 ALIBABA_CLOUD_ACCESS_KEY_SECRET。",
)
_ACCOUNT = Text(
    "python -m ops.account apply{}    # roles, queues, log project",
    "python -m ops.account apply{}    # 角色、队列、日志 Project",
)
_DEPLOY = Text("make deploy{}", "make deploy{}")


def template_of(values: Mapping[str, str], answers: Mapping[str, Any], project: Path) -> str:
    """The file to deploy, by the settings."""
    queues = answers.get("callbacks", "")
    by_queue = (
        queues == "queues"
        if queues
        else bool(values.get("VODPASS_EVENT_QUEUE"))
        or "completed" not in values.get("VODPASS_WATCH", "")
    )
    found = _TEMPLATES[bool(values.get("VODPASS_DOMAIN")), by_queue]
    return found if (project / found).exists() else "s.yaml"


def next_steps(
    values: Mapping[str, str],
    made: Set[str],
    template: str,
    path: Path,
    project: Path,
    language: str,
) -> str:
    """The steps as numbered lines. `path`: the file with the settings."""
    env = template.removeprefix("s.").removesuffix("yaml").rstrip(".")
    file = _file_option(path, project, env)
    option = (f" --env {env}" if env else "") + file
    deploy = (f" ENV={env}" if env else "") + (f" ARGS={shlex.quote(file.strip())}" if file else "")
    found = [_KEEP] if "VODPASS_OWNER_KEYS" in made else []
    if "VODPASS_JWT_KEYS" in made:
        found.append(_ISSUER_KEY.filled(path.name))
    if "VODPASS_WEBHOOK_SECRETS" in made:
        found.append(_RECEIVER.filled(path.name))
    if values.get("VODPASS_DOMAIN"):
        found.append(_DOMAIN.filled(values["VODPASS_DOMAIN"]))
    found += [_KEY, _ACCOUNT.filled(option), _DEPLOY.filled(deploy)]
    lines = [f"  {at}. {text.of(language)}" for at, text in enumerate(found, 1)]
    return "\n".join([f"\n{_TITLE.of(language)}", *lines])


def _file_option(path: Path, project: Path, env: str) -> str:
    """The option that names the file, if the commands would read another one by themselves."""
    written, inside = path.resolve(), project.resolve()
    if written == dot_env.default(project, env).resolve():
        return ""
    shown = written.relative_to(inside) if written.is_relative_to(inside) else written
    return f" --env-file {shlex.quote(str(shown))}"
