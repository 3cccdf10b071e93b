"""Would each function start? Its variables, by the functions' own reading; names, never values."""

from __future__ import annotations

from collections.abc import Mapping

from ops import s_yaml
from ops.doctor.deployment import Deployment, Function
from ops.doctor.report import Report
from shared.settings import ALWAYS, USES, Settings, SettingsError, load

_WHY = "The function does not start with it, and answers 500 Misconfigured to everyone."
_PLACE = ".environmentVariables."


def check(report: Report, deployment: Deployment, *, rehearsal: bool) -> dict[str, Settings]:
    """Report what is wrong, and return the settings of each function that has sound ones.

    In a rehearsal, URLs may be http on this machine.
    """
    found = {}
    for name, function in deployment.functions.items():
        _check_local(report, function)
        settings = _load(report, function, rehearsal=rehearsal)
        if settings is not None:
            found[name] = settings
    if deployment.document is None:
        report.was_not_checked(
            "s.yaml", "the settings are those of this process; `s preview` renders the rest"
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
                why="It is for a machine without an account: it lets the function call another "
                "cloud than Alibaba's, and believe http issuers.",
                mend=f"Take {variable} out of the deployment.",
            )


def _load(report: Report, function: Function, *, rehearsal: bool) -> Settings | None:
    environment = {k: v for k, v in function.environment.items() if k not in ALWAYS}
    if rehearsal:
        environment["VODPASS_LOCAL"] = "1"
    try:
        settings = load(environment, USES[function.name])
    except SettingsError as error:
        report.find(
            "setting",
            f"{function.name} {error.variable}",
            f"{error.variable} {error.allowed}.",
            why=_WHY,
            mend=f"Correct {error.variable} in .env (.env.example explains it) and deploy.",
        )
        return None
    for warning in settings.warnings:
        report.find(
            "setting-unwise",
            function.name,
            f"{warning}.",
            why="A stolen token is of use for as long as it lives.",
            mend="Let the issuer sign shorter tokens, and lower the setting.",
            severity="warning",
        )
    report.is_sound(function.name, f"{len(function.environment)} variables, each as it may be")
    return settings


def _check_document(report: Report, document: Mapping[str, object], *, rehearsal: bool) -> None:
    before = len(report.findings)
    for fault in s_yaml.faults(document):
        place, _, text = fault.partition(": ")
        if _PLACE in f"{place}." and _found_already(report, place):
            continue
        if rehearsal and _PLACE in place and text.startswith("must be an https URL"):
            continue
        report.find(
            "s-yaml",
            place,
            f"{text}.",
            why="`s` and Function Compute pass over it in silence and use a default, or refuse it "
            "half-way through the deployment.",
            mend="Correct s.yaml; `python -m ops.s_yaml` checks the same before each deployment.",
        )
    if len(report.findings) == before:
        report.is_sound("s.yaml", "as ops.s_yaml wants it")


def _found_already(report: Report, place: str) -> bool:
    """Whether a fault in `s.yaml.resources.F.props.environmentVariables.V` is known by `F V`."""
    function = place.split(".")[2] if place.count(".") >= 2 else ""
    variable = place.partition(_PLACE)[2]
    known = {one.subject for one in report.findings if one.code in ("setting", "local-mode")}
    return f"{function} {variable}" in known
