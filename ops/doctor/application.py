"""Check the deployment's VOD application, and that VOD has the deployment's PlayKey."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from ops.account import Account, NotAnswered, ServiceRefused
from ops.doctor.report import Report
from shared.config.settings import Settings
from shared.config.variables import PREFIX
from shared.playback.jwt import DEFAULT_APP

_KEY = f"play {PREFIX}PLAY_KEY"
_APPLICATION = f"{PREFIX}APP_ID"
_CAUSES: Mapping[str, str] = {
    "Forbidden.OperateApp": "Attach a policy of this application to the role or user with "
    "AttachAppPolicyToIdentity.",
    "OperationDenied.NotOpenAppService": "Open multiple applications in VOD, or unset "
    f"{_APPLICATION}.",
}
"""Code -> how to fix it. Both differ from a missing RAM permission."""


def of(settings: Mapping[str, Settings]) -> str:
    """The AppId of the deployment; VOD's default application if none is set."""
    return next((one.app_id for one in settings.values() if one.app_id), DEFAULT_APP)


def refused(report: Report, app_id: str, refusal: ServiceRefused) -> bool:
    """Whether VOD refused a call because of the application. Then it is a finding."""
    fix = _CAUSES.get(refusal.code)
    if fix is None and not refusal.code.startswith("InvalidApp"):
        return False
    report.find(
        "application",
        _APPLICATION,
        f"VOD refuses the application {app_id}: {refusal.code}.",
        why="Its videos, its callbacks and its PlayKey are separate from those of every other "
        "application. Uploads that name it fail.",
        fix=fix or f"Take the AppId from VOD's console, or unset {_APPLICATION}.",
    )
    return True


def check(report: Report, account: Account, settings: Mapping[str, Settings]) -> None:
    """Compare GetAppPlayKey with the setting of `play`, if there is one."""
    play = settings.get("play")
    if play is None or not play.play_key:
        return
    app_id = of(settings)
    try:
        answer = account.vod("GetAppPlayKey", app_id=app_id)
    except NotAnswered as fault:
        report.could_not_check(_KEY, f"VOD did not answer ({fault})")
        return
    except ServiceRefused as refusal:
        if not refused(report, app_id, refusal):
            report.was_not_checked(_KEY, f"VOD does not let this key read it: {refusal}")
        return
    given: Mapping[str, Any] = answer.body.get("AppPlayKey") or {}
    theirs = str(given.get("PlayKey") or "")
    if hmac.compare_digest(theirs.encode(), play.play_key.encode()):
        report.is_sound(_KEY, f"VOD has the same key for {app_id}")
        return
    report.find(
        "play-key",
        _KEY,
        f"VOD has {'another' if theirs else 'no'} PlayKey for {app_id}.",
        why="VOD accepts no JWTPlayAuth of this deployment. Players find out, vodpass does not.",
        fix="Run `python -m ops.playkey rotate --yes`, and deploy the line that it prints.",
    )
