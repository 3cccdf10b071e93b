"""Check `events` with callbacks that VOD could send, except that they hold no event."""

from __future__ import annotations

import secrets
import time

from ops import signed_callback
from ops.doctor import web
from ops.doctor.report import Report
from ops.doctor.web import Place
from shared.config.settings import Settings
from shared.transport import TransportError

_FIX = "Deploy the settings that were checked. The function must get the URL that VOD calls."


def check(report: Report, at: Place, settings: Settings, vod_key: str | None) -> None:
    """Send signed, forged and old callbacks. `vod_key` is VOD's own AuthKey, if known.

    `at` is where VODPASS_CALLBACK_URL leads. The body is `{}`, so the function answers 400 to a
    valid signature: it sends no event, and reads nothing from VOD.
    """
    keys = {f"key {number}": key for number, key in enumerate(settings.callback_keys, 1)}
    if vod_key is not None:
        keys["VOD's own key"] = vod_key
    now = int(time.time())
    for whose, key in keys.items():
        status = _send(report, at, settings, now, key)
        if status is not None and status != 400:
            report.find(
                "callback-refused",
                "events VODPASS_CALLBACK_URL",
                f"It answers {status}, not 400, to a callback that is signed with {whose}.",
                why="It would refuse VOD's callbacks too. VOD drops each after three attempts.",
                fix=_FIX,
            )
    unknown = secrets.token_urlsafe(24)
    wrong = {
        "signed with an unknown key": (now, unknown),
        "an hour old": (now - 3600, settings.callback_keys[0]),
    }
    for fault, (moment, key) in wrong.items():
        status = _send(report, at, settings, moment, key)
        if status is not None and status != 401:
            report.find(
                "forged-callback",
                "events VODPASS_CALLBACK_URL",
                f"It answers {status}, not 401, to a callback that is {fault}.",
                why="Anyone who knows the URL can make it work for nothing.",
                fix="Remove the function, then deploy the code of this version.",
            )


def _send(report: Report, at: Place, settings: Settings, moment: int, key: str) -> int | None:
    headers = signed_callback.headers(settings.callback_url, moment, key)
    try:
        return web.ask(at, "POST", headers=headers, body=b"{}").status
    except TransportError as fault:
        report.could_not_check("events", f"POST {at.origin}: {fault}")
        return None
