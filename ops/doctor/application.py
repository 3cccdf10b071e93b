"""Check the deployment's VOD application: is it there, and may the roles use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ops.account import Account, NotAnswered, ServiceAnswer, ServiceRefused
from ops.doctor import roles
from ops.doctor.deployment import Deployment
from ops.doctor.policies import RAM_FOLDER
from ops.doctor.report import Report
from shared.config.settings import DEFAULT_APP, Settings
from shared.config.uses import USES
from shared.config.variables import PREFIX

NOT_OPEN = "OperationDenied.NotOpenAppService"
ADMINISTRATOR = "VODAppAdministratorAccess"
FULL = "VODAppFullAccess"
MOST = 100
"""Applications that are looked at. An account has eleven at most, unless VOD raises its limit."""

APPLICATION_POLICIES = RAM_FOLDER / "applications.json"
"""Role -> the policy of the application that it needs. `watch` may need more."""

SUBJECT = f"{PREFIX}APP_ID"
_CAUSES: Mapping[str, str] = {
    "Forbidden.OperateApp": "Attach a policy of this application to the user of this key with "
    "AttachAppPolicyToIdentity. For this check, VODAppReadOnlyAccess is enough.",
    NOT_OPEN: f"Open multiple applications in VOD (by a ticket), or unset {SUBJECT}.",
}
"""Code -> how to fix it. Both differ from a missing RAM permission."""


def of(settings: Mapping[str, Settings]) -> str:
    """The AppId of the deployment; VOD's default application if none is set."""
    return next((one.app_id for one in settings.values() if one.app_id), DEFAULT_APP)


def refused(report: Report, app_id: str, refusal: ServiceRefused) -> bool:
    """Whether VOD refused a call because of the application. Then it is a finding."""
    if refusal.code not in _CAUSES and not refusal.code.startswith("InvalidApp"):
        return False
    _unusable(
        report,
        f"VOD refuses the application {app_id}: {refusal.code}.",
        _CAUSES.get(refusal.code) or f"Take the AppId from GetAppInfos, or unset {SUBJECT}.",
    )
    return True


def check(
    report: Report, account: Account, deployment: Deployment, settings: Mapping[str, Settings]
) -> bool:
    """Whether the application of the deployment can be used, as far as this key may know."""
    named = {one.app_id or DEFAULT_APP for name, one in settings.items() if SUBJECT in USES[name]}
    if len(named) > 1:
        _unusable(
            report,
            f"The functions name different applications: {', '.join(sorted(named))}.",
            f"Give `upload`, `play` and `watch` the same {SUBJECT}.",
        )
        return False
    app_id = of(settings)
    if app_id != DEFAULT_APP and not _is_there(report, account, app_id):
        return False
    _check_roles(report, account, deployment, settings, app_id)
    return True


def others(account: Account, app_id: str) -> Iterator[str]:
    """The other applications that this key may read. Raises ServiceRefused or NotAnswered."""
    try:
        listed = account.vod("ListAppInfo", page_no=1, page_size=MOST).body
    except ServiceRefused as refusal:
        if refusal.code != NOT_OPEN:
            raise
        return  # there is only the default one
    for one in listed.get("AppInfoList") or ():
        if one.get("AppId") not in (None, app_id):
            yield str(one["AppId"])


def _is_there(report: Report, account: Account, app_id: str) -> bool:
    try:
        answer = account.vod("GetAppInfos", app_ids=app_id)
    except NotAnswered as fault:
        report.could_not_check(SUBJECT, f"VOD did not answer ({fault})")
        return True
    except ServiceRefused as refusal:
        if refused(report, app_id, refusal):
            return False
        _not_allowed(report, "whether VOD has it", refusal)
        return True
    for one in answer.body.get("AppInfoList") or ():
        if one.get("AppId") == app_id and one.get("Status") == "Disable":
            _unusable(
                report,
                f"The application {app_id} is disabled.",
                "Enable it with UpdateAppInfo.",
            )
            return False
        if one.get("AppId") == app_id:
            report.is_sound(SUBJECT, f"VOD has the application {app_id}")
            return True
    # The list leaves out what does not exist, and what this key may not read. Another call tells
    # which of the two it is.
    try:
        account.vod("GetMessageCallback", app_id=app_id)
    except ServiceRefused as refusal:
        if not refused(report, app_id, refusal):
            _not_allowed(report, "whether VOD has it", refusal)
            return True
    except NotAnswered as fault:
        report.could_not_check(SUBJECT, f"VOD did not answer ({fault})")
        return True
    else:
        _unusable(
            report,
            f"VOD lists no application {app_id}.",
            f"Take the AppId from GetAppInfos, or unset {SUBJECT}.",
        )
    return False


