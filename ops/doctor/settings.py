"""Check each function's variables with the functions' own parsers. Shows names, never values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops import s_yaml, setting_faults
from ops.doctor.deployment import Deployment, Function
from ops.doctor.report import Report
from shared.config.settings import Settings, load
from shared.config.uses import ALWAYS, USES

_WHY = "The function cannot start with it: it answers 500 Misconfigured to everyone."
_PLACE = ".environmentVariables."


def check(report: Report, deployment: Deployment, *, rehearsal: bool) -> dict[str, Settings]:
    """Report faults, and return the settings of each function whose variables are valid.

    In a rehearsal, URLs may be http on this machine.
    """
    found: dict[str, Settings] = {}
    wrong: dict[tuple[str, str], list[str]] = {}
    for name, function in deployment.functions.items():
        _check_local(report, function)
        environment = _environment(function, rehearsal=rehearsal)
        faults = setting_faults.of_function(environment, USES[name])
        for variable, text in faults.items():
            wrong.setdefault((variable, text), []).append(name)
        if not faults:
            found[name] = load(environment, USES[name])
            _check_wise(report, function, found[name], deployment.document)
    for (variable, allowed), names in wrong.items():
        report.find(
            "setting",
            f"{variable} of {', '.join(names)}",
            f"{variable} {allowed}.",
            why=_WHY,
            fix=f"Correct {variable} in .env (.env.example explains it) and deploy.",
        )
    refused: set[str] = set()
    if deployment.document is None:
        report.was_not_checked(
            "s.yaml", "the settings come from this process, not from `s preview`"
        )
    else:
        refused = _check_document(report, deployment.document, rehearsal=rehearsal)
    for name in found.keys() - refused:
        count = len(deployment.functions[name].environment)
        report.is_sound(name, f"{count} variables, all valid")
    return found


def check_names(report: Report, environ: Mapping[str, str], *, where: str) -> None:
    """Report variables in `environ` that look like settings but are not."""
    for name, text in setting_faults.unknown_in(environ).items():
        report.find(
            "setting",
            f"{name} in {where}",
            f"{name} {text}.",
            why="No function reads it, so the setting that you meant has its default.",
            fix=f"Correct the name in {where}, or remove it.",
        )


def _check_local(report: Report, function: Function) -> None:
    for variable in sorted(ALWAYS & function.environment.keys()):
        if function.environment[variable]:
            report.find(
                "local-mode",
                f"{function.name} {variable}",
                f"{variable} is set.",
                why="It is for local development: the function then may call another cloud, and "
                "trust issuers by http.",
                fix=f"Remove {variable} from the deployment.",
            )


def _environment(function: Function, *, rehearsal: bool) -> Mapping[str, str]:
    environment = {k: v for k, v in function.environment.items() if k not in ALWAYS}
    if rehearsal:
        environment["VODPASS_LOCAL"] = "1"
    return environment


def _check_wise(
    report: Report,
    function: Function,
    settings: Settings,
    document: Mapping[str, Any] | None,
) -> None:
    for warning in settings.warnings:
        why, fix = _UNWISE[warning.partition(" ")[0]]
        code = "limits-apart" if warning.startswith("VODPASS_LIMITS without") else "setting-unwise"
        report.find(
            code,
            function.name,
            f"{warning}.",
            why=why.format(_reserved(document, function.name)),
            fix=fix,
            severity="warning",
        )


_UNWISE = {
    "VODPASS_JWT_MAX_LIFE": (
        "A stolen token works until it expires.",
        "Let the issuer sign tokens for a shorter time, and lower the setting.",
    ),
    "VODPASS_LIMITS": (
        "A user who meets every instance gets up to {} as much as the limits say. And no function "
        "learns that a file has arrived: each upload counts as open for an hour.",
        "Set VODPASS_LIMITS_URL to a Redis or Tair (docs/limits.md).",
    ),
    "VODPASS_LIMITS_URL": (
        "No user has a limit.",
        "Set VODPASS_LIMITS, or remove the URL.",
    ),
}
"""The variable that a warning begins with: why it matters, and how to fix it."""


def _reserved(document: Mapping[str, Any] | None, name: str) -> str:
    """How many times too much: as often as the function may have instances."""
    try:
        props = (document or {})["resources"][name]["props"]
        return f"{props['concurrencyConfig']['reservedConcurrency']} times"
    except (KeyError, TypeError):
        return "reservedConcurrency times"


def _check_document(report: Report, document: Mapping[str, Any], *, rehearsal: bool) -> set[str]:
    """Report the faults of the document. Returns the functions whose variables have one."""
    sound = True
    refused: set[str] = set()
    for fault in s_yaml.faults(document):
        place, _, text = fault.partition(": ")
        start, _, variable = place.partition(_PLACE)
        if variable and _found_already(report, variable):
            sound = False
            continue
        if rehearsal and variable and text.startswith("must be an https URL"):
            continue
        sound = False
        if variable:
            refused.add(start.split(".")[3])
        report.find(
            "s-yaml",
            place,
            f"{text}.",
            why="`s` and Function Compute silently use a default, or refuse it in the middle of "
            "the deployment.",
            fix="Correct s.yaml. `python -m ops.s_yaml` checks the same before each deployment.",
        )
    for warning in s_yaml.warnings(document) if sound else ():
        place, _, text = warning.partition(": ")
        report.find(
            "component-unpinned",
            place,
            text,
            why="Whoever controls the registry of Serverless Devs decides what runs with that key.",
            fix="Name a version that you have looked at: component: fc3@0.1.22.",
            severity="warning",
        )
    if sound:
        report.is_sound("s.yaml", "passes the checks of ops.s_yaml")
    return refused


def _found_already(report: Report, variable: str) -> bool:
    """Whether a finding already names the variable."""
    return any(
        one.code in ("setting", "local-mode") and variable in one.subject.split()
        for one in report.findings
    )
