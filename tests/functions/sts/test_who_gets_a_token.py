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
    """How often STS was asked for a token."""
    return house.cloud.calls.of("sts", "AssumeRole")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_answer(house: House, alice: str, purpose: str) -> None:
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


def test_no_two_answers_are_alike(house: House, alice: str) -> None:
    first, second = (ask(house, alice, "vod-upload").json() for _ in range(2))
    assert first["SecurityToken"] != second["SecurityToken"]
    assert first["AccessKeyId"] != second["AccessKeyId"]


class TestThePurpose:
    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_is_off_until_the_deployment_names_its_role(
        self, house: House, alice: str, purpose: str
    ) -> None:
        refused = ask(house.at("off"), alice, purpose)
        assert refused.refusal == (404, "NotConfigured")
        assert assumed(house) == 0

    def test_one_may_be_on_by_itself(self, house: House, alice: str) -> None:
        some = house.at("some")
        assert ask(some, alice, "vod-upload").status == 200
        assert ask(some, alice, "oss-upload").refusal == (404, "NotConfigured")

    @pytest.mark.parametrize("purpose", PURPOSES)
    @pytest.mark.parametrize("listed", [None, [], "others"])
    def test_must_be_listed_by_the_token(self, house: House, purpose: str, listed: Any) -> None:
        others = [name for name in PURPOSES if name != purpose]
        grant = {"play": "*", "sts": others if listed == "others" else listed}
        vod = {name: value for name, value in grant.items() if value is not None}
        refused = ask(house, sts_token(house, vod=vod), purpose)
        assert refused.refusal == (403, "Forbidden")
        assert assumed(house) == 0

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_does_not_tell_strangers_whether_it_is_on(self, house: House, purpose: str) -> None:
        token = sts_token(house, vod={"play": "*", "sts": []})
        refusals = [ask(at, token, purpose) for at in (house, house.at("off"))]
        assert [refused.refusal for refused in refusals] == [(403, "Forbidden")] * 2
        assert len({refused.json()["detail"] for refused in refusals}) == 1

    def test_a_token_without_the_vod_claim_lists_none(self, house: House) -> None:
        assert ask(house, sts_token(house, vod=None), "vod-upload").refusal == (403, "Forbidden")

    @pytest.mark.parametrize(
        "play", [None, [], ["own"], ["0" * 32], ["own", "0" * 32]], ids=lambda play: str(play)[:16]
    )
    def test_vod_play_opens_every_video_so_the_token_must_too(
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
    def test_is_one_of_three_words(self, house: House, alice: str, purpose: Any) -> None:
        assert ask(house, alice, purpose).pointers() == ["/Purpose"]
        assert assumed(house) == 0

    def test_is_required(self, house: House, alice: str) -> None:
        assert house.post("/sts", alice, {}).pointers() == ["/Purpose"]

    @pytest.mark.parametrize(
        "field",
        ["Policy", "RoleArn", "RoleSessionName", "KeyPrefix", "Bucket", "ExternalId", "purpose"],
    )
    def test_and_the_length_are_all_that_a_caller_may_choose(
        self, house: House, alice: str, field: str
    ) -> None:
        assert ask(house, alice, "vod-upload", **{field: "x"}).pointers() == [f"/{field}"]
        in_query = house.post(f"/sts?{field}=x", alice, {"Purpose": "vod-upload"})
        assert in_query.refusal == (400, "InvalidRequest")
        assert assumed(house) == 0


class TestTheScope:
    @pytest.mark.parametrize("scope", ["", SCOPES, "vod:STS", "vod:sts:all", "sts"])
    def test_must_be_vod_sts(self, house: House, scope: str) -> None:
        assert ask(house, sts_token(house, scope=scope), "vod-upload").refusal == (403, "Forbidden")
        assert assumed(house) == 0

    def test_is_never_a_default(self, house: House) -> None:
        token = sts_token(house, scope=None)
        assert ask(house, token, "vod-upload").refusal == (403, "Forbidden")

    def test_is_enough(self, house: House) -> None:
        assert ask(house, sts_token(house, scope="vod:sts"), "vod-upload").status == 200

    def test_nobody(self, house: House) -> None:
        assert ask(house, None, "vod-upload").refusal == (401, "InvalidToken")


class TestTheCallersToken:
    """An STS token cannot be taken back: it goes to a caller who signed in lately, only."""

    def aged(self, house: House, age: int, life: int) -> str:
        issued = house.issuer.claims()["iat"] - age
        return sts_token(house, iat=issued, exp=issued + life)

    @pytest.mark.parametrize(("age", "life"), [(3700, 7200), (80_000, 86_400), (3610, 3700)])
    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_is_stale_after_an_hour(self, house: House, purpose: str, age: int, life: int) -> None:
        refused = ask(house, self.aged(house, age, life), purpose)
        assert refused.refusal == (401, "InvalidToken")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert assumed(house) == 0

    @pytest.mark.parametrize(("age", "life"), [(0, 3600), (3000, 86_400), (3590, 3600)])
    def test_is_fresh_within_it(self, house: House, age: int, life: int) -> None:
        assert ask(house, self.aged(house, age, life), "vod-upload").status == 200

    def test_that_hides_its_age_may_not_live_long(self, house: House) -> None:
        now = house.issuer.claims()["iat"]
        refused = ask(house, sts_token(house, iat=None, exp=now + 7200), "vod-upload")
        assert refused.refusal == (401, "InvalidToken")
        assert assumed(house) == 0

    def test_that_hides_its_age_may_be_an_old_one_about_to_end(self, house: House) -> None:
        now = house.issuer.claims()["iat"]
        refused = ask(house, sts_token(house, iat=None, exp=now + 600), "vod-upload")
        assert refused.refusal == (401, "InvalidToken")
        assert assumed(house) == 0

    def test_serves_for_the_other_functions_all_the_same(self, house: House) -> None:
        assert house.upload(self.aged(house, 3700, 7200)).status == 200


class TestTheLength:
    LONGEST = (("vod-upload", 3600), ("vod-play", 900), ("oss-upload", 3600))

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_is_a_quarter_of_an_hour(self, house: House, alice: str, purpose: str) -> None:
        assert 895 <= ask(house, alice, purpose).json()["ExpiresIn"] <= 900

    @pytest.mark.parametrize(("purpose", "longest"), LONGEST)
    def test_may_be_as_long_as_the_purpose_allows(
        self, house: House, alice: str, purpose: str, longest: int
    ) -> None:
        answer = ask(house, alice, purpose, DurationSeconds=longest).json()
        assert longest - 5 <= answer["ExpiresIn"] <= longest
        assert ask(house, alice, purpose, DurationSeconds=900).status == 200

    @pytest.mark.parametrize(("purpose", "longest"), LONGEST)
    def test_and_no_longer_or_shorter(
        self, house: House, alice: str, purpose: str, longest: int
    ) -> None:
        for seconds in (longest + 1, 43_200, 899, 0, -900, 10**30):
            refused = ask(house, alice, purpose, DurationSeconds=seconds)
            assert refused.pointers() == ["/DurationSeconds"]
        assert assumed(house) == 0

    @pytest.mark.parametrize("seconds", ["900", "", 900.5, True, None, [900], {"a": 900}])
    def test_is_an_integer(self, house: House, alice: str, seconds: Any) -> None:
        refused = ask(house, alice, "vod-upload", DurationSeconds=seconds)
        assert refused.pointers() == ["/DurationSeconds"]

    def test_is_by_the_clock_of_sts(self, house: House, alice: str) -> None:
        """The instance's own clock, which is an hour and more behind, is not asked."""
        for seconds in (5000, 100_000):
            house.cloud.clock.advance(seconds)
            answer = ask(house, alice, "vod-upload", DurationSeconds=1800).json()
            ends = house.cloud.clock.now() + 1800
            assert abs(epoch_of(answer["Expiration"]) - ends) < 5
            assert 1795 <= answer["ExpiresIn"] <= 1800

    def test_is_how_long_the_token_works(self, house: House, alice: str) -> None:
        holder = Holder.of(house, alice, "vod-upload", DurationSeconds=1800)
        house.cloud.clock.advance(1790)
        assert holder.vod("CreateUploadVideo", title="t", file_name="t.mp4")["VideoId"]
        house.cloud.clock.advance(15)
        status, code = holder.refused("CreateUploadVideo", title="t", file_name="t.mp4")
        assert (status, code) == (400, "InvalidSecurityToken.Expired")


def test_the_method(house: House, alice: str) -> None:
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


def test_every_grant_is_what_these_tests_think(house: House, alice: str) -> None:
    """So that a refusal above is for the reason it names."""
    assert [ask(house, alice, purpose).status for purpose in EVERY_GRANT["sts"]] == [200] * 3


def epoch_of(text: str) -> float:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return moment.timestamp()
