"""`POST /play`: several videos in one request, each with its credential or its own problem."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from fakealiyun.vod.settings import DEFAULT_APP
from tests.support.clients import play_info, put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

ABSENT = "0123456789abcdef0123456789abcdef"
METHODS = ["PlayAuth", "JWTPlayAuth"]


def many(house: House, token: str, video_ids: Any, **fields: Any) -> Reply:
    return house.post("/play", token, {"VideoIds": video_ids, **fields})


def items(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200, reply.body
    assert set(reply.json()) == {"RequestId", "Items"}
    listed = reply.json()["Items"]
    assert isinstance(listed, list)
    return listed


def codes(reply: Reply) -> list[str]:
    return [item.get("Code", "OK") for item in items(reply)]


def ready(house: House, token: str, count: int = 1) -> list[str]:
    """Ids of videos that are Normal. Their uploads are not counted."""
    begun = [house.upload(token).json() for _ in range(count)]
    for answer in begun:
        put(answer, SMALL)
    house.cloud.calls.reset()
    return [str(answer["VideoId"]) for answer in begun]


class TestTwentyOfOnesOwn:
    def test_signed_here_cost_one_call(self, house: House, alice: str) -> None:
        own = ready(house, alice, 20)
        listed = items(many(house, alice, own[::-1], Method="JWTPlayAuth"))
        assert [item["VideoId"] for item in listed] == own[::-1]
        assert house.calls() == {"GetVideoInfos": 1}
        for item in listed:
            assert item.keys() == {
                "VideoId",
                "PlayAuth",
                "Method",
                "VideoMeta",
                "ExpireUTCTime",
                "ExpiresIn",
            }
            assert item["VideoMeta"]["VideoId"] == item["VideoId"]
            assert house.cloud.vod.play_keys.fault_of(item["PlayAuth"]) is None

    def test_from_vod_cost_one_more_each(self, house: House, alice: str) -> None:
        own = ready(house, alice, 20)
        listed = items(many(house, alice, own, AuthInfoTimeout=200))
        assert [item["VideoId"] for item in listed] == own
        assert house.calls() == {"GetVideoInfos": 1, "GetVideoPlayAuth": 20}
        for item in listed:
            assert item.keys() == {
                "VideoId",
                "PlayAuth",
                "VideoMeta",
                "ExpireUTCTime",
                "ExpiresIn",
            }
            assert 190 < item["ExpiresIn"] <= 200
        assert (
            play_info(house.cloud, listed[7]["PlayAuth"]).json()["VideoBase"]["VideoId"] == own[7]
        )

    def test_are_asked_for_five_at_a_time(
        self, house: House, alice: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = ready(house, alice, 10)
        assert codes(many(house, alice, own)) == ["OK"] * 10  # the instance has its connections
        most, waiting, sleep = 0, list[asyncio.Future[None]](), asyncio.sleep

        async def for_five(_: float) -> None:
            """Let a call wait until five wait. A sixth would come while they do."""
            nonlocal most
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.append(mine)
            most = max(most, len(waiting))
            if len(waiting) == 5:
                await sleep(0.3)
                while waiting:
                    waiting.pop().set_result(None)
            await asyncio.wait({mine}, timeout=10)  # longer than the function waits

        monkeypatch.setattr("fakealiyun.openapi.gateway.asyncio", SimpleNamespace(sleep=for_five))
        house.cloud.faults.set("vod", "GetVideoPlayAuth", "slow", count=10)
        assert codes(many(house, alice, own)) == ["OK"] * 10
        assert most == 5


class TestWhatTheClaimNames:
    def test_is_not_read(self, house: House, alice: str) -> None:
        own, other = ready(house, alice, 2)
        token = house.issuer.token("alice", vod={"play": ["own", other, ABSENT]})
        reply = many(house, token, [ABSENT, own, other], Method="JWTPlayAuth")
        assert codes(reply) == ["OK"] * 3
        assert ["VideoMeta" in item for item in items(reply)] == [False, True, False]
        assert house.calls() == {"GetVideoInfos": 1}

    @pytest.mark.parametrize("method", METHODS)
    def test_alone_needs_no_read(self, house: House, alice: str, method: str) -> None:
        listed = ready(house, alice, 3)
        token = house.issuer.token("bob", vod={"play": "*"})
        assert codes(many(house, token, listed, Method=method)) == ["OK"] * 3
        assert house.calls() == ({"GetVideoPlayAuth": 3} if method == "PlayAuth" else {})

    @pytest.mark.parametrize("method", METHODS)
    def test_without_own_nothing_else_is_read(self, house: House, alice: str, method: str) -> None:
        own, other = ready(house, alice, 2)
        token = house.issuer.token("alice", vod={"play": [other]})
        reply = many(house, token, [own, other, ABSENT], Method=method)
        assert codes(reply) == ["Forbidden", "OK", "Forbidden"]
        assert "GetVideoInfos" not in house.calls()

    def test_and_is_absent_or_not_ready(self, house: House, alice: str) -> None:
        begun, (own,) = house.begun(alice), ready(house, alice)
        token = house.issuer.token("bob", vod={"play": "*"})
        reply = many(house, token, [begun, ABSENT, own])
        assert codes(reply) == ["VideoNotReady", "VideoNotFound", "OK"]
        assert items(reply)[0]["Status"] == "Uploading"
        assert items(reply)[0]["RetryAfter"] >= 10
        # One read says why, for all that VOD refuses in their state.
        assert house.calls() == {"GetVideoPlayAuth": 3, "GetVideoInfos": 1}


class TestStrangers:
    @pytest.mark.parametrize("method", METHODS)
    def test_are_like_absent_ones(self, house: House, alice: str, bob: str, method: str) -> None:
        (finished,), begun, (own,) = ready(house, alice), house.begun(alice), ready(house, bob)
        reply = many(house, bob, [finished, begun, ABSENT, own], Method=method)
        listed = items(reply)
        assert codes(reply) == ["VideoNotFound"] * 3 + ["OK"]
        problems = [{**item, "VideoId": ""} for item in listed[:3]]
        assert problems[0] == problems[1] == problems[2]
        assert problems[0].keys() == {"VideoId", "Code", "status", "detail"}
        assert house.calls()["GetVideoInfos"] == 1
        assert house.calls().get("GetVideoPlayAuth", 0) == (method == "PlayAuth")

    def test_alone_look_like_absent_ones_in_the_log(
        self, house: House, alice: str, bob: str
    ) -> None:
        (stranger,) = ready(house, alice)
        lines = []
        for video_id in (stranger, ABSENT):
            assert codes(many(house, bob, [video_id])) == ["VideoNotFound"]
            line = house.decisions("play")[-1]
            new = ("request_id", "ms", "cold", "VideoIds", "cloud_request_ids")
            lines.append({name: value for name, value in line.items() if name not in new})
        assert lines[0] == lines[1]
        assert lines[0]["item_codes"] == {"VideoNotFound": 1}


class TestOneProblemAmongOthers:
    def test_of_each_kind(self, house: House, alice: str, bob: str) -> None:
        begun, (own, other) = house.begun(alice), ready(house, alice, 2)
        (stranger,) = ready(house, bob)
        reply = many(house, alice, [begun, own, stranger, other, ABSENT])
        assert codes(reply) == ["VideoNotReady", "OK", "VideoNotFound", "OK", "VideoNotFound"]
        problem = items(reply)[0]
        assert problem.keys() == {"VideoId", "Code", "status", "detail", "Status", "RetryAfter"}
        assert (problem["status"], problem["Status"]) == (409, "Uploading")
        assert house.calls()["GetVideoPlayAuth"] == 2
        line = house.decisions("play")[-1]
        assert line["item_codes"] == {"VideoNotReady": 1, "OK": 2, "VideoNotFound": 2}
        assert (line["code"], line["decision"]) == ("OK", "issued")

    def test_a_failing_vod_gets_few_repeats_of_a_large_request(
        self, house: House, alice: str
    ) -> None:
        """All calls of a request share two retries."""
        own = ready(house, alice, 6)
        house.cloud.faults.set("vod", "GetVideoPlayAuth", "error", count=20, status=500)
        assert codes(many(house, alice, own)) == ["UpstreamError"] * 6
        assert house.calls()["GetVideoPlayAuth"] == 8

    def test_that_vod_throttles(self, house: House, alice: str) -> None:
        own = ready(house, alice, 3)
        house.cloud.faults.set("vod", "GetVideoPlayAuth", "throttle", count=1)
        reply = many(house, alice, own)
        assert sorted(codes(reply)) == ["OK", "OK", "Throttled"]
        (problem,) = [item for item in items(reply) if "Code" in item]
        assert (problem["status"], problem["RetryAfter"]) == (429, 1)

    def test_that_the_deadline_misses(self, house: House, alice: str) -> None:
        own = ready(house, alice, 2)
        # Neither the first call nor the repeat is answered before the deadline of 8 seconds.
        house.cloud.faults.set("vod", "GetVideoPlayAuth", "slow", count=4, seconds=9)
        reply = many(house, alice, own)
        assert codes(reply) == ["Throttled"] * 2
        assert [item["RetryAfter"] for item in items(reply)] == [1, 1]
        assert "time" in items(reply)[0]["detail"]

    def test_when_the_read_fails(self, house: House, alice: str) -> None:
        own, other = ready(house, alice, 2)
        token = house.issuer.token("alice", vod={"play": ["own", other]})
        house.cloud.faults.set("vod", "GetVideoInfos", "throttle", count=2)
        reply = many(house, token, [own, other], Method="JWTPlayAuth")
        assert codes(reply) == ["Throttled", "OK"]
        assert items(reply)[0]["RetryAfter"] >= 1

    def test_that_vods_answer_leaves_out(
        self, house: House, alice: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, other = ready(house, alice, 2)
        library = house.cloud.vod.library
        found = library.get(own)
        # VOD describes another video in the place of this one.
        monkeypatch.setattr(
            library, "get", lambda video_id: library.all()[-1] if video_id == own else found
        )
        reply = many(house, alice, [own], Method="JWTPlayAuth")
        assert codes(reply) == ["UpstreamError"]
        assert other != own


class TestTheRequest:
    @pytest.mark.parametrize(
        "video_ids",
        [
            None,
            ABSENT,
            [],
            {},
            [ABSENT, ABSENT],
            [ABSENT.upper()],
            [ABSENT, None],
            [[ABSENT]],
            [f"{n:032x}" for n in range(21)],
        ],
    )
    def test_of_ids_in_another_form(self, house: House, alice: str, video_ids: Any) -> None:
        assert many(house, alice, video_ids).pointers() == ["/VideoIds"]
        assert house.calls() == {}

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"Method": "jwt"}, "/Method"),
            ({"Method": None}, "/Method"),
            ({"AuthInfoTimeout": "100"}, "/AuthInfoTimeout"),
            ({"AuthInfoTimeout": 99}, "/AuthInfoTimeout"),
            ({"AuthInfoTimeout": 3001}, "/AuthInfoTimeout"),
            ({"VideoId": ABSENT}, "/VideoId"),
            ({"AppId": "app-1000000"}, "/AppId"),
        ],
    )
    def test_with_another_field(
        self, house: House, alice: str, fields: dict[str, Any], pointer: str
    ) -> None:
        assert many(house, alice, [ABSENT], **fields).pointers() == [pointer]
        assert house.calls() == {}

    def test_needs_its_ids(self, house: House, alice: str) -> None:
        assert house.post("/play", alice, {}).pointers() == ["/VideoIds"]

    def test_has_no_query(self, house: House, alice: str) -> None:
        reply = house.post(f"/play?VideoId={ABSENT}", alice, {"VideoIds": [ABSENT]})
        assert reply.pointers() == ["/VideoId"]

    def test_an_idempotency_key_has_no_effect(self, house: House, alice: str) -> None:
        own = ready(house, alice)
        headers = {"Idempotency-Key": "key-1"}
        for video_ids in (own, [ABSENT]):
            assert house.post("/play", alice, {"VideoIds": video_ids}, headers).status == 200

    def test_for_a_method_that_is_off(self, house: House) -> None:
        token = house.issuer.token(vod={"play": "*"})
        reply = many(house.at("keyless"), token, [ABSENT], Method="JWTPlayAuth")
        assert reply.refusal == (404, "NotConfigured")

    def test_by_vods_clock(self, house: House, alice: str) -> None:
        own = ready(house, alice)
        house.cloud.clock.advance(100_000)
        (item,) = items(many(house, alice, own, Method="JWTPlayAuth"))
        assert house.cloud.vod.play_keys.fault_of(item["PlayAuth"]) is None
        assert house.cloud.vod.play_keys.get(DEFAULT_APP) is not None
