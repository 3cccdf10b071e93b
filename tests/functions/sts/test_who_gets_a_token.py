"""Which callers get an STS token, for which purpose, and for how long."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.support.holder import EVERY_GRANT, PURPOSES, Holder, ask, sts_token
from tests.support.house import House
from tests.support.tokens import SCOPES

COMMON = {
    "RequestId",
    "AccessKeyId",
    "AccessKeySecret",
    "SecurityToken",
    "Expiration",
    "ExpiresIn",
    "Region",
}
WHERE = {"Endpoint", "Bucket", "KeyPrefix"}


def assumed(house: House) -> int:
    """How many times AssumeRole was called."""
    return house.cloud.calls.of("sts", "AssumeRole")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_answer_has_a_credential(house: House, alice: str, purpose: str) -> None:
    answer = ask(house, alice, purpose).json()
    assert set(answer) == COMMON | (WHERE if purpose == "oss-upload" else set())
    assert answer["AccessKeyId"].startswith("STS.")
    assert answer["Region"] == "cn-shanghai"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["Expiration"])
    if purpose == "oss-upload":
        assert answer["Endpoint"] == house.cloud.url
        assert answer["Bucket"] == "vodpass-local"
        assert re.fullmatch(r"uploads/[a-z2-7]{32}/", answer["KeyPrefix"])
    assert assumed(house) == 1


def test_every_answer_has_a_new_credential(house: House, alice: str) -> None:
    first, second = (ask(house, alice, "vod-upload").json() for _ in range(2))
    assert first["SecurityToken"] != second["SecurityToken"]
    assert first["AccessKeyId"] != second["AccessKeyId"]


class TestThePurpose:
    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_a_purpose_is_off_until_the_deployment_names_its_role(
        self, house: House, alice: str, purpose: str
    ) -> None:
        refused = ask(house.at("off"), alice, purpose)
        assert refused.refusal == (404, "NotConfigured")
        assert assumed(house) == 0

    def test_one_purpose_may_be_on_alone(self, house: House, alice: str) -> None:
        some = house.at("some")
        assert ask(some, alice, "vod-upload").status == 200
        assert ask(some, alice, "oss-upload").refusal == (404, "NotConfigured")

    @pytest.mark.parametrize("purpose", PURPOSES)
    @pytest.mark.parametrize("listed", [None, [], "others"])
    def test_the_token_must_list_the_purpose(self, house: House, purpose: str, listed: Any) -> None:
        others = [name for name in PURPOSES if name != purpose]
        grant = {"play": "*", "sts": others if listed == "others" else listed}
        vod = {name: value for name, value in grant.items() if value is not None}
        refused = ask(house, sts_token(house, vod=vod), purpose)
        assert refused.refusal == (403, "Forbidden")
        assert assumed(house) == 0

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_a_refusal_does_not_show_whether_the_purpose_is_on(
        self, house: House, purpose: str
    ) -> None:
        token = sts_token(house, vod={"play": "*", "sts": []})
        refusals = [ask(at, token, purpose) for at in (house, house.at("off"))]
        assert [refused.refusal for refused in refusals] == [(403, "Forbidden")] * 2
        assert len({refused.json()["detail"] for refused in refusals}) == 1

    def test_a_token_without_the_vod_claim_gets_no_purpose(self, house: House) -> None:
        assert ask(house, sts_token(house, vod=None), "vod-upload").refusal == (403, "Forbidden")

    @pytest.mark.parametrize(
        "play", [None, [], ["own"], ["0" * 32], ["own", "0" * 32]], ids=lambda play: str(play)[:16]
    )
    def test_vod_play_needs_a_token_that_may_play_every_video(
        self, house: House, play: Any
    ) -> None:
        vod = {"sts": list(PURPOSES), **({} if play is None else {"play": play})}
        token = sts_token(house, vod=vod)
        assert ask(house, token, "vod-play").refusal == (403, "Forbidden")
        assert assumed(house) == 0
        assert ask(house, token, "vod-upload").status == 200

    @pytest.mark.parametrize(
        "purpose",
        ["", "VOD-PLAY", "vod-play ", "vod_play", "*", "vod-*", 1, None, True, ["vod-play"], {}],
    )
    def test_an_unknown_purpose_is_refused(self, house: House, alice: str, purpose: Any) -> None:
        assert ask(house, alice, purpose).pointers() == ["/Purpose"]
        assert assumed(house) == 0

    def test_the_purpose_is_required(self, house: House, alice: str) -> None:
        assert house.post("/sts", alice, {}).pointers() == ["/Purpose"]

    @pytest.mark.parametrize(
        "field",
        ["Policy", "RoleArn", "RoleSessionName", "KeyPrefix", "Bucket", "ExternalId", "purpose"],
    )
    def test_a_caller_may_choose_only_purpose_and_duration(
        self, house: House, alice: str, field: str
    ) -> None:
        assert ask(house, alice, "vod-upload", **{field: "x"}).pointers() == [f"/{field}"]
        in_query = house.post(f"/sts?{field}=x", alice, {"Purpose": "vod-upload"})
        assert in_query.refusal == (400, "InvalidRequest")
        assert assumed(house) == 0


class TestTheScope:
    @pytest.mark.parametrize("scope", ["", SCOPES, "vod:STS", "vod:sts:all", "sts"])
    def test_the_scope_must_be_vod_sts(self, house: House, scope: str) -> None:
        assert ask(house, sts_token(house, scope=scope), "vod-upload").refusal == (403, "Forbidden")
        assert assumed(house) == 0

    def test_vod_sts_is_never_a_default_scope(self, house: House) -> None:
        token = sts_token(house, scope=None)
        assert ask(house, token, "vod-upload").refusal == (403, "Forbidden")

    def test_vod_sts_is_the_only_scope_needed(self, house: House) -> None:
        assert ask(house, sts_token(house, scope="vod:sts"), "vod-upload").status == 200

    def test_a_request_without_a_token_is_refused(self, house: House) -> None:
        assert ask(house, None, "vod-upload").refusal == (401, "InvalidToken")


class TestTheCallersToken:
    """An STS token cannot be revoked. So only a caller who signed in recently gets one."""

    def aged(self, house: House, age: int, life: int) -> str:
        issued = house.issuer.claims()["iat"] - age
        return sts_token(house, iat=issued, exp=issued + life)

    @pytest.mark.parametrize(("age", "life"), [(3700, 7200), (80_000, 86_400), (3610, 3700)])
    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_a_token_older_than_an_hour_is_refused(
        self, house: House, purpose: str, age: int, life: int
    ) -> None:
        refused = ask(house, self.aged(house, age, life), purpose)
        assert refused.refusal == (401, "InvalidToken")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert assumed(house) == 0

    @pytest.mark.parametrize(("age", "life"), [(0, 3600), (3000, 86_400), (3590, 3600)])
    def test_a_token_younger_than_an_hour_is_accepted(
        self, house: House, age: int, life: int
    ) -> None:
        assert ask(house, self.aged(house, age, life), "vod-upload").status == 200

    def test_a_long_token_without_iat_is_refused(self, house: House) -> None:
        now = house.issuer.claims()["iat"]
        refused = ask(house, sts_token(house, iat=None, exp=now + 7200), "vod-upload")
        assert refused.refusal == (401, "InvalidToken")
        assert assumed(house) == 0

    def test_a_short_token_without_iat_is_refused(self, house: House) -> None:
        """It may be an old token that is about to expire."""
        now = house.issuer.claims()["iat"]
        refused = ask(house, sts_token(house, iat=None, exp=now + 600), "vod-upload")
        assert refused.refusal == (401, "InvalidToken")
        assert assumed(house) == 0

    def test_the_other_functions_still_accept_an_old_token(self, house: House) -> None:
        assert house.upload(self.aged(house, 3700, 7200)).status == 200


class TestTheLength:
    LONGEST = (("vod-upload", 3600), ("vod-play", 900), ("oss-upload", 3600))

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_the_default_is_a_quarter_of_an_hour(
        self, house: House, alice: str, purpose: str
    ) -> None:
        assert 895 <= ask(house, alice, purpose).json()["ExpiresIn"] <= 900

    @pytest.mark.parametrize(("purpose", "longest"), LONGEST)
    def test_the_duration_may_reach_the_limit_of_the_purpose(
        self, house: House, alice: str, purpose: str, longest: int
    ) -> None:
        answer = ask(house, alice, purpose, DurationSeconds=longest).json()
        assert longest - 5 <= answer["ExpiresIn"] <= longest
        assert ask(house, alice, purpose, DurationSeconds=900).status == 200

    @pytest.mark.parametrize(("purpose", "longest"), LONGEST)
    def test_a_duration_outside_the_limits_is_refused(
        self, house: House, alice: str, purpose: str, longest: int
    ) -> None:
        for seconds in (longest + 1, 43_200, 899, 0, -900, 10**30):
            refused = ask(house, alice, purpose, DurationSeconds=seconds)
            assert refused.pointers() == ["/DurationSeconds"]
        assert assumed(house) == 0

    @pytest.mark.parametrize("seconds", ["900", "", 900.5, True, None, [900], {"a": 900}])
    def test_the_duration_must_be_an_integer(self, house: House, alice: str, seconds: Any) -> None:
        refused = ask(house, alice, "vod-upload", DurationSeconds=seconds)
        assert refused.pointers() == ["/DurationSeconds"]

    def test_the_duration_follows_the_clock_of_sts(self, house: House, alice: str) -> None:
        """The clock of the instance is not used. Here it is more than an hour behind."""
        for seconds in (5000, 100_000):
            house.cloud.clock.advance(seconds)
            answer = ask(house, alice, "vod-upload", DurationSeconds=1800).json()
            ends = house.cloud.clock.now() + 1800
            assert abs(epoch_of(answer["Expiration"]) - ends) < 5
            assert 1795 <= answer["ExpiresIn"] <= 1800

    def test_the_token_works_for_its_duration(self, house: House, alice: str) -> None:
        holder = Holder.of(house, alice, "vod-upload", DurationSeconds=1800)
        house.cloud.clock.advance(1790)
        assert holder.vod("CreateUploadVideo", title="t", file_name="t.mp4")["VideoId"]
        house.cloud.clock.advance(15)
        status, code = holder.refused("CreateUploadVideo", title="t", file_name="t.mp4")
        assert (status, code) == (400, "InvalidSecurityToken.Expired")


def test_only_post_is_accepted(house: House, alice: str) -> None:
    refused = house.send("GET", "/sts?Purpose=vod-upload", {"Authorization": f"Bearer {alice}"})
    assert refused.refusal == (405, "MethodNotAllowed")
    assert refused.headers["Allow"] == "POST, OPTIONS"


def test_the_log_names_the_caller_and_the_purpose(house: House, alice: str) -> None:
    reply = ask(house, alice, "oss-upload", DurationSeconds=901)
    ask(house, sts_token(house, "bob", vod={"sts": []}), "oss-upload")
    issued, refused = house.decisions("sts")[-2:]
    assert (issued["subject"], issued["Purpose"], issued["code"]) == ("alice", "oss-upload", "OK")
    assert issued["DurationSeconds"] == 901
    assert issued["request_id"] == reply.json()["RequestId"]
    assert len(issued["cloud_request_ids"]) == 1
    assert (refused["subject"], refused["Purpose"]) == ("bob", "oss-upload")
    assert refused["code"] == "Forbidden"


def test_every_purpose_is_granted_to_the_normal_caller(house: House, alice: str) -> None:
    """This shows that each refusal above has the reason in the name of its test."""
    assert [ask(house, alice, purpose).status for purpose in EVERY_GRANT["sts"]] == [200] * 3


def epoch_of(text: str) -> float:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return moment.timestamp()
