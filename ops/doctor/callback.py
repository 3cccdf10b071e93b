"""Check that VOD sends its callbacks to the deployed URL, signed with the deployed key."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ops import upload_callback
from ops.account import Account, NotAnswered, ServiceRefused
from ops.callback_events import loss, not_selected
from ops.doctor import application
from ops.doctor.deployment import Deployment
from ops.doctor.report import Report
from shared.config.settings import Settings

_FIX = "Run `python -m ops.callbacks set --deployed` with the deployment's settings."
_SUBJECT = "events"


def check(
    report: Report,
    account: Account,
    settings: Settings,
    deployment: Deployment,
    app_id: str,
    upload: Settings | None = None,
) -> str | None:
    """Compare GetMessageCallback of the application with the settings of `events`.

    `upload`: its settings, if each upload may name the address. Returns the AuthKey that VOD signs
    with if it is one of the deployment's, else None.
    """
    try:
        answer = account.vod("GetMessageCallback", app_id=app_id)
    except NotAnswered as fault:
        report.could_not_check("VOD callback", f"VOD did not answer ({fault})")
        return None
    except ServiceRefused as refusal:
        if not application.refused(report, app_id, refusal):
            report.could_not_check("VOD callback", f"this key may not read it: {refusal}")
        return None
    given: Mapping[str, Any] = answer.body.get("MessageCallback") or {}
    if upload is not None and upload.upload_callback:
        return _check_named_by_uploads(report, given, settings, upload, app_id)
    kind = given.get("CallbackType")
    if not _is_ours(given, settings, deployment) and _in_another(
        report, account, settings, deployment, app_id
    ):
        return None
    if not kind:
        report.find(
            "callback-unset",
            _SUBJECT,
            f"VOD sends no callbacks of the application {app_id}.",
            why="The app never learns that an upload has finished or that a video is ready.",
            fix=_FIX,
        )
        return None
    before = len(report.findings)
    _check_types(report, str(given.get("EventTypeList") or ""))
    if kind != "HTTP":
        _check_queue(report, str(given.get("MnsQueueName") or ""), deployment)
        return None
    _check_url(report, str(given.get("CallbackURL") or ""), settings.callback_url)
    key = _check_key(report, given, settings.callback_keys)
    if len(report.findings) == before:
        report.is_sound("VOD callback", "URL, key and event types match the deployment")
    return key


def _check_named_by_uploads(
    report: Report, given: Mapping[str, Any], settings: Settings, upload: Settings, app_id: str
) -> str | None:
    """The address is in each upload. VOD's own configuration says the method, types and key."""
    before = len(report.findings)
    if not hmac.compare_digest(upload.callback_url.encode(), settings.callback_url.encode()):
        report.find(
            "upload-callback-url",
            "upload VODPASS_CALLBACK_URL",
            "`upload` and `events` have different addresses.",
            why="Uploads name an address that `events` does not have, so it gets no callback.",
            fix="Give both functions the same VODPASS_CALLBACK_URL.",
        )
    if given.get("CallbackType") != "HTTP":
        report.find(
            "upload-callback",
            f"upload {upload_callback.FLAG}",
            f"{upload_callback.obstacle(given)} (application {app_id}).",
            why="The app may get no event of its uploads, or another system gets them.",
            fix="Set VOD's own callbacks to HTTP, with every type selected and a key "
            f"(`python -m ops.callbacks set`), or unset {upload_callback.FLAG}.",
        )
        return None
    _check_types(report, str(given.get("EventTypeList") or ""))
    key = _check_key(report, given, settings.callback_keys)
    if len(report.findings) == before:
        report.is_sound(
            "VOD callback",
            "HTTP, key and event types let each upload name the deployment's address",
        )
    return key


def _is_ours(given: Mapping[str, Any], settings: Settings, deployment: Deployment) -> bool:
    """Whether the callbacks go to this deployment."""
    if given.get("CallbackType") == "HTTP":
        theirs = str(given.get("CallbackURL") or "")
        return hmac.compare_digest(theirs.encode(), settings.callback_url.encode())
    if not given.get("CallbackType") or deployment.document is None:
        return False
    return given.get("MnsQueueName") in deployment.queues(_SUBJECT)


