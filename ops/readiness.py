"""Everything about the settings that can be known before a deployment, in one list.

No text has the value of a setting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import s_yaml, serverless_devs, setting_faults
from ops.serverless_devs import NotRendered
from shared.config.variables import PREFIX, VARIABLES


@dataclass(frozen=True)
class Fault:
    """One fault: the variable (or a place in `s.yaml`), what is wrong, and what corrects it."""

    name: str
    text: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"

    def told(self) -> str:
        """The fault in the language that is spoken."""
        return s_yaml.shown(str(self))


def faults(
    values: Mapping[str, str], project: Path, template: str, command: Path | None
) -> list[Fault]:
    """All faults of the settings for a deployment of `template`.

    `values` are the variables of `.env` under those of the environment. Without the command `s`,
    what the file renders to is not checked.
    """
    found = [*_in_names(values), *_changed_by_s(values), *_name(values, project / template)]
    named = {fault.name for fault in found}
    needed = serverless_devs.read_by(project, template)
    for name, required in sorted(needed.items()):
        if required and not values.get(name) and name not in named:
            allowed = VARIABLES[name].allowed if name in VARIABLES else f"{template} needs it"
            found.append(_fault(name, f"is not set: {allowed}"))
    if not found and command is not None:
        try:
            rendered = serverless_devs.preview(command, project, template, chosen(values, needed))
        except NotRendered as error:
            said = s_yaml.message_of_s(error.output, values)
            found.append(Fault(template, "`s preview` failed" + "".join(f"\n  {x}" for x in said)))
        else:
            return in_document(rendered, template)
    seen = {fault.name for fault in found}
    for line in setting_faults.of_process(values):
        name, _, text = line.partition(": ")
        if name not in seen:
            found.append(_fault(name, text))
    return found


def in_document(rendered: Mapping[str, Any], template: str = "s.yaml") -> list[Fault]:
    """The faults of what a file renders to, each by its variable, else by its place."""
    found: dict[str, Fault] = {}
    for line in s_yaml.report(s_yaml.faults(rendered)):
        place, _, text = line.partition(": ")
        name = next((one for end, one in _AT.items() if place.endswith(end)), "")
        if name:
            # The same setting is in every function.
            found.setdefault(name, _fault(name, text))
        elif place.startswith("s.yaml"):
            found[line] = Fault(place, text, _edited(template))
        else:
            found[line] = _of_line(line)
    return list(found.values())


_AT: Mapping[str, str] = {
    ".props.region": "VODPASS_REGION",
    ".props.runtime": "VODPASS_PYTHON",
    ".customDomain.domainName": "VODPASS_DOMAIN",
    ".customDomain.certConfig.certId": "VODPASS_CERTIFICATE_ID",
    ".logConfig.project": "VODPASS_LOG_PROJECT",
    ".logConfig.logstore": "VODPASS_LOG_STORE",
}
"""Where `s*.yaml` has nothing but a variable."""


def _edited(template: str) -> str:
    """The command that shows whether a change of the file is right."""
    check = f"node_modules/.bin/s preview --silent -o json -t {template} | python3 -m ops.s_yaml"
    return f"correct {template}, then {check}"


def chosen(values: Mapping[str, str], needed: Mapping[str, bool]) -> dict[str, str]:
    """A value for each of our variables, empty if it is not set: what `s` is to see."""
    names = {name for name in values if name.startswith(PREFIX)}
    return {name: values.get(name, "") for name in sorted(names | needed.keys())}


def renderable(
    values: Mapping[str, str], needed: Mapping[str, bool], wrong: Collection[str]
) -> dict[str, str]:
    """As `chosen`, with a valid stand-in for each variable that is wrong or missing.

    What the file renders to with them shows the faults that are not in these variables.
    """
    given = {name: "" if name in wrong else value for name, value in values.items()}
    found = chosen(given, needed)
    for name, required in needed.items():
        if not found[name] and (required or name in wrong):
            found[name] = _STAND_INS.get(name, STAND_IN if required else "")
    return found


STAND_IN = "vodpass-stand-in"
_STAND_INS: Mapping[str, str] = {
    "VODPASS_REGION": "cn-shanghai",
    "VODPASS_CERTIFICATE_ID": "1",
    "VODPASS_DOMAIN": f"{STAND_IN}.example.com",
    "VODPASS_CALLBACK_URL": f"https://{STAND_IN}.example.com/events/{STAND_IN}",
}
"""Values that are valid where `s*.yaml` uses them. A variable with a default needs none."""


def of_file(fix: str, env_file: str) -> str:
    """A fix for settings in another file than `.env`: its command names the file."""
    if not env_file:
        return fix
    command = "python -m ops.setup "
    return re.sub(r" \.env$", f" {env_file}", fix).replace(
        command, f"{command}--env-file {env_file} "
    )


def _in_names(values: Mapping[str, str]) -> Iterator[Fault]:
    for name, text in setting_faults.unknown_in(values).items():
        yield Fault(name, text, f"sed -i '/^{name}=/d' .env")


def _changed_by_s(values: Mapping[str, str]) -> Iterator[Fault]:
    for name, value in sorted(values.items()):
        if name.startswith(PREFIX) and "$" in value:
            yield _fault(name, "holds `$`, and `s` replaces $NAME inside a value: write %24")


def _name(values: Mapping[str, str], file: Path) -> Iterator[Fault]:
    """Roles and policies are named after the deployment, so its name must be one of theirs.

    A file of the operator's own may name other roles.
    """
    name = values.get("VODPASS_NAME", "")
    if file.name != "s.yaml" and re.search(r"\brole: ", file.read_text("utf-8")):
        return
    if name and not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?", name):
        yield _fault("VODPASS_NAME", "must have 1 to 50 lower-case letters, digits and hyphens")


def _of_line(line: str) -> Fault:
    name, _, text = line.partition(": ")
    return _fault(name, text)


def _fault(name: str, text: str) -> Fault:
    return Fault(name, text, fix_of(name))


def fix_of(name: str) -> str:
    """The command that corrects a variable."""
    if name in _FIXES:
        return _FIXES[name]
    return f"python -m ops.setup --set {name}" if re.fullmatch(PREFIX + r"\w+", name) else ""


_FIXES: Mapping[str, str] = {
    # What marks videos is never replaced by a tool: it would take the owners from all videos.
    "VODPASS_OWNER_KEYS": "restore it from your copy; only for a new deployment: "
    "python -m ops.keys owner new",
    "VODPASS_ISSUER_ALIAS": "restore it from your copy; only for a new deployment: choose one",
    "VODPASS_PLAY_KEY": "python -m ops.playkey rotate --yes",
}
