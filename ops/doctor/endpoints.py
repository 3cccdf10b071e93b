"""The deployed functions, asked as a stranger would, and with a caller's token where there is one.

Every request is one that can have no effect even if the function wrongly admits it: an empty
object is no upload, and the VideoId is of no video.
"""

from __future__ import annotations

import json
import re
import secrets

from ops.doctor import clock, forged, origins, web
from ops.doctor.deployment import BEARER, METHODS
from ops.doctor.report import Report
from ops.doctor.web import Place
from shared.config.jwk import KeySet
from shared.config.settings import Settings
from shared.transport import HttpAnswer, TransportError

_JSON = {"Content-Type": "application/json"}
_DETAIL = re.compile(r"[A-Za-z0-9 .,:;'()/-]{1,200}")


def check(
    report: Report, name: str, at: Place, settings: Settings | None, keys: KeySet | None
) -> None:
    """One function, without a good token. `keys` verify its callers', as far as known."""
    before = len(report.findings)
    first = _alone(report, name, at)
    if first is None:
        return
    clock.check(report, at.origin, first.headers)
    if name in BEARER:  # VOD sends no preflight, and nothing but POST
        _check_methods(report, name, at)
        origins.check(report, name, at, settings)
        _check_forged(report, name, at, settings, keys)
    if len(report.findings) == before:
        report.is_sound(f"{name} at {at.origin}", "answers as it should to a stranger")


def _alone(report: Report, name: str, at: Place) -> HttpAnswer | None:
    """Ask without a token. None where there is no use in asking more."""
    try:
        answer = web.ask(at, METHODS[name], headers=_JSON, body=_body(name))
    except TransportError as fault:
        report.find(
            "unreachable",
            name,
            f"{at.origin} does not answer ({fault}).",
            why="Its callers get nothing either.",
            mend="Check the URL, the domain's DNS record, certificate and route, and that the "
            "function is deployed.",
        )
        return None
    code = web.problem(answer).get("Code")
    wanted = "InvalidCallback" if name == "events" else "InvalidToken"
    if answer.status == 500 and code == "Misconfigured":
        _misconfigured(report, name, answer)
        return None
    if not code:
        report.find(
            "not-vodpass",
            name,
            f"{at.origin} answers {answer.status}, and not as a function of vodpass does.",
            why="The URL leads elsewhere, or Function Compute answers in the function's stead.",
            mend="Check the URL, the domain's route, and the trigger's authType (anonymous).",
        )
        return None
    if code in ("MethodNotAllowed", "InvalidToken", "InvalidCallback") and code != wanted:
        report.find(
            "wrong-function",
            name,
            f"{at.origin} leads to another function there: it answers {answer.status} {code}.",
            why="Its callers do not reach it.",
            mend="Check the domain's routes, or the URL.",
        )
        return None
    if (answer.status, code) != (401, wanted):
        report.find(
            "no-token-accepted",
            name,
            f"Without a token it answers {answer.status} {code}.",
            why="Whoever finds the URL may be admitted.",
            mend="Deploy the code of this version: take the function away until then.",
        )
        return None
    if name in BEARER and "www-authenticate" not in answer.headers:
        report.find(
            "no-challenge",
            name,
            "Its 401 has no WWW-Authenticate.",
            why="Something between changes the answers; clients tell by it what is missing.",
            mend="Take whatever rewrites headers out of the way.",
            severity="warning",
        )
    _check_not_stored(report, name, answer)
    return answer


def _misconfigured(report: Report, name: str, answer: HttpAnswer) -> None:
    detail = str(web.problem(answer).get("detail", ""))
    shown = detail if _DETAIL.fullmatch(detail) else "The function is misconfigured."
    report.find(
        "misconfigured",
        name,
        f"It answers 500 Misconfigured: {shown} {_request_id(answer)}",
        why="Nobody gets anything from it.",
        mend="A setting: the first line of the instance's log names it. A permission or a role: "
        "ram/README.md.",
    )


