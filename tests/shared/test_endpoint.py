"""The order of work of a function with an HTTP trigger, and what it logs of each request."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from shared.alibaba.vod.operations import VOD_SERVICE
from shared.errors import (
    Forbidden,
    InvalidCallback,
    InvalidRequest,
    InvalidToken,
    Misconfigured,
    Refusal,
    Throttled,
    Unavailable,
    VideoNotReady,
)
from shared.limits.limiter import LimitReached
from shared.runtime import instance as module
from shared.runtime import log
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance, deadline_of
from shared.runtime.seen import Latest, Seen
from shared.web.request import MAX_EVENT, Request
from tests.reliability.functions import http_event
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

ORIGIN = "https://app.example.com"
CONTEXT = SimpleNamespace(
    request_id="1-abc",
    function=SimpleNamespace(timeout=10),
    credentials=SimpleNamespace(access_key_id="STS.a", access_key_secret="b", security_token="c"),
)


def environment(**changes: str) -> dict[str, str]:
    """The variables of `refresh`."""
    given = {
        "FC_ACCOUNT_ID": "1234567890123456",
        "VODPASS_REGION": "cn-shanghai",
        "VODPASS_JWT_KEYS": Issuer().jwks(),
        "VODPASS_JWT_ISSUER": ISSUER,
        "VODPASS_JWT_AUDIENCE": AUDIENCE,
        "VODPASS_ISSUER_ALIAS": "example",
        "VODPASS_OWNER_KEYS": "k1:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=",
        "VODPASS_CORS_ORIGINS": ORIGIN,
        **changes,
    }
    return {name: value for name, value in given.items() if value}


class Function:
    """An endpoint that does as it is told. ``did`` says in which order."""

    def __init__(self, **changes: str) -> None:
        self.did: list[str] = []
        self.raises: Exception | None = None
        self.refuses: Exception | None = None
        self.call: Call[Any] | None = None
        self.instance = Instance("refresh", VOD_SERVICE, environment(**changes))
        self.endpoint: Endpoint[Any] = Endpoint(
            self.instance, self._admission, {"POST": self._act, "GET": self._act}
        )

    def _admission(self, _: Any) -> Any:
        self.did.append("admission")
        return self._admit

    def _admit(self, request: Request) -> Any:
        self.did.append(f"admit {request.method}")
        if self.refuses is not None:
            raise self.refuses
        return SimpleNamespace(subject="alice")

    def _act(self, call: Call[Any]) -> Mapping[str, Any]:
        self.did.append("act")
        self.call = call
        call.log_line.update(VideoId="v")
        if self.raises is not None:
            raise self.raises
        return {"A": 1}

    def answer(self, method: str = "POST", event: Any = None, **headers: Any) -> Any:
        given = http_event(method, "/refresh", **headers) if event is None else event
        raw = given if isinstance(given, bytes) else json.dumps(given).encode()
        found = self.endpoint.answer(raw, CONTEXT)
        return SimpleNamespace(
            status=found["statusCode"],
            headers=found["headers"],
            body=json.loads(found["body"] or "null"),
        )


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_request_is_admitted_then_done_then_logged(capsys: pytest.CaptureFixture[str]) -> None:
    function = Function()
    answer = function.answer()
    assert function.did == ["admission", "admit POST", "act"]
    assert (answer.status, answer.body) == (200, {"A": 1})
    assert answer.headers["Content-Type"] == "application/json"
    [line] = lines(capsys)
    assert 0 <= line.pop("ms") < 60_000
    assert line == {
        "function": "refresh",
        "subject": "alice",
        "VideoId": "v",
        "decision": "issued",
        "code": "OK",
        "status": 200,
        "request_id": "1-abc",
        "cold": True,
    }
    function.answer("GET")
    assert function.did[3:] == ["admit GET", "act"]
    assert lines(capsys)[0]["cold"] is False


def test_the_work_has_the_request_the_caller_and_the_cloud() -> None:
    function = Function()
    begun = time.monotonic()
    function.answer()
    ended = time.monotonic()
    call = function.call
    assert call is not None
    assert (call.request.method, call.request_id) == ("POST", "1-abc")
    assert call.caller.subject == "alice"
    assert call.settings is function.instance.settings
    assert call.limiter is None
    assert begun + 8.0 <= call.session._deadline <= ended + 8.0
    assert function.instance.role.get_credential().access_key_id == "STS.a"


LIMIT = LimitReached("plays_per_minute", 5, 10)
OUTCOMES: list[tuple[Exception, int, str, str]] = [
    (InvalidRequest("a"), 400, "InvalidRequest", "refused"),
    (Forbidden("a"), 403, "Forbidden", "refused"),
    (VideoNotReady("Uploading", 5), 409, "VideoNotReady", "refused"),
    (Throttled(7), 429, "Throttled", "failed"),
    (LIMIT, 429, "Throttled", "refused"),
    (Misconfigured("a"), 500, "Misconfigured", "failed"),
    (Unavailable("a"), 503, "Unavailable", "failed"),
]


@pytest.mark.parametrize(("fault", "status", "code", "decision"), OUTCOMES)
def test_a_refusal_is_a_problem_and_a_line(
    capsys: pytest.CaptureFixture[str], fault: Refusal, status: int, code: str, decision: str
) -> None:
    """Only what the caller may change counts as refused: the rest is for the operator."""
    function = Function()
    function.raises = fault
    answer = function.answer()
    assert answer.status == answer.body["status"] == status
    assert (answer.body["Code"], answer.body["RequestId"]) == (code, "1-abc")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers.get("Retry-After") == fault.headers.get("Retry-After")
    [line] = lines(capsys)
    assert (line["code"], line["status"], line["decision"]) == (code, status, decision)
    assert (line["subject"], line["VideoId"]) == ("alice", "v")
    assert line.get("limit") == ("plays_per_minute" if fault is LIMIT else None)
    assert "reason" not in line


@pytest.mark.parametrize(
    "refusal", [InvalidToken("expired", "It has expired."), InvalidCallback("expired")]
)
def test_a_stranger_gets_no_work_done_and_the_reason_is_logged(
    capsys: pytest.CaptureFixture[str], refusal: Refusal
) -> None:
    function = Function()
    function.refuses = refusal
    assert function.answer().status == 401
    assert function.did == ["admission", "admit POST"]
    [line] = lines(capsys)
    assert (line["reason"], line["decision"]) == ("expired", "refused")
    assert "subject" not in line


def test_an_unforeseen_fault_is_shown_to_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    function = Function()
    function.raises = LookupError("a secret")
    answer = function.answer()
    assert (answer.status, answer.body["Code"]) == (500, "Misconfigured")
    assert answer.body["RequestId"] == "1-abc"
    out = capsys.readouterr().out
    assert "secret" not in f"{out}{answer}"
    line = json.loads(out)
    assert (line["fault"], line["code"], line["decision"]) == (
        "LookupError",
        "Misconfigured",
        "failed",
    )
    assert line["status"] == 500


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (b"{}", 400, "InvalidRequest"),
        (b"", 400, "InvalidRequest"),
        (b" " * (MAX_EVENT + 1), 413, "PayloadTooLarge"),
        (http_event("PUT", "/refresh"), 405, "MethodNotAllowed"),
    ],
)
def test_size_and_method_come_before_the_caller(event: Any, status: int, code: str) -> None:
    function = Function()
    answer = function.answer(event=event)
    assert (answer.status, answer.body["Code"]) == (status, code)
    assert answer.headers.get("Allow") == ("POST, GET, OPTIONS" if status == 405 else None)
    assert function.did == ["admission"]


def test_a_preflight_needs_no_token_and_leaves_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    function = Function()
    answer = function.answer("OPTIONS", Origin=ORIGIN)
    assert (answer.status, answer.body) == (204, None)
    assert answer.headers["Allow"] == "POST, GET, OPTIONS"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, GET"
    assert function.did == ["admission"]
    assert lines(capsys) == []
    assert (
        "Access-Control-Allow-Origin" not in function.answer("OPTIONS", Origin="https://b").headers
    )


@pytest.mark.parametrize("fault", [None, Forbidden("a")])
def test_an_allowed_page_can_read_every_answer(fault: Exception | None) -> None:
    function = Function()
    function.raises = fault
    headers = function.answer(Origin=ORIGIN).headers
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Methods" not in headers
    assert "Access-Control-Allow-Origin" not in function.answer(Origin="https://other").headers


def test_with_a_wrong_setting_every_request_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    function = Function(VODPASS_REGION="nowhere!")
    [said] = lines(capsys)
    assert (said["function"], said["level"]) == ("refresh", "error")
    assert "VODPASS_REGION" in said["message"]
    assert function.did == []
    assert function.instance.settings is None
    assert function.instance.limiter() is None
    for _ in range(2):
        answer = function.answer(Origin=ORIGIN)
        assert (answer.status, answer.body["Code"]) == (500, "Misconfigured")
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert [line["code"] for line in lines(capsys)] == ["Misconfigured"] * 2
    assert function.answer("OPTIONS").status == 204
    with pytest.raises(Misconfigured):
        function.instance.session(0.0)


def test_a_warning_of_the_settings_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    Function(VODPASS_LIMITS='{"plays_per_minute":5}')
    said = lines(capsys)
    assert [(line["function"], line["level"]) for line in said] == [("refresh", "warning")]
    assert "VODPASS_LIMITS" in said[0]["message"]


def test_a_request_ends_before_the_platform_ends_it() -> None:
    function = Function()
    context = SimpleNamespace(**{**vars(CONTEXT), "function": SimpleNamespace(timeout=5)})
    event = json.dumps(http_event("POST", "/refresh")).encode()
    assert function.endpoint.answer(event, context)["statusCode"] == 200
    assert function.call is not None
    assert function.call.session.left <= 4.0


def test_limits_are_begun_anew_for_each_request(capsys: pytest.CaptureFixture[str]) -> None:
    function = Function(VODPASS_LIMITS='{"plays_per_minute":5}')
    function.answer()
    assert function.call is not None
    limits = function.call.limiter
    assert limits is not None
    limits.store_fault = "time"
    function.answer()
    assert function.call.limiter is limits
    assert limits.store_fault == ""
    assert "limits_away" not in lines(capsys)[-1]

    def away(call: Call[Any]) -> Mapping[str, Any]:
        assert call.limiter is not None
        call.limiter.store_fault = "time"
        call.session.request_ids.append("A-1")
        raise Forbidden("a")

    function.endpoint._actions = {"POST": away, "GET": away}
    function.answer()
    [line] = lines(capsys)
    assert (line["limits_away"], line["cloud_request_ids"]) == ("time", ["A-1"])


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (10, 8.0),
        (5, 4.0),
        (2.5, 2.0),
        (60, 20.0),
        *((odd, 20.0) for odd in (0, -5, True, "5", None)),
    ],
)
def test_work_ends_before_the_platform_ends_it(
    monkeypatch: pytest.MonkeyPatch, timeout: Any, seconds: float
) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    context = SimpleNamespace(function=SimpleNamespace(timeout=timeout))
    assert deadline_of(context, 20.0) == 1000.0 + seconds
    assert deadline_of(SimpleNamespace(), 20.0) == deadline_of(None, 20.0) == 1020.0


@pytest.mark.parametrize(
    ("account", "known"),
    [
        ("12345", True),
        ("1" * 20, True),
        ("1234", False),
        ("1" * 21, False),
        ("", False),
        ("12345a", False),
        ("١٢٣٤٥", False),
    ],
)
def test_the_account_is_that_of_the_platform(account: str, known: bool) -> None:
    instance = Instance("refresh", VOD_SERVICE, environment(FC_ACCOUNT_ID=account))
    if known:
        assert instance.account_id == account
    else:
        with pytest.raises(Misconfigured):
            _ = instance.account_id


def test_an_instance_keeps_one_client_and_counts_retries_for_each_invocation() -> None:
    instance = Instance("refresh", VOD_SERVICE, environment())
    due = time.monotonic() + 5
    first, second = instance.session(due), instance.session(due, retries=7)
    assert first._client is second._client
    assert (first._retries, second._retries) == (2, 7)
    assert first._deadline == second._deadline == due


def test_a_line_is_ascii_and_leaves_out_what_is_not_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A caller can ask for their own lines. A line break in a text must not make a second one."""
    log.write(a="é\n\u2028", b=None, c=0, d=False, e="")
    out = capsys.readouterr().out
    assert out == '{"a":"\\u00e9\\n\\u2028","c":0,"d":false,"e":""}\n'


def test_what_is_seen_is_forgotten_when_there_is_too_much() -> None:
    seen = Seen(3)
    for item in "abc":
        seen.add(item)
    assert [item in seen for item in "abcd"] == [True, True, True, False]
    seen.discard(["a", "x"])
    assert "a" not in seen
    seen.add("a")
    seen.add("d")
    assert [item in seen for item in "abcd"] == [False, False, False, True]


def test_only_the_latest_value_of_a_key_is_kept_until_there_are_too_many_keys() -> None:
    latest = Latest(2)
    for key, value in [("a", 1), ("b", 2), ("a", 3)]:
        latest.put(key, value)
    assert [latest.get(key) for key in "abc"] == [3, 2, None]
    latest.put("c", 4)
    assert [latest.get(key) for key in "abc"] == [None, None, 4]
