"""Who gets an STS token, what it may do, and where it may write."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from shared.alibaba import sts
from shared.auth.ownership import Owner
from shared.config.settings import Settings
from tests.reliability.functions import Outcome, Served, http_event
from tests.reliability.scenarios import World

PURPOSES = ("vod-upload", "vod-play", "oss-upload")
EVERYTHING = {"sts": list(PURPOSES), "play": "*"}
BUCKET, PREFIX = "bucket-of-the-app", "files/"
ALICE = Owner("example", "alice")


@pytest.fixture
def function(world: World) -> Served:
    return served(world)


def served(world: World, **changes: str) -> Served:
    role = f"acs:ram::{world.cloud.account_id}:role/vodpass-client-"
    environment = world.environment(
        VODPASS_STS_UPLOAD_ROLE=f"{role}upload",
        VODPASS_STS_PLAY_ROLE=f"{role}play",
        VODPASS_STS_OSS_ROLE=f"{role}oss",
        VODPASS_OSS_BUCKET=BUCKET,
        VODPASS_OSS_PREFIX=PREFIX,
        **changes,
    )
    return world.serve("sts", environment)


def ask(
    world: World,
    function: Served,
    body: Any,
    *,
    method: str = "POST",
    query: dict[str, str] | None = None,
    **claims: Any,
) -> Outcome:
    token = world.token(**{"vod": EVERYTHING, **claims})
    event = http_event(method, "/sts", body=body, query=query, Authorization=f"Bearer {token}")
    return function.call(event, seconds=30)


def noted(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What STS is asked for from now on."""
    found: list[tuple[Any, ...]] = []
    assume = sts.Sts.assume_role

    def note(self: sts.Sts, *given: Any) -> sts.Token:
        found.append(given)
        return assume(self, *given)

    monkeypatch.setattr(sts.Sts, "assume_role", note)
    return found


@pytest.mark.parametrize(
    ("purpose", "role", "actions"),
    [
        ("vod-upload", "upload", ["vod:CreateUploadVideo", "vod:CreateUploadImage"]),
        ("vod-play", "play", ["vod:GetPlayInfo", "vod:GetVideoPlayAuth"]),
        ("oss-upload", "oss", ["oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload"]),
    ],
)
def test_a_token_is_for_the_role_of_its_purpose_and_the_caller_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, purpose: str, role: str, actions: list[str]
) -> None:
    asked = noted(world, monkeypatch)
    outcome = ask(world, served(world), {"Purpose": purpose})
    assert outcome.status == 200
    [(arn, name, policy, duration)] = asked
    assert arn == f"acs:ram::{world.cloud.account_id}:role/vodpass-client-{role}"
    assert name == sts.role_session_name(ALICE)
    assert name.startswith("alice-")
    assert duration == 900
    prefix = sts.key_prefix(Settings(oss_prefix=PREFIX), ALICE)
    resource = f"acs:oss:*:*:{BUCKET}/{prefix}*" if purpose == "oss-upload" else "*"
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    assert json.loads(policy) == {"Version": "1", "Statement": [statement]}
    body = outcome.body
    assert body["AccessKeyId"].startswith("STS.")
    assert body["AccessKeySecret"]
    assert body["SecurityToken"]
    assert body["RequestId"] == "1-test"
    assert body["Region"] == world.cloud.region
    assert 890 <= body["ExpiresIn"] <= 900
    assert body["Expiration"].endswith("Z")
    where = {name: body.get(name) for name in ("Endpoint", "Bucket", "KeyPrefix")}
    endpoint = f"http://127.0.0.1:{world.wires['cloud'].port}"
    expected = dict(zip(where, (endpoint, BUCKET, prefix), strict=True))
    assert where == (expected if purpose == "oss-upload" else dict.fromkeys(where))
    [line] = [json.loads(one) for one in outcome.written.splitlines() if one.startswith("{")]
    assert (line["function"], line["subject"]) == ("sts", "alice")
    assert (line["Purpose"], line["code"], line["decision"]) == (purpose, "OK", "issued")
    assert len(line["cloud_request_ids"]) == 1
    for secret in ("AccessKeySecret", "SecurityToken"):
        assert body[secret] not in outcome.written


@pytest.mark.parametrize(
    ("purpose", "longest"), [("vod-upload", 3600), ("vod-play", 900), ("oss-upload", 3600)]
)
def test_a_token_lives_from_a_quarter_of_an_hour_to_the_limit_of_its_purpose(
    world: World,
    function: Served,
    monkeypatch: pytest.MonkeyPatch,
    purpose: str,
    longest: int,
) -> None:
    asked = noted(world, monkeypatch)
    for seconds in (900, longest):
        outcome = ask(world, function, {"Purpose": purpose, "DurationSeconds": seconds})
        assert outcome.status == 200
        assert seconds - 10 <= outcome.body["ExpiresIn"] <= seconds
    assert [given[3] for given in asked] == [900, longest]
    others: list[Any] = [899, longest + 1, "900", 900.5, None]
    for odd in others:
        refused = ask(world, function, {"Purpose": purpose, "DurationSeconds": odd})
        assert (refused.status, refused.code) == (400, "InvalidRequest")
        reason = f"must be an integer from 900 to {longest} seconds"
        assert refused.body["errors"] == [{"pointer": "/DurationSeconds", "reason": reason}]
    assert len(asked) == 2