def _check_not_stored(report: Report, name: str, answer: HttpAnswer) -> None:
    for header, wanted in (("cache-control", "no-store"), ("x-content-type-options", "nosniff")):
        if answer.headers.get(header) != wanted:
            report.find(
                "header",
                name,
                f"Its answer lacks {header}: {wanted}.",
                why="A cache, or a browser, may keep or reinterpret a credential.",
                mend="Take whatever rewrites headers out of the way (a CDN, a gateway).",
            )


def _check_methods(report: Report, name: str, at: Place) -> None:
    answer = web.attempt(report, name, at, "PUT", headers=_JSON, body=b"{}")
    if answer is None:
        return
    allowed = {one.strip() for one in answer.headers.get("allow", "").split(",")}
    if answer.status != 405 or not {METHODS[name], "OPTIONS"} <= allowed:
        report.find(
            "methods",
            name,
            f"To PUT it answers {answer.status}, not 405 with Allow.",
            why="Function Compute or something between answers in the function's stead.",
            mend="List all methods in the trigger of s.yaml, so that the function answers.",
            severity="warning",
        )


def _check_forged(
    report: Report, name: str, at: Place, settings: Settings | None, keys: KeySet | None
) -> None:
    if settings is None or keys is None:
        report.was_not_checked(name, "forged tokens: the keys to forge against are not known")
        return
    for one in forged.tokens(settings, keys):
        headers = {**_JSON, "Authorization": f"Bearer {one.token}"}
        answer = web.attempt(report, name, at, METHODS[name], headers=headers, body=_body(name))
        if answer is None:
            return
        if answer.status == 401:
            continue
        if answer.status == 429 or answer.status >= 500:
            report.could_not_check(
                name,
                f"whether it refuses a token that is {one.fault}: it answers {answer.status} "
                f"{web.problem(answer).get('Code', '')} {_request_id(answer)}",
            )
            return
        report.find(
            "forged-token",
            name,
            f"A token that is {one.fault} is answered with {answer.status}, not 401.",
            why="Whoever makes such a token is taken for any user that it names.",
            mend="Deploy the code and the settings of this version: take the function away until "
            "then.",
        )
    open_ = forged.leaves_open(keys)
    if open_:
        report.was_not_checked(name, open_)


def check_with_token(report: Report, name: str, at: Place, token: str) -> None:
    """One function, with a caller's own token: a video that does not exist shows whether the
    function's role may look, and that the token is accepted."""
    headers = {**_JSON, "Authorization": f"Bearer {token}"}
    query, body = "", b""
    if name == "play":
        query = f"VideoId={secrets.token_hex(16)}"
    elif name == "refresh":
        body = json.dumps({"VideoId": secrets.token_hex(16)}).encode()
    else:
        body = b"{}"
    answer = web.attempt(report, name, at, METHODS[name], headers=headers, query=query, body=body)
    if answer is None:
        return
    code = str(web.problem(answer).get("Code", ""))
    wanted = {"play": "VideoNotFound", "refresh": "VideoNotFound"}.get(name, "InvalidRequest")
    if code == wanted:
        report.is_sound(name, f"with the caller's token it answers {answer.status} {code}, rightly")
    elif code == "Misconfigured":
        _misconfigured(report, name, answer)
    elif code == "InvalidToken":
        report.find(
            "token-refused",
            name,
            f"It refuses the caller's token. {_request_id(answer)}",
            why="Users with tokens like this one get nothing.",
            mend="The function's log has the reason by that request id; docs/tokens.md says what "
            "the settings must be for each issuer.",
        )
    elif code in ("Forbidden", "NotConfigured"):
        report.was_not_checked(name, f"with a caller's token: it answers {code} to this one")
    else:
        report.could_not_check(
            name, f"with a caller's token it answers {answer.status} {code} {_request_id(answer)}"
        )


def _body(name: str) -> bytes:
    return b"" if METHODS[name] == "GET" else b"{}"


def _request_id(answer: HttpAnswer) -> str:
    found = re.fullmatch(r"[A-Za-z0-9-]{1,64}", str(web.problem(answer).get("RequestId", "")))
    return f"(RequestId {found[0]})" if found else ""
