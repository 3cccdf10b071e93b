"""Check each function's variables with the functions' own parsers. Shows names, never values."""

from __future__ import annotations

from collections.abc import Mapping

from ops import s_yaml
from ops.doctor.deployment import Deployment, Function
from ops.doctor.report import Report
from shared.config.settings import Settings, SettingsError, load
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
        try:
            found[name] = _load(function, rehearsal=rehearsal)
        except SettingsError as error:
            wrong.setdefault((error.variable, error.allowed), []).append(name)
        else:
            _check_wise(report, function, found[name])
    for (variable, allowed), names in wrong.items():
        report.find(
            "setting",
            f"{variable} of {', '.join(names)}",
            f"{variable} {allowed}.",
            why=_WHY,
            fix=f"Correct {variable} in .env (.env.example explains it) and deploy.",
        )
    if deployment.document is None:
        report.was_not_checked(
            "s.yaml", "the settings come from this process, not from `s preview`"
        )
    else:
        _check_document(report, deployment.document, rehearsal=rehearsal)
    return found


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


def _load(function: Function, *, rehearsal: bool) -> Settings:
    environment = {k: v for k, v in function.environment.items() if k not in ALWAYS}
    if rehearsal:
        environment["VODPASS_LOCAL"] = "1"
    return load(environment, USES[function.name])


def _check_wise(report: Report, function: Function, settings: Settings) -> None:
    for warning in settings.warnings:
        report.find(
            "setting-unwise",
            function.name,
            f"{warning}.",
            why="A stolen token works until it expires.",
            fix="Let the issuer sign tokens for a shorter time, and lower the setting.",
            severity="warning",
        )
    report.is_sound(function.name, f"{len(function.environment)} variables, all valid")


def _check_document(report: Report, document: Mapping[str, object], *, rehearsal: bool) -> None:
    before = len(report.findings)
    for fault in s_yaml.faults(document):
        place, _, text = fault.partition(": ")
        variable = place.partition(_PLACE)[2]
        if variable and _found_already(report, variable):
            continue
        if rehearsal and variable and text.startswith("must be an https URL"):
            continue
        report.find(
            "s-yaml",
            place,
            f"{text}.",
            why="`s` and Function Compute silently use a default, or refuse it in the middle of "
            "the deployment.",
            fix="Correct s.yaml. `python -m ops.s_yaml` checks the same before each deployment.",
        )
    if len(report.findings) == before:
        report.is_sound("s.yaml", "passes the checks of ops.s_yaml")


def _found_already(report: Report, variable: str) -> bool:
    """Whether a finding already names the variable."""
    return any(
        one.code in ("setting", "local-mode") and variable in one.subject.split()
        for one in report.findings
    )