def _check_roles(
    report: Report,
    account: Account,
    deployment: Deployment,
    settings: Mapping[str, Settings],
    app_id: str,
) -> None:
    """ListAppPoliciesForIdentity of each role that calls VOD."""
    subject = f"roles in {app_id}"
    try:
        administers = _administers(account)
    except NotAnswered as fault:
        report.could_not_check(subject, f"VOD or STS did not answer ({fault})")
        return
    except ServiceRefused as refusal:
        if refusal.code != NOT_OPEN:
            _not_allowed(report, "which policies the roles have on it", refusal)
        return  # without multiple applications no role needs a policy
    if not administers:
        report.was_not_checked(
            subject,
            f"VOD shows the policies of other identities only to an application administrator "
            f"({ADMINISTRATOR}), which this key is not",
        )
        return
    policies: Mapping[str, str] = json.loads(APPLICATION_POLICIES.read_text("utf-8"))
    for role in roles.of(deployment, settings.get("sts")):
        needed = FULL if _watch_writes(role, settings) else policies.get(role.folder)
        if needed is None:
            continue
        try:
            answer = _policies(account, "RamRole", role.name, app_id)
        except NotAnswered as fault:
            report.could_not_check(role.name, f"its policies on {app_id}: no answer ({fault})")
        except ServiceRefused as refusal:
            # A role that does not exist is found in RAM.
            report.was_not_checked(role.name, f"its policies on {app_id}: {refusal}")
        else:
            _judge_role(report, role.name, app_id, _names(answer), needed)


def _judge_role(report: Report, name: str, app_id: str, held: set[str], policy: str) -> None:
    enough = {ADMINISTRATOR, FULL, policy}
    if held & enough:
        report.is_sound(name, f"has {', '.join(sorted(held))} of {app_id}")
        return
    report.find(
        "application-role",
        name,
        f"It may only read in the application {app_id}."
        if held
        else f"It has no policy of the application {app_id}.",
        why="VOD refuses its calls with Forbidden.OperateApp, or answers as if no video existed. "
        "Permission in RAM alone is not enough.",
        fix=f"Attach {policy}: `aliyun vod AttachAppPolicyToIdentity --IdentityType RamRole "
        f"--IdentityName {name} --AppId {app_id} --PolicyNames {policy}`. ram/README.md has all.",
    )


def _watch_writes(role: roles.Role, settings: Mapping[str, Settings]) -> bool:
    watch = settings.get("watch")
    if role.folder != "vodpass-watch" or watch is None:
        return False
    return bool(watch.credential_webhook_url) or watch.cleanup == "delete"


def _administers(account: Account) -> bool:
    """Whether VOD shows this key the policies of others. Raises ServiceRefused or NotAnswered."""
    caller = account.sts("GetCallerIdentity").body
    if caller.get("IdentityType") == "RAMUser":
        kind, name = "RamUser", str(caller.get("PrincipalId"))
    elif caller.get("IdentityType") == "AssumedRoleUser":
        kind, name = "RamRole", str(caller.get("Arn")).split("/")[1]
    else:  # the account itself is an administrator
        kind, name = "RamRole", "vodpass-upload"
    held = _names(_policies(account, kind, name, DEFAULT_APP))
    return caller.get("IdentityType") == "Account" or ADMINISTRATOR in held


def _policies(account: Account, kind: str, name: str, app_id: str) -> ServiceAnswer:
    return account.vod(
        "ListAppPoliciesForIdentity", identity_type=kind, identity_name=name, app_id=app_id
    )


def _names(answer: ServiceAnswer) -> set[str]:
    listed: Any = answer.body.get("AppPolicyList") or ()
    return {str(one.get("PolicyName")) for one in listed}


def _not_allowed(report: Report, what: str, refusal: ServiceRefused) -> None:
    cause = "RAM does not allow this key to ask" if refusal.for_permission else "VOD refused"
    report.was_not_checked(SUBJECT, f"{what}: {cause} ({refusal})")


def _unusable(report: Report, what: str, fix: str) -> None:
    report.find(
        "application",
        SUBJECT,
        what,
        why="Its videos, its callbacks and its PlayKey are separate from those of every other "
        "application. Uploads that name it fail.",
        fix=fix,
    )
