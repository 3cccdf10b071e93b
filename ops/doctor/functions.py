"""Compare the deployed functions with what `s preview` renders."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from ops.account import Account, NotAnswered, ServiceRefused
from ops.doctor.deployment import BEARER, METHODS, Deployment, Function
from ops.doctor.report import Report
from shared.config.uses import ALWAYS

_DEPLOY = "Run `s deploy` with the settings that were checked."


def check(report: Report, account: Account, deployment: Deployment) -> None:
    """GetFunction, ListTriggers and GetAsyncInvokeConfig of each function. Reads only."""
    if not account.offers("fc"):
        report.was_not_checked(
            "functions", "how they are deployed: this rehearsal has no --fc-endpoint"
        )
        return
    for function in deployment.functions.values():
        before = len(report.findings)
        try:
            deployed = account.fc("GetFunction", function.deployed_name).body
            triggers = account.fc("ListTriggers", function.deployed_name).body
            kept = _async_config(account, function)
        except ServiceRefused as refusal:
            _refused(report, function, refusal)
            continue
        except NotAnswered as fault:
            report.could_not_check(
                function.deployed_name, f"Function Compute did not answer ({fault})"
            )
            continue
        _check_environment(
            report,
            function,
            deployed.get("environmentVariables") or {},
            whole=deployment.document is not None,
        )
        _check_role(report, function, str(deployed.get("role") or ""))
        _check_network(report, function, deployed)
        _check_triggers(report, function, triggers.get("triggers") or [])
        _check_async(report, function, kept)
        if len(report.findings) == before:
            report.is_sound(function.deployed_name, "deployed as `s preview` renders it")


def _refused(report: Report, function: Function, refusal: ServiceRefused) -> None:
    if refusal.code == "FunctionNotFound":
        report.find(
            "function-absent",
            function.deployed_name,
            "There is no such function in this region.",
            why="Its callers get an error from Function Compute.",
            fix="Run `s deploy`, or correct VODPASS_NAME or VODPASS_REGION.",
        )
    elif refusal.for_permission:
        report.was_not_checked(function.deployed_name, f"this key may not read it: {refusal}")
    else:
        report.could_not_check(function.deployed_name, f"Function Compute refused: {refusal}")


def _async_config(account: Account, function: Function) -> Mapping[str, Any]:
    try:
        return account.fc("GetAsyncInvokeConfig", function.deployed_name).body
    except ServiceRefused as refusal:
        if refusal.status == 404 and refusal.code != "FunctionNotFound":
            return {}
        raise


def _check_environment(
    report: Report, function: Function, deployed: Mapping[str, str], *, whole: bool
) -> None:
    # Function Compute may leave out empty variables. The functions treat them as not set.
    wanted = {name: value for name, value in function.environment.items() if value}
    theirs = {name: value for name, value in deployed.items() if value}
    for name in sorted(wanted.keys() | theirs.keys()):
        ours, other = wanted.get(name), theirs.get(name)
        if name in ALWAYS and other is not None:
            what = f"{name} is set."
            why = "It is for local development: the function then calls another cloud."
            report.find(
                "local-mode", f"{function.deployed_name} {name}", what, why=why, fix=_DEPLOY
            )
            continue
        if ours is None and not (whole or name.startswith("VODPASS_")):
            continue
        if ours is not None and other is not None:
            if hmac.compare_digest(ours.encode(), other.encode()):
                continue
            what = f"{name} has another value in the deployed function."
        else:
            what = f"{name} is {'not set' if other is None else 'set'} in the deployed function."
        report.find(
            "deployed-setting",
            f"{function.deployed_name} {name}",
            what,
            why="What runs is not what was checked. Functions may verify tokens, ownership marks "
            "or callbacks with different keys.",
            fix=_DEPLOY,
        )


def _check_role(report: Report, function: Function, arn: str) -> None:
    if arn.rpartition("/")[2] != (function.role or f"vodpass-{function.name}"):
        report.find(
            "deployed-role",
            function.deployed_name,
            "It has another role, or none.",
            why="It may be allowed too much, or nothing at all.",
            fix=_DEPLOY,
        )


def _check_network(report: Report, function: Function, deployed: Mapping[str, Any]) -> None:
    if deployed.get("internetAccess") is False:
        report.find(
            "deployed-network",
            function.deployed_name,
            "It has no access to the internet.",
            why="A function with vpcConfig then reaches only its VPC, and neither VOD nor STS.",
            fix="Set internetAccess: true in s.yaml, then deploy.",
        )


def _check_triggers(report: Report, function: Function, triggers: list[dict[str, Any]]) -> None:
    method = METHODS.get(function.name)
    configs = [_config(one) for one in triggers if one.get("triggerType") == "http"]
    if method is None:
        if configs:
            report.find(
                "trigger-open",
                function.deployed_name,
                "It has an HTTP trigger.",
                why="Anyone can call it; only its timer and its queue should.",
                fix="Remove the trigger, then deploy.",
            )
        return
    if not configs:
        report.find(
            "trigger-absent",
            function.deployed_name,
            "It has no HTTP trigger.",
            why="Nobody can call it.",
            fix=_DEPLOY,
        )
    for config in configs:
        auth = config.get("authType")
        if auth != "anonymous":
            report.find(
                "trigger-auth",
                function.deployed_name,
                f"Its HTTP trigger requires {auth or 'an unknown kind of'} authentication.",
                why="Function Compute refuses your users' tokens. The function, which would verify "
                "them, never gets them.",
                fix="Set authType: anonymous in s.yaml, then deploy.",
            )
        wanted = (method, "OPTIONS") if function.name in BEARER else (method,)
        lacking = [one for one in wanted if one not in (config.get("methods") or [])]
        if lacking:
            report.find(
                "trigger-methods",
                function.deployed_name,
                f"Its HTTP trigger does not accept {' and '.join(lacking)}.",
                why="Function Compute refuses the call, or a browser's preflight for it.",
                fix=_DEPLOY,
            )


def _config(trigger: Mapping[str, Any]) -> Mapping[str, Any]:
    """A trigger's settings, which the API returns as a JSON text."""
    try:
        config = json.loads(trigger.get("triggerConfig") or "{}")
    except (ValueError, RecursionError):
        config = {}
    return config if isinstance(config, dict) else {}


def _check_async(report: Report, function: Function, config: Mapping[str, Any]) -> None:
    if function.name not in METHODS:
        return
    destinations = config.get("destinationConfig") or {}
    kept = [
        one
        for one in ("onSuccess", "onFailure")
        if (destinations.get(one) or {}).get("destination")
    ]
    if kept:
        report.find(
            "async-destination",
            function.deployed_name,
            f"Results of asynchronous calls are stored ({', '.join(kept)}).",
            why="Any caller can make an asynchronous call. The credential in its answer would be "
            "stored.",
            fix="Remove destinationConfig from s.yaml, then deploy.",
        )
    retries = config.get("maxAsyncRetryAttempts")
    if retries != 0:
        report.find(
            "async-retries",
            function.deployed_name,
            "Function Compute retries a failed asynchronous call "
            f"({3 if retries is None else retries} times).",
            why="Any caller can make one, and so make the function work for nothing.",
            fix="Set maxAsyncRetryAttempts: 0 in s.yaml, then deploy.",
            severity="warning",
        )
