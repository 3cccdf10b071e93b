"""What a caller gets: problems, CORS headers, and nothing that a browser may keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared import errors
from shared.errors import FieldError, Refusal
from shared.web.response import Response, preflight, problem, render

APP = "https://app.example.com"
ALLOWED = frozenset({APP, "https://admin.example.com"})


def rendered(response: Response, origin: str | None = None, **options: Any) -> dict[str, Any]:
    given = {"allowed_origins": frozenset[str](), **options}
    return render(response, origin=origin, **given)


def test_an_answer_is_json_that_nobody_keeps() -> None:
    assert rendered(Response(200, {"Title": "é\ud800"})) == {
        "statusCode": 200,
        "headers": {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Type": "application/json",
        },
        "isBase64Encoded": False,
        "body": '{"Title": "\\u00e9\\ud800"}',
    }


def test_an_allowed_origin_may_read_the_answer() -> None:
    headers = rendered(Response(200, {}), APP, allowed_origins=ALLOWED)["headers"]
    assert headers["Access-Control-Allow-Origin"] == APP
    assert headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Methods" not in headers


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "*", "https://evil.example.com", "HTTPS://app.example.com", f"{APP}/"],
)
def test_no_other_origin_may(origin: str | None) -> None:
    for methods in (None, ("POST",)):
        answer = rendered(
            Response(200, {}), origin, allowed_origins=ALLOWED, preflight_methods=methods
        )
        assert not [name for name in answer["headers"] if name.startswith("Access-Control")]
        # A cache must not give this answer to the origins that may.
        assert answer["headers"]["Vary"] == "Origin"


def test_a_preflight_says_what_a_page_may_send() -> None:
    answer = rendered(
        preflight(("GET", "POST")), APP, allowed_origins=ALLOWED, preflight_methods=("GET", "POST")
    )
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"] == {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Allow": "GET, POST, OPTIONS",
        "Vary": "Origin",
        "Access-Control-Allow-Origin": APP,
        "Access-Control-Expose-Headers": "Retry-After",
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
        "Access-Control-Max-Age": "600",
    }


def test_a_refusal_is_a_problem_by_rfc_9457() -> None:
    refusal = errors.InvalidRequest("Title is wrong.", [FieldError("/Title", "must be short")])
    response = problem(refusal, "1-abc")
    assert (response.status, response.content_type) == (400, "application/problem+json")
    assert response.content == {
        "type": "urn:vodpass:problem:InvalidRequest",
        "title": "The request is not valid",
        "status": 400,
        "detail": "Title is wrong.",
        "Code": "InvalidRequest",
        "RequestId": "1-abc",
        "errors": [{"pointer": "/Title", "reason": "must be short"}],
    }
    headers = rendered(problem(errors.MethodNotAllowed(["GET", "POST"]), ""))["headers"]
    assert headers["Allow"] == "GET, POST"
    assert headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("made", "headers", "members"),
    [
        (lambda: errors.InvalidRequest("a"), {}, {}),
        (lambda: errors.InvalidToken("missing", "a"), {"WWW-Authenticate": "Bearer"}, {}),
        (
            lambda: errors.InvalidToken("expired", "a"),
            {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            {},
        ),
        (
            lambda: errors.VideoNotReady("Transcoding", 10),
            {"Retry-After": "10"},
            {"Status": "Transcoding"},
        ),
        (lambda: errors.VideoNotReady("Blocked", None), {}, {"Status": "Blocked"}),
        (lambda: errors.VideoNotReady("Checking", 0), {"Retry-After": "0"}, {"Status": "Checking"}),
        (errors.Throttled, {"Retry-After": "1"}, {}),
        (lambda: errors.Throttled(0), {"Retry-After": "1"}, {}),
        (lambda: errors.Throttled(7), {"Retry-After": "7"}, {}),
        (lambda: errors.Unavailable("a"), {"Retry-After": "1"}, {}),
        (lambda: errors.Unavailable("a", retry_after=5), {"Retry-After": "5"}, {}),
        (lambda: errors.Misconfigured("a"), {}, {}),
        (lambda: errors.UpstreamTimeout("a"), {}, {}),
    ],
)
def test_a_refusal_says_when_to_ask_again(
    made: Callable[[], Refusal], headers: dict[str, str], members: dict[str, Any]
) -> None:
    refusal = made()
    assert refusal.headers == headers
    assert refusal.members == members


@pytest.mark.parametrize(
    ("made", "detail"),
    [
        (
            lambda: errors.InvalidCallback("time"),
            "URL, time and signature of a callback must be VOD's.",
        ),
        (
            errors.VideoNotFound,
            "No video with this VideoId belongs to you. Only videos can be refreshed or played.",
        ),
        (
            lambda: errors.NotConfigured("JWTPlayAuth"),
            "JWTPlayAuth is not switched on in this deployment.",
        ),
        (lambda: errors.MethodNotAllowed(("GET", "OPTIONS")), "Allowed: GET, OPTIONS."),
        (
            errors.UploadFinished,
            "This video no longer awaits its file, so no credential is issued for it.",
        ),
        (lambda: errors.UploadFinished("Done"), "Done, so no credential is issued for it."),
        (
            errors.UploadWindowClosed,
            "The time allowed for this upload has passed. Begin a new upload.",
        ),
        (
            errors.IdempotencyConflict,
            "This Idempotency-Key was used with another body. Use a new key.",
        ),
        (
            errors.IdempotencyKeySpent,
            "The video of this Idempotency-Key was deleted. Use a new key.",
        ),
        (
            lambda: errors.VideoNotReady("Checking", None),
            "Only a video whose Status is Normal can be played.",
        ),
        (lambda: errors.PayloadTooLarge(5), "At most 5 bytes are accepted."),
        (errors.Throttled, "The cloud's rate limit was reached."),
        (lambda: errors.Forbidden("No."), "No."),
    ],
)
def test_a_refusal_tells_the_caller_what_to_do(made: Callable[[], Refusal], detail: str) -> None:
    refusal = made()
    assert refusal.detail == detail
    assert str(refusal) == f"{refusal.code}: {detail}"


def test_a_fault_of_the_cloud_says_whether_a_repeat_is_safe() -> None:
    assert errors.Unavailable("a").effect == "none"
    assert errors.Unavailable("a", effect="unknown").effect == "unknown"
    assert errors.UpstreamTimeout("a").effect == "none"
    assert errors.UpstreamTimeout("a", effect="unknown").effect == "unknown"
    assert errors.Throttled().effect == "none"


def test_a_log_gets_the_reason_that_a_caller_does_not() -> None:
    assert errors.InvalidToken("expired", "a").reason == "expired"
    refusal = errors.InvalidCallback("stale")
    assert refusal.reason == "stale"
    assert "stale" not in json.dumps(problem(refusal, "").content)


def test_the_wrong_fields_of_a_request_are_at_hand() -> None:
    wrong = [FieldError("/A", "b"), FieldError("/C", "d")]
    refusal = errors.InvalidRequest("a", wrong)
    assert refusal.errors == tuple(wrong)
    listed = [{"pointer": "/A", "reason": "b"}, {"pointer": "/C", "reason": "d"}]
    assert refusal.members == {"errors": listed}
    assert errors.InvalidRequest("a").members == {}
