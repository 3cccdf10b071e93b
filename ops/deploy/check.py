"""The first step: everything that can be wrong is named at once, before anything is sent."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ops import dot_env, readiness, s_yaml, serverless_devs
from ops.account import Account, Key, NoKey, NotAnswered, ServiceRefused, key_of
from ops.command_line import named
from ops.deploy import preflight, tools
from ops.deploy.ending import Stop, code_of
from ops.deploy.examination import callback_target
from ops.deploy.preflight import Commands, Lack
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
        self._env_path: Path = arguments.env_file or dot_env.default(project, env)

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
        no_token = self._has_no_token()
        for one in lacking:
            self._say.missing(one)
        needed = serverless_devs.read_by(self._project, self._template)
        settings = readiness.chosen(values, needed)
        wrong = {fault.name for fault in faults}
        rendered: dict[str, Any] = {}
        if command is not None:
            given = readiness.renderable(values, needed, wrong) if wrong else settings
            rendered, more = self._render(command, given, wrong)
            faults += more
            if not rendered:
                # Without what has the wrong shape, the account can still be looked at.
                wrong |= {fault.name for fault in more}
                given = readiness.renderable(values, needed, wrong)
                rendered, _ = self._render(command, given, wrong)
        self._name(faults)
        if key is None:
            raise Stop(T.NOT_READY)
        account = self._account(key, rendered)
        number = self._number_of(account)
        target: Target | None = None
        lacks: list[Lack] = []
        if number and rendered and command is not None:
            target = Target(
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
                number,
            )
            lacks = self._lacks(target, wrong)
        for lack in lacks:
            self._say.fault(lack.what.of(self._say.language), Text(lack.fix, lack.fix))
        ready = not any(one.needed for one in lacking) and not any(one.stops for one in lacks)
        if faults or target is None or no_token or not ready:
            raise Stop(T.NOT_READY)
        self._say.step("check", T.CHECKED.filled(self._template))
        return target

    def _has_no_token(self) -> bool:
        """Whether the token of a test user is missing; it names that."""
        name: str = self._arguments.token_env or ""
        if not name or self._environ.get(name):
            return False
        shown = named(name)
        self._say.fault(
            T.NO_TOKEN.filled(shown).of(self._say.language),
            Text(*(f"read -rs {shown}; export {shown}",) * 2),
        )
        return True

    def _name(self, faults: Sequence[readiness.Fault]) -> None:
        for fault in faults:
            fix = readiness.of_file(fault.fix, self._other_file)
            self._say.fault(fault.told(), Text(fix, told(fix)))

    def _lacks(self, target: Target, wrong: Collection[str]) -> list[Lack]:
        """What the account lacks. Under a wrong name or in a wrong region, nothing is looked up."""
        if not {"VODPASS_NAME", "VODPASS_REGION"}.isdisjoint(wrong):
            return []
        callback = None
        if not self._arguments.replace_callback:
            callback = callback_target(target, self._arguments)
        if callback == ["--deployed"]:
            callback = [target.values.get("VODPASS_CALLBACK_URL", "")]
        env, file = self._arguments.env, self._other_file
        commands = Commands(f" --env {env}" if env else "", f" --env-file {file}" if file else "")
        found = preflight.lacks(
            target.account, target.account_id, target.rendered, commands, callback=callback
        )
        # What stands in for a wrong setting is nowhere.
        return [
            one
            for one in found
            if readiness.STAND_IN not in one.what.en and one.what.en.partition(":")[0] not in wrong
        ]

    @property
    def _other_file(self) -> str:
        """The file of settings, unless it is `.env`."""
        return "" if self._env_path.name == ".env" else self._env_path.name

    def _values(self) -> dict[str, str]:
        ours = {name: text for name, text in self._environ.items() if name.startswith(PREFIX)}
        file = {
            name: value
            for name, value in dot_env.read(self._env_path).items()
            if name.startswith(PREFIX)
        }
        return {**file, **ours}

    def _render(
        self, command: Path, settings: Mapping[str, str], wrong: Collection[str]
    ) -> tuple[dict[str, Any], list[readiness.Fault]]:
        """What the file renders to, and its faults besides those of the variables in `wrong`.

        It is empty if other code cannot rely on its shape.
        """
        try:
            rendered = serverless_devs.preview(
                command, self._project, self._template, settings, self._environ
            )
        except NotRendered:
            text = "`s preview` printed no document"
            return {}, [] if wrong else [readiness.Fault(self._template, text)]
        found = [
            one for one in readiness.in_document(rendered, self._template) if one.name not in wrong
        ]
        return {} if s_yaml.misshapen(rendered) else rendered, found

    def _account(self, key: Key, rendered: Mapping[str, Any]) -> Account:
        """The account. Without a document its region does not matter: only the key is checked."""
        known = str(rendered["resources"]["events"]["props"]["region"]) if rendered else ""
        return Account(
            key,
            known or "cn-shanghai",
            endpoint=self._arguments.endpoint or "",
            ram_endpoint=self._arguments.ram_endpoint or "",
            fc_endpoint=self._arguments.fc_endpoint or "",
        )

    def _number_of(self, account: Account) -> str:
        """The account's number; empty, after it has named the fault, if STS does not tell it."""
        try:
            number = str(account.sts("GetCallerIdentity").body["AccountId"])
        except (ServiceRefused, NotAnswered, KeyError) as refusal:
            why = code_of(refusal)
        else:
            if re.fullmatch(r"[0-9]{5,20}", number):
                return number
            why = "AccountId"
        self._say.fault(T.NO_IDENTITY.filled(why).of(self._say.language), T.KEY_FIX)
        return ""


def needs_byte_code(project: Path, template: str) -> bool:
    """Whether the file refuses a bundle without byte code."""
    return "--require-byte-code" in (project / template).read_text("utf-8")
