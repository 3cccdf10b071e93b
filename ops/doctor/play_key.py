"""Check that VOD has the deployment's PlayKey, for the deployment's application."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from ops.account import Account, NotAnswered, ServiceRefused
from ops.doctor import application
from ops.doctor.report import Report
from shared.config.settings import Settings
from shared.config.variables import PREFIX

_SUBJECT = f"play {PREFIX}PLAY_KEY"


def check(report: Report, account: Account, settings: Mapping[str, Settings]) -> None:
    """Compare GetAppPlayKey with the setting of `play`, if there is one."""
    play = settings.get("play")
    if play is None or not play.play_key:
        return
    app_id = application.of(settings)
    try:
        theirs = _of(account, app_id)
    except NotAnswered as fault:
        report.could_not_check(_SUBJECT, f"VOD did not answer ({fault})")
        return
    except ServiceRefused as refusal:
        if not application.refused(report, app_id, refusal):
            report.was_not_checked(_SUBJECT, f"VOD does not let this key read it: {refusal}")
        return
    if _same(theirs, play.play_key):
        report.is_sound(_SUBJECT, f"VOD has the same key for {app_id}")
        return
    owner = _owner(account, app_id, play.play_key)
    report.find(
        "play-key",
        _SUBJECT,
        f"VOD has {'another' if theirs else 'no'} PlayKey for {app_id}."
        + (f" The deployment's key is that of {owner}." if owner else ""),
        why="VOD accepts no JWTPlayAuth of this deployment. Players find out, vodpass does not.",
        fix="Run `python -m ops.playkey rotate --yes`, and deploy the line that it prints.",
    )


def _owner(account: Account, app_id: str, key: str) -> str | None:
    """The other application that has the key, as far as this key may read them."""
    try:
        for other in application.others(account, app_id):
            if _same(_of(account, other), key):
                return other
    except (NotAnswered, ServiceRefused):
        pass
    return None


def _of(account: Account, app_id: str) -> str:
    answer = account.vod("GetAppPlayKey", app_id=app_id)
    given: Mapping[str, Any] = answer.body.get("AppPlayKey") or {}
    return str(given.get("PlayKey") or "")


def _same(theirs: str, ours: str) -> bool:
    return hmac.compare_digest(theirs.encode(), ours.encode())
