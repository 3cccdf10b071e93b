"""What a caller gets when STS fails, or when RAM is set up wrongly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fakealiyun.testing.sts import allow, trust
from tests.support.holder import PURPOSES, Holder, ask
from tests.support.house import House

LEAK = "acs:ram::1234567890123456:role/internal-detail"
ACCOUNT = "1234567890123456"
ROLE_OF = {
    "vod-upload": "vodpass-client-upload",
    "vod-play": "vodpass-client-play",
    "oss-upload": "vodpass-client-oss",
}


@pytest.fixture(autouse=True)
def nothing_of_upstreams_words(house: House) -> Iterator[None]:
    """Check that no answer and no log line holds text from STS or names of roles."""
    before = len(house.log())
    yield
    said = house.log()[before:]
    said += [reply.body.decode() for reply in house.replies if reply.status != 200]
    for words in (LEAK, "acs:ram", "vodpass-client", "not authorized", "by RAM", "Role not exists"):
        assert words not in "".join(said)


def fault(house: House, kind: str, count: int = 1, **parameters: Any) -> None:
    house.cloud.faults.set("sts", "AssumeRole", kind, count, **parameters)


def assumed(house: House) -> int:
    return house.cloud.calls.of("sts", "AssumeRole")


class TestThrottled:
    @pytest.mark.parametrize("code", ["Throttling", "Throttling.User", "Throttling.Api"])
    @pytest.mark.parametrize("status", [400, 429, 503])
    def test_a_throttled_call_is_not_repeated(
        self, house: House, alice: str, code: str, status: int
    ) -> None:
        fault(house, "throttle", code=code, status=status, message=LEAK)
        reply = ask(house, alice, "vod-upload")
        assert reply.refusal == (429, "Throttled")
        assert int(reply.headers["Retry-After"]) >= 1
        assert assumed(house) == 1

    def test_retry_after_comes_from_sts(self, house: House, alice: str) -> None:
        fault(house, "throttle", retry_after=2500)
        assert ask(house, alice, "vod-upload").headers["Retry-After"] == "3"


DOWN = [
    ("error", {"status": 500, "code": "InternalError"}, (502, "UpstreamError")),
    ("error", {"status": 503, "code": "ServiceUnavailable"}, (503, "Unavailable")),
    ("reset_before", {}, (503, "Unavailable")),
    ("reset_after", {}, (503, "Unavailable")),
    ("truncated", {}, (502, "UpstreamError")),
    ("non_json", {"status": 502}, (502, "UpstreamError")),
    ("non_json", {"status": 200}, (502, "UpstreamError")),
    ("empty", {"status": 200}, (502, "UpstreamError")),
    ("empty", {"status": 503}, (503, "Unavailable")),
]


class TestDown:
    @pytest.mark.parametrize(("kind", "parameters"), [(kind, given) for kind, given, _ in DOWN])
    def test_a_short_fault_is_retried(
        self, house: House, alice: str, kind: str, parameters: Any
    ) -> None:
        """AssumeRole is tried once more: an unused token does no harm."""
        fault(house, kind, **parameters)
        holder = Holder.of(house, alice, "vod-upload")
        assert assumed(house) == 2
        assert holder.vod("CreateUploadVideo", title="t", file_name="t.mp4")["VideoId"]

    @pytest.mark.parametrize(("kind", "parameters", "refusal"), DOWN)
    def test_a_lasting_fault_is_reported(
        self, house: House, alice: str, kind: str, parameters: Any, refusal: tuple[int, str]
    ) -> None:
        fault(house, kind, 10, **parameters)
        reply = ask(house, alice, "vod-upload")
        assert reply.refusal == refusal
        assert ("Retry-After" in reply.headers) == (refusal[0] == 503)
        assert assumed(house) == 2


@pytest.mark.parametrize("field", ["Credentials", ""])
def test_an_incomplete_answer_is_refused(house: House, alice: str, field: str) -> None:
    fault(house, "wrong_type", 2, **({"field": field} if field else {}))
    reply = ask(house, alice, "vod-upload")
    assert reply.refusal == (502, "UpstreamError")
    assert b"12345" not in reply.body


def test_a_late_answer_gives_a_timeout(house: House, alice: str) -> None:
    """The function answers before Function Compute ends it."""
    hurried = house.at("hurried")
    for _ in range(2):  # a cold start alone may reach the deadline
        ask(hurried, alice, "vod-upload")
    fault(house, "slow", 2, seconds=6.0)
    assert ask(hurried, alice, "vod-upload").refusal == (504, "UpstreamTimeout")


class TestOnlyTheOperatorCanMendIt:
    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (403, "NoPermission"),
            (404, "EntityNotExist.Role"),
            (400, "InvalidParameter.RoleArn"),
            (400, "InvalidParameter.PolicyGrammar"),
            (400, "InvalidParameter.PolicySize"),
            (400, "InvalidParameter.DurationSeconds"),
            (400, "InvalidParameter.RoleSessionName"),
            (404, "InvalidAccessKeyId.NotFound"),
            (400, "SignatureDoesNotMatch"),
            (400, "InvalidTimeStamp.Expired"),
            (400, "InvalidSecurityToken.Malformed"),
        ],
    )
    def test_a_refused_call_is_not_repeated(
        self, house: House, alice: str, status: int, code: str
    ) -> None:
        fault(house, "error", status=status, code=code, message=LEAK)
        assert ask(house, alice, "vod-upload").refusal == (500, "Misconfigured")
        assert assumed(house) == 1

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_the_function_may_not_assume_the_role(
        self, house: House, alice: str, purpose: str
    ) -> None:
        role = f"acs:ram::{ACCOUNT}:role/{ROLE_OF[purpose]}"
        others = [f"acs:ram::{ACCOUNT}:role/{name}" for name in ROLE_OF.values()]
        others.remove(role)
        house.cloud.ram.set_role_policies("vodpass-sts", allow("sts:AssumeRole", resource=others))
        assert ask(house, alice, purpose).refusal == (500, "Misconfigured")
        house.cloud.ram.set_role_policies("vodpass-sts", allow("sts:AssumeRole", resource=role))
        assert ask(house, alice, purpose).status == 200

    @pytest.mark.parametrize("purpose", PURPOSES)
    @pytest.mark.parametrize("trusted", ["another role", "a user", "Function Compute"])
    def test_the_role_does_not_trust_the_function(
        self, house: House, alice: str, purpose: str, trusted: str
    ) -> None:
        trusts = {
            "another role": trust(f"acs:ram::{ACCOUNT}:role/vodpass-upload"),
            "a user": trust(f"acs:ram::{ACCOUNT}:user/vodpass-sts"),
            "Function Compute": trust(Principal={"Service": ["fc.aliyuncs.com"]}),
        }
        role = house.cloud.ram.role(ROLE_OF[purpose])
        house.cloud.ram.put_role(role.name, trust=trusts[trusted], policies=role.policies)
        assert ask(house, alice, purpose).refusal == (500, "Misconfigured")
        house.cloud.ram.put_role(role.name, trust=role.trust, policies=role.policies)
        assert ask(house, alice, purpose).status == 200

    def test_the_role_does_not_exist(self, house: House, alice: str) -> None:
        some = house.at("some")
        assert ask(some, alice, "vod-play").refusal == (500, "Misconfigured")
        house.cloud.ram.set_role_policies("vodpass-sts", allow("sts:AssumeRole"))
        assert ask(some, alice, "vod-play").refusal == (500, "Misconfigured")
        role = house.cloud.ram.role("vodpass-client-play")
        house.cloud.ram.put_role("no-such-role", trust=role.trust, policies=role.policies)
        assert ask(some, alice, "vod-play").status == 200


@pytest.mark.parametrize("code", ["Something.New", "X"])
def test_an_unknown_code_is_an_upstream_error(house: House, alice: str, code: str) -> None:
    fault(house, "error", status=400, code=code, message=LEAK)
    assert ask(house, alice, "vod-upload").refusal == (502, "UpstreamError")
    assert assumed(house) == 1


def test_a_renewed_role_credential_causes_no_error(house: House, alice: str) -> None:
    """If the runtime gives a new one for each invocation, an expired one causes no error."""
    older = house.at("older")
    for _ in range(2):
        assert ask(older, alice, "vod-upload").status == 200
        house.cloud.clock.advance(36 * 3600 + 1)
    assert ask(older, alice, "vod-upload").status == 200
    assert assumed(house) == 3


def test_the_log_holds_the_request_id_for_the_operator(house: House, alice: str) -> None:
    fault(house, "error", status=403, code="NoPermission", message=LEAK)
    ask(house, alice, "vod-play")
    line = house.decisions("sts")[-1]
    assert (line["code"], line["decision"], line["Purpose"]) == (
        "Misconfigured",
        "failed",
        "vod-play",
    )
    assert len(line["cloud_request_ids"]) == 1
    assert LEAK not in json.dumps(line)