def test_a_deployed_function_names_the_endpoint_of_its_region(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sts.Token("STS.a", "secret", "token", "2027-01-15T08:50:00Z", 900)
    monkeypatch.setattr(sts.Sts, "assume_role", lambda *_: token)
    local = served(world)
    assert ask(world, local, {"Purpose": "oss-upload"}).body["Endpoint"].startswith("http://127.")
    empty = dict.fromkeys(("LOCAL", "VOD_ENDPOINT", "STS_ENDPOINT", "MNS_ENDPOINT"), "")
    deployed = served(world, **{f"VODPASS_{name}": value for name, value in empty.items()})
    body = ask(world, deployed, {"Purpose": "oss-upload"}).body
    assert body["Endpoint"] == f"https://oss-{world.cloud.region}.aliyuncs.com"


TOLD = (
    "The token lacks the scope vod:sts.",
    "The vod claim of the token does not list this purpose.",
    "This purpose opens every video: vod.play of the token must be *.",
    "An STS token needs one with iat, 3600 s old at most.",
)
# Times are seconds from now.
REFUSED: list[tuple[dict[str, Any], Any, tuple[int, str]]] = [
    ({"scope": "vod:upload vod:play vod:refresh"}, {}, (403, "Forbidden")),
    ({"vod": {"sts": ["vod-play"], "play": "*"}}, {}, (403, "Forbidden")),
    ({"vod": None}, {}, (403, "Forbidden")),
    ({"vod": {"sts": ["vod-play"]}}, {"Purpose": "vod-play"}, (403, "Forbidden")),
    (
        {"vod": {"sts": ["vod-play"], "play": ["own", "a" * 32]}},
        {"Purpose": "vod-play"},
        (403, "Forbidden"),
    ),
    ({"iat": -3700, "exp": 3600}, {}, (401, "InvalidToken")),
    ({"iat": None, "exp": 80_000}, {}, (401, "InvalidToken")),
    ({}, {"Purpose": "vod-delete"}, (400, "InvalidRequest")),
    ({}, {"Purpose": None}, (400, "InvalidRequest")),
    ({}, {"Purpose": []}, (400, "InvalidRequest")),
    ({}, {"Policy": "{}"}, (400, "InvalidRequest")),
    ({}, {"RoleArn": "acs:ram::1:role/admin"}, (400, "InvalidRequest")),
]


@pytest.mark.parametrize(("claims", "body", "expected"), REFUSED)
def test_whoever_may_not_have_a_token_costs_no_call(
    world: World, function: Served, claims: dict[str, Any], body: Any, expected: tuple[int, str]
) -> None:
    now = int(time.time())
    times = {name: now + claims[name] for name in ("iat", "exp") if claims.get(name)}
    outcome = ask(world, function, {"Purpose": "vod-upload", **body}, **claims | times)
    assert (outcome.status, outcome.code) == expected
    assert world.wires["cloud"].seen == []
    if expected[0] == 400:
        assert outcome.body["errors"]
    else:
        assert outcome.body["detail"] in TOLD
    if expected[0] == 401:
        assert '"reason":"stale"' in outcome.written


def test_the_purpose_is_required_and_nothing_may_come_by_query(
    world: World, function: Served
) -> None:
    assert ask(world, function, {}).code == "InvalidRequest"
    by_query = ask(world, function, {"Purpose": "vod-upload"}, query={"DurationSeconds": "900"})
    assert by_query.code == "InvalidRequest"
    assert ask(world, function, None, method="GET").status == 405
    assert world.wires["cloud"].seen == []


@pytest.mark.parametrize(
    ("age", "life"), [(3000, 3600), (3590, 3600), (3700, 3650), (3000, 86_000), (3590, 86_000)]
)
def test_a_token_of_the_app_may_be_an_hour_old_or_live_an_hour(
    world: World, function: Served, age: int, life: int
) -> None:
    """The leeway for clocks may make a token of an hour a little older."""
    now = int(time.time())
    outcome = ask(world, function, {"Purpose": "vod-upload"}, iat=now - age, exp=now - age + life)
    expired = age > life + 30
    assert outcome.status == (401 if expired else 200)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_purpose_without_a_role_is_not_offered(world: World, purpose: str) -> None:
    none = {f"VODPASS_STS_{name}_ROLE": "" for name in ("UPLOAD", "PLAY", "OSS")}
    role = f"acs:ram::{world.cloud.account_id}:role/vodpass-client-upload"
    given = {**none, "VODPASS_STS_UPLOAD_ROLE": "" if purpose == "vod-upload" else role}
    function = world.serve("sts", world.environment(**given))
    outcome = ask(world, function, {"Purpose": purpose})
    assert (outcome.status, outcome.code) == (404, "NotConfigured")
    assert purpose in outcome.body["detail"]
    assert world.wires["cloud"].seen == []


def test_tokens_count_against_the_limit_of_the_caller(world: World) -> None:
    function = served(world, VODPASS_LIMITS='{"sts_per_hour":1}')
    assert ask(world, function, {"Purpose": "vod-upload"}).status == 200
    refused = ask(world, function, {"Purpose": "vod-upload"})
    assert (refused.status, refused.body["Limit"]) == (429, "sts_per_hour")
    assert world.wires["cloud"].seen == ["AssumeRole"]
    assert ask(world, function, {"Purpose": "vod-upload"}, sub="bob").status == 200
