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

_MEND = "Deploy the settings that were checked; the function must get the URL as VOD calls it."


def check(report: Report, at: Place, settings: Settings, vod_key: str | None) -> None:
    """`at` is where VODPASS_CALLBACK_URL leads. `vod_key`: the AuthKey VOD has, where known.

    A callback with a good signature and `{}` for a body is refused for its body (400): nothing is
    handed on, and nothing is read at VOD.
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
                f"It answers {status} to a callback that is signed with {whose}.",
                why="It would refuse VOD's as well: every event is lost after three attempts.",
                mend=_MEND,
            )
    stranger = secrets.token_urlsafe(24)
    wrong = {
        "signed with a key of nobody's": (now, stranger),
        "an hour old": (now - 3600, settings.callback_keys[0]),
    }
    for fault, (moment, key) in wrong.items():
        status = _send(report, at, settings, moment, key)
        if status is not None and status != 401:
            report.find(
                "forged-callback",
                "events VODPASS_CALLBACK_URL",
                f"It answers {status}, not 401, to a callback that is {fault}.",
                why="Whoever knows the URL can make it work for nothing.",
                mend="Deploy the code of this version: take the function away until then.",
            )


def _send(report: Report, at: Place, settings: Settings, moment: int, key: str) -> int | None:
    headers = signed_callback.headers(settings.callback_url, moment, key)
    try:
        return web.ask(at, "POST", headers=headers, body=b"{}").status
    except TransportError as fault:
        report.could_not_check("events", f"POST {at.origin}: {fault}")
        return None
