"""The first step: everything that can be wrong is named at once, before anything is sent."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops import dot_env, readiness, serverless_devs
from ops.account import Account, Key, NoKey, NotAnswered, ServiceRefused, key_of
from ops.deploy import tools
from ops.deploy.ending import Stop, code_of
from ops.deploy.say import Say
from ops.deploy.target import Target
from ops.deploy.texts import T
from ops.serverless_devs import NotRendered
from ops.text import Text
from ops.voice import told
from shared.config.variables import PREFIX


class Check:
    """Checks the settings, the tools and the key of one deployment.

    `needs_component`: whether the component of `s` is used.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        environ: Mapping[str, str],
        project: Path,
        say: Say,
        *,
        needs_component: bool,
    ) -> None:
        self._arguments = arguments
        self._environ = environ
        self._project = project
        self._say = say
        self._needs_component = needs_component
        env: str = arguments.env
        self._template = f"s.{env}.yaml" if env else "s.yaml"
        own = project / f".env.{env}"
        self._env_path: Path = arguments.env_file or (
            own if env and own.exists() else project / ".env"
        )

    def target(self) -> Target:
        """What is to be deployed, and where. Raises Stop after it has named every fault."""
        if not (self._project / self._template).is_file():
            raise Stop(T.NO_TEMPLATE.filled(self._template))
        command: Path | None = self._arguments.s or serverless_devs.find(self._project)
        values = self._values()
        faults = readiness.faults(values, self._project, self._template, None)
        lacking = tools.missing(
            self._project,
            command,
            values.get("VODPASS_PYTHON") or "3.10",
            byte_code=needs_byte_code(self._project, self._template),
            environ=self._environ,
        )
        if not self._needs_component:
            lacking = [one for one in lacking if one.needed]
        key: Key | None = None
        try:
            key = key_of(self._environ)
        except NoKey as missing:
            self._say.fault(told(str(missing)), T.KEY_FIX)
        for one in lacking:
            self._say.missing(one)
        settings: dict[str, str] = {}
        rendered: dict[str, Any] = {}
        if command is not None and not faults:
            needed = serverless_devs.read_by(self._project, self._template)
            settings = readiness.chosen(values, needed)
            rendered, faults = self._render(command, settings)
        for fault in faults:
            self._say.fault(fault.told(), Text(fault.fix, told(fault.fix)))
        if faults or key is None or command is None or any(one.needed for one in lacking):
            raise Stop(T.NOT_READY)
        self._say.step("check", T.CHECKED.filled(self._template))
        account = self._account(key, rendered)
        return Target(
            self._project,
            self._arguments.env,
            self._template,
            self._env_path,
            values,
            settings,
            rendered,
            command,
            key,
            account,
            _number_of(account),
        )

    def _values(self) -> dict[str, str]:
        ours = {name: text for name, text in self._environ.items() if name.startswith(PREFIX)}
        file = {
            name: value
            for name, value in dot_env.read(self._env_path).items()
            if name.startswith(PREFIX)
        }
        return {**file, **ours}

    def _render(
        self, command: Path, settings: Mapping[str, str]
    ) -> tuple[dict[str, Any], list[readiness.Fault]]:
        try:
            rendered = serverless_devs.preview(
                command, self._project, self._template, settings, self._environ
            )
        except NotRendered:
            return {}, [readiness.Fault(self._template, "`s preview` printed no document")]
        return rendered, readiness.in_document(rendered)

    def _account(self, key: Key, rendered: Mapping[str, Any]) -> Account:
        return Account(
            key,
            str(rendered["resources"]["events"]["props"]["region"]),
            endpoint=self._arguments.endpoint or "",
            ram_endpoint=self._arguments.ram_endpoint or "",
            fc_endpoint=self._arguments.fc_endpoint or "",
        )


def needs_byte_code(project: Path, template: str) -> bool:
    """Whether the file refuses a bundle without byte code."""
    return "--require-byte-code" in (project / template).read_text("utf-8")


def _number_of(account: Account) -> str:
    try:
        number = str(account.sts("GetCallerIdentity").body["AccountId"])
    except (ServiceRefused, NotAnswered, KeyError) as refusal:
        raise Stop(T.NO_IDENTITY.filled(code_of(refusal))) from None
    if not re.fullmatch(r"[0-9]{5,20}", number):
        raise Stop(T.NO_IDENTITY.filled("AccountId"))
    return number
