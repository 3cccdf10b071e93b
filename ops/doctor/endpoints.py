"""Call the deployed functions without a token, with forged tokens, and with a caller's token.

No request has an effect, even if a function wrongly accepts it: an empty object is no upload, and
no video has the VideoId.
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
    report: Report,
    name: str,
    at: Place,
    settings: Settings | None,
    keys: KeySet | None,
    *,
    rehearsal: bool = False,
) -> None:
    """Check one function without a valid token. `keys` verify callers' tokens, if known."""
    before = len(report.findings)
    first = _alone(report, name, at)
    if first is None:
        return
    clock.check(report, at.origin, first.headers, rehearsal=rehearsal)
    if name in BEARER:  # VOD sends no preflights, and only POST
        _check_methods(report, name, at)
        origins.check(report, name, at, settings)
        _check_forged(report, name, at, settings, keys)
    if len(report.findings) == before:
        report.is_sound(f"{name} at {at.origin}", "refuses a caller without a valid token")


def _alone(report: Report, name: str, at: Place) -> HttpAnswer | None:
    """Call without a token. None if further requests are of no use."""
    try:
        answer = web.ask(at, METHODS[name], headers=_JSON, body=_body(name))
    except TransportError as fault:
        report.find(
            "unreachable",
            name,
            f"{at.origin} does not answer ({fault}).",
            why="Its callers get no answer either.",
            fix="Check the URL, the domain's DNS record, certificate and route, and that the "
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
            f"{at.origin} answers {answer.status}, but not in the form of vodpass.",
            why="The URL leads elsewhere, or Function Compute answers before the function.",
            fix="Check the URL, the domain's route, and the trigger's authType (anonymous).",
        )
        return None
    if code in ("MethodNotAllowed", "InvalidToken", "InvalidCallback") and code != wanted:
        report.find(
            "wrong-function",
            name,
            f"{at.origin} leads to another function: it answers {answer.status} {code}.",
            why="Callers do not reach this function.",
            fix="Check the domain's routes, or the URL.",
        )
        return None
    if (answer.status, code) != (401, wanted):
        report.find(
            "no-token-accepted",
            name,
            f"Without a token it answers {answer.status} {code}.",
            why="Anyone who finds the URL may be able to use the function.",
            fix="Remove the function, then deploy the code of this version.",
        )
        return None
    if name in BEARER and "www-authenticate" not in answer.headers:
        report.find(
            "no-challenge",
            name,
            "Its 401 has no WWW-Authenticate.",
            why="Something in between changes the answers. Clients need this header.",
            fix="Remove what rewrites headers (a CDN, a gateway).",
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
        why="It refuses every caller.",
        fix="For a setting, read the first line of the instance's log, which names it. For a "
        "permission or a role, see ram/README.md.",
    )


def _check_not_stored(report: Report, name: str, answer: HttpAnswer) -> None:
    for header, wanted in (("cache-control", "no-store"), ("x-content-type-options", "nosniff")):
        if answer.headers.get(header) != wanted:
            report.find(
                "header",
                name,
                f"Its answer lacks {header}: {wanted}.",
                why="A cache or a browser may store or misinterpret a credential.",
                fix="Remove what rewrites headers (a CDN, a gateway).",
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
            f"It answers PUT with {answer.status}, not with 405 and Allow.",
            why="Function Compute, or something in between, answers before the function.",
            fix="List all methods in the trigger in s.yaml, so that the function answers.",
            severity="warning",
        )


def _check_forged(
    report: Report, name: str, at: Place, settings: Settings | None, keys: KeySet | None
) -> None:
    if settings is None or keys is None:
        report.was_not_checked(name, "forged tokens: the keys that verify tokens are not known")
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
            f"It answers {answer.status}, not 401, to a token that is {one.fault}.",
            why="Anyone can make such a token, for any user.",
            fix="Remove the function, then deploy the code and the settings of this version.",
        )
    open_ = forged.leaves_open(keys)
    if open_:
        report.was_not_checked(name, open_)


def check_with_token(report: Report, name: str, at: Place, token: str) -> None:
    """Check one function with a caller's token.

    It asks for a video that does not exist. The answer shows whether the function accepts the
    token, and whether its role may read videos.
    """
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
        report.is_sound(name, f"answers {answer.status} {code} to the caller's token, as it should")
    elif code == "Misconfigured":
        _misconfigured(report, name, answer)
    elif code == "InvalidToken":
        report.find(
            "token-refused",
            name,
            f"It refuses the caller's token. {_request_id(answer)}",
            why="It refuses every user with such a token.",
            fix="Find the reason by that request id in the function's log. docs/tokens.md has the "
            "settings for each issuer.",
        )
    elif code in ("Forbidden", "NotConfigured"):
        report.was_not_checked(name, f"what it answers to a caller's token: for this one, {code}")
    else:
        report.could_not_check(
            name, f"answers {answer.status} {code} to the caller's token {_request_id(answer)}"
        )


def _body(name: str) -> bytes:
    return b"" if METHODS[name] == "GET" else b"{}"


def _request_id(answer: HttpAnswer) -> str:
    found = re.fullmatch(r"[A-Za-z0-9-]{1,64}", str(web.problem(answer).get("RequestId", "")))
    return f"(RequestId {found[0]})" if found else ""