def _in_another(
    report: Report, account: Account, settings: Settings, deployment: Deployment, app_id: str
) -> bool:
    """Whether another application's callbacks come here. Then it is a finding."""
    try:
        for other in application.others(account, app_id):
            answer = account.vod("GetMessageCallback", app_id=other)
            if _is_ours(answer.body.get("MessageCallback") or {}, settings, deployment):
                break
        else:
            return False
    except (NotAnswered, ServiceRefused):
        return False  # this key may not see the others: what it does see is judged
    report.find(
        "callback-application",
        f"{_SUBJECT} {application.SUBJECT}",
        f"VOD sends the callbacks of the application {other} to this deployment, and not those of "
        f"its own application {app_id}.",
        why="Each application has callbacks of its own. The app never learns of its uploads.",
        fix=f"Correct {application.SUBJECT}, or run `python -m ops.callbacks set --deployed "
        f"--app-id {app_id}`.",
    )
    return True


def _check_queue(report: Report, theirs: str, deployment: Deployment) -> None:
    if deployment.document is None:
        report.was_not_checked(
            "VOD callback", "VOD sends them to a queue; `s preview` shows which function reads it"
        )
        return
    read = deployment.queues(_SUBJECT)
    if theirs in read:
        report.is_sound("VOD callback", "VOD sends them to the queue that the function reads")
        return
    report.find(
        "callback-queue",
        _SUBJECT,
        f"VOD sends callbacks to a queue; the function reads {' and '.join(read) or 'none'}.",
        why="No function reads that queue, so the app never gets the events.",
        fix="Set the same queue in s.yaml and at VOD. `python -m ops.callbacks show` shows VOD's.",
    )


def _check_url(report: Report, theirs: str, ours: str) -> None:
    if hmac.compare_digest(theirs.encode(), ours.encode()):
        return
    # The path helps to keep forged callbacks out, so only the host is shown.
    place, wanted = urlsplit(theirs), urlsplit(ours)
    part = "path" if (place.scheme, place.netloc) == (wanted.scheme, wanted.netloc) else "host"
    shown = f" ({place.hostname}, not {wanted.hostname})" if part == "host" else ""
    report.find(
        "callback-url",
        f"{_SUBJECT} VODPASS_CALLBACK_URL",
        f"VOD calls another URL: its {part} differs{shown}.",
        why="The signature covers the URL, byte for byte, so the function refuses every callback. "
        "VOD drops each after three attempts.",
        fix=_FIX,
    )


def _check_key(report: Report, given: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    if given.get("AuthSwitch") != "on":
        report.find(
            "callback-unsigned",
            f"{_SUBJECT} VODPASS_CALLBACK_KEYS",
            "VOD does not sign its callbacks (AuthSwitch is not on).",
            why="The function refuses a callback without a signature, so every event is lost.",
            fix=_FIX,
        )
        return None
    theirs = str(given.get("AuthKey") or "")
    matches = [hmac.compare_digest(theirs.encode(), key.encode()) for key in keys]
    if any(matches):
        return theirs
    report.find(
        "callback-key",
        f"{_SUBJECT} VODPASS_CALLBACK_KEYS",
        "VOD signs with a key that the deployment does not have.",
        why="The function refuses the signature. VOD drops each callback after three attempts.",
        fix="Deploy VOD's key together with the new one, as `python -m ops.callbacks rotate` "
        "does. If nobody has VOD's key any more: " + _FIX,
    )
    return None


def _check_types(report: Report, listed: str) -> None:
    missing = not_selected(listed)
    if missing:
        report.find(
            "callback-types",
            _SUBJECT,
            f"VOD does not send {', '.join(missing)}.",
            why=loss(missing),
            fix="Run `python -m ops.callbacks set` again, with --deployed for HTTP or --queue for "
            "a queue. It selects them unless --events says otherwise.",
        )
