"""Limits for each user: what counts, what is refused, and that VOD is then not asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from local.limits_store import LimitsStore
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

ABSENT = "0" * 32


@pytest.fixture
def user(house: House) -> Callable[..., str]:
    """Makes tokens of users with these limits in the claim."""

    def make(sub: str = "alice", vod: dict[str, Any] | None = None, **limits: int) -> str:
        scope = "vod:upload vod:refresh vod:play vod:sts"
        claim = {**(vod or {}), "limits": limits} if limits else vod
        return house.issuer.token(sub, scope=scope, vod=claim)

    return make


User = Callable[..., str]


def refused(house: House, reply: Reply, limit: str, least: int, most: int) -> None:
    """Checks a refusal by a limit, and that it cost VOD nothing."""
    assert reply.refusal == (429, "Throttled")
    problem = reply.json()
    assert problem["Limit"] == limit
    assert least <= int(reply.headers["Retry-After"]) <= most
    house.cloud.calls.reset()


def sts(house: House, token: str) -> Reply:
    return house.post("/sts", token, {"Purpose": "vod-upload"})


STS = {"sts": ["vod-upload"]}


def test_uploads_a_minute(house: House, user: User) -> None:
    token = user(uploads_per_minute=3)
    for _ in range(3):
        assert house.upload(token).status == 200
    before = house.calls()
    refused(house, house.upload(token), "uploads_per_minute", 1, 61)
    assert before == {"CreateUploadVideo": 3}
    assert house.upload(user("bob", uploads_per_minute=3)).status == 200


def test_uploads_a_day(house: House, user: User) -> None:
    token = user(uploads_per_day=2)
    assert [house.upload(token).status for _ in range(3)] == [200, 200, 429]
    refused(house, house.upload(token), "uploads_per_day", 86400 - 1440 - 60, 86400 + 1440)
    assert house.calls() == {}


def test_images_and_attachments_are_uploads_too(house: House, user: User) -> None:
    token = user(uploads_per_minute=3)
    image = {"MediaType": "image", "ImageType": "cover"}
    attached = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}
    for body in (image, attached, {"FileName": "a.mp4"}):
        assert house.post("/upload", token, body).status == 200
    for body in (image, attached, {"FileName": "a.mp4"}):
        refused(house, house.post("/upload", token, body), "uploads_per_minute", 1, 61)


def test_open_uploads_and_their_end(house: House, user: User, store: redis.Redis) -> None:
    token = user(open_uploads=2)
    for _ in range(2):
        assert house.upload(token).status == 200
    refused(house, house.upload(token), "open_uploads", 3500, 3600)
    (slots,) = store.keys("*:uploads")
    first = str(store.zrange(slots, 0, 0)[0])
    store.zincrby(slots, -3600, first)  # as if its last credential were an hour older
    assert house.upload(token).status == 200
    refused(house, house.upload(token), "open_uploads", 3500, 3600)


def test_a_refresh_keeps_an_upload_open(house: House, user: User, store: redis.Redis) -> None:
    token = user(open_uploads=1)
    video = house.begun(token)
    (slots,) = store.keys("*:uploads")
    slot = str(store.zrange(slots, 0, -1)[0])
    store.zincrby(slots, -3000, slot)
    refused(house, house.upload(token), "open_uploads", 500, 600)
    assert house.refresh(token, video).status == 200
    refused(house, house.upload(token), "open_uploads", 3500, 3600)
    assert store.zcard(slots) == 1


def test_a_refresh_that_finds_the_upload_finished_ends_it(house: House, user: User) -> None:
    token = user(open_uploads=1)
    begun = house.upload(token).json()
    put(begun, SMALL)
    assert house.upload(token).status == 429
    assert house.refresh(token, begun["VideoId"]).refusal == (409, "UploadFinished")
    assert house.upload(token).status == 200


def test_refreshes_of_one_video(house: House, user: User) -> None:
    token = user(refreshes_per_video=2)
    one, other = house.begun(token), house.begun(token)
    assert [house.refresh(token, one).status for _ in range(3)] == [200, 200, 429]
    refused(house, house.refresh(token, one), "refreshes_per_video", 86000, 86400)
    assert house.refresh(token, other).status == 200


def test_a_repeat_counts_as_a_refresh_of_the_same_video(house: House, user: User) -> None:
    token = user(refreshes_per_video=2, uploads_per_minute=1, uploads_per_day=1)
    video = house.upload(token, "key-1").json()["VideoId"]
    assert house.upload(token, "key-1").json()["VideoId"] == video
    assert house.refresh(token, video).status == 200
    refused(house, house.upload(token, "key-1"), "refreshes_per_video", 86000, 86400)
    refused(house, house.refresh(token, video), "refreshes_per_video", 86000, 86400)
    refused(house, house.upload(token, "key-2"), "uploads_per_day", 80000, 90000)


def test_a_guesser_of_video_ids_is_bounded(house: House, user: User) -> None:
    token = user(refreshes_per_minute=4)
    for number in range(4):
        reply = house.refresh(token, f"{number:032x}")
        assert reply.refusal == (404, "VideoNotFound")
    refused(house, house.refresh(token, "f" * 32), "refreshes_per_minute", 1, 61)
    assert house.refresh(token, "f" * 32).status == 429
    assert house.calls() == {}


@pytest.mark.parametrize("method", ["PlayAuth", "JWTPlayAuth"])
def test_plays_a_minute(house: House, user: User, method: str) -> None:
    token = user("carol", {"play": "*"}, plays_per_minute=2)
    begun = house.upload(house.issuer.token("bob")).json()
    put(begun, SMALL)
    video = begun["VideoId"]
    assert [house.play(token, video, Method=method).status for _ in range(2)] == [200, 200]
    house.cloud.calls.reset()
    refused(house, house.play(token, video, Method=method), "plays_per_minute", 1, 61)
    assert house.play(token, video, Method=method).status == 429
    assert house.calls() == {}


def play_many(house: House, token: str, count: int) -> Reply:
    return house.post("/play", token, {"VideoIds": [f"{n:032x}" for n in range(count)]})


def test_a_batch_counts_each_video(house: House, user: User) -> None:
    token = user(plays_per_minute=25)
    assert play_many(house, token, 20).status == 200
    refused(house, play_many(house, token, 6), "plays_per_minute", 1, 61)
    assert play_many(house, token, 5).status == 200
    refused(house, house.play(token, ABSENT), "plays_per_minute", 1, 61)


def test_a_batch_over_the_whole_limit_never_passes(
    house: House, user: User, store: redis.Redis
) -> None:
    token = user(plays_per_minute=5)
    refused(house, play_many(house, token, 6), "plays_per_minute", 60, 60)
    assert store.dbsize() == 0
    assert play_many(house, token, 5).status == 200


def test_sts_tokens_an_hour(house: House, user: User) -> None:
    token = user("dave", STS, sts_per_hour=2)
    assert [sts(house, token).status for _ in range(2)] == [200, 200]
    house.cloud.calls.reset()
    refused(house, sts(house, token), "sts_per_hour", 3500, 3660)
    assert house.cloud.calls.snapshot().get("sts", {}) == {}


def test_a_claim_narrows_and_never_widens(house: House, user: User) -> None:
    wide = user("erin", uploads_per_minute=1_000_000, plays_per_minute=1_000_000)
    assert play_many(house, wide, 20).status == 200
    assert play_many(house, wide, 10).status == 200
    refused(house, house.play(wide, ABSENT), "plays_per_minute", 1, 61)
    assert house.play(wide, ABSENT).json()["detail"].startswith("Videos to play: at most 30 ")
    # Another token of the same user does not begin again, and a narrower one counts the same.
    refused(house, house.play(user("erin"), ABSENT), "plays_per_minute", 1, 61)


def test_a_narrower_token_sees_what_a_wider_one_used(house: House, user: User) -> None:
    assert play_many(house, user("frank"), 10).status == 200
    refused(
        house, house.play(user("frank", plays_per_minute=10), ABSENT), "plays_per_minute", 1, 61
    )
    assert house.play(user("frank", plays_per_minute=11), ABSENT).status == 404


@pytest.mark.parametrize(
    "limits",
    [
        None,
        [],
        "none",
        5,
        {"uploads": 5},
        {"uploads_per_minute": 0},
        {"uploads_per_minute": -1},
        {"uploads_per_minute": "5"},
        {"uploads_per_minute": 5.0},
        {"uploads_per_minute": True},
        {"uploads_per_minute": None},
        {"uploads_per_minute": 1_000_001},
        {"uploads_per_minute": 5, "Uploads_per_day": 5},
    ],
)
def test_a_claim_that_is_not_understood_is_refused(house: House, limits: Any) -> None:
    token = house.issuer.token("alice", vod={"limits": limits})
    for reply in (house.upload(token), house.play(token, ABSENT), house.refresh(token, ABSENT)):
        assert reply.refusal == (401, "InvalidToken")
        assert "vod.limits" in reply.json()["detail"]
    assert house.calls() == {}


def test_a_claim_with_limits_is_refused_where_nothing_counts(house: House, user: User) -> None:
    reply = house.at("off").upload(user(uploads_per_minute=5))
    assert reply.refusal == (401, "InvalidToken")
    assert house.at("off").upload(user()).status == 200


def test_a_request_that_is_refused_for_another_reason_does_not_count(
    house: House, user: User, store: redis.Redis
) -> None:
    token = user(uploads_per_minute=1, plays_per_minute=1, refreshes_per_minute=1)
    assert house.upload(token, Title="x" * 200).status == 400
    assert house.upload(token, FileName="a.exe").status == 400
    assert house.upload(token, "not a key!").status == 400
    assert house.play(token, "no-id").status == 400
    assert house.post("/play", token, {"VideoIds": []}).status == 400
    assert house.refresh(token, "no-id").status == 400
    for method in ("PlayAuth", "JWTPlayAuth"):
        narrow = user(vod={"play": ["1" * 32]}, plays_per_minute=1)
        assert house.play(narrow, ABSENT, Method=method).refusal == (403, "Forbidden")
    assert house.upload(house.issuer.token("alice", scope="vod:play")).status == 403
    assert sts(house, token).status == 403
    assert store.dbsize() == 0
    assert house.upload(token).status == 200


def test_an_upload_that_vod_refused_is_not_open_and_was_begun(house: House, user: User) -> None:
    token = user(open_uploads=1, uploads_per_minute=3)
    for _ in range(2):
        house.cloud.faults.set(
            "vod", "CreateUploadVideo", "error", status=400, code="Throttling.User"
        )
        reply = house.upload(token)
        assert reply.refusal == (429, "Throttled")
        assert "Limit" not in reply.json(), "this limit is VOD's"
    assert house.upload(token).status == 200
    refused(house, house.upload(user(uploads_per_minute=3)), "uploads_per_minute", 1, 61)


def test_an_upload_with_a_field_that_vod_refuses_is_not_open(house: House, user: User) -> None:
    token = user(open_uploads=1)
    house.cloud.faults.set(
        "vod", "CreateUploadVideo", "error", status=400, code="IllegalCharacters"
    )
    assert house.upload(token).refusal == (400, "InvalidRequest")
    assert house.upload(token).status == 200
    refused(house, house.upload(token), "open_uploads", 3500, 3600)


def test_a_refresh_of_no_video_of_ones_own_opens_no_upload(house: House, user: User) -> None:
    token = user(open_uploads=1)
    of_bob = house.begun(user("bob"))
    for video in (ABSENT, of_bob):
        assert house.refresh(token, video).refusal == (404, "VideoNotFound")
    assert house.upload(token).status == 200
    refused(house, house.upload(token), "open_uploads", 3500, 3600)


def test_a_repeat_with_another_body_leaves_a_finished_upload_finished(
    house: House, user: User
) -> None:
    token = user(open_uploads=1)
    begun = house.upload(token, "key").json()
    put(begun, SMALL)
    assert house.refresh(token, begun["VideoId"]).refusal == (409, "UploadFinished")
    reply = house.upload(token, "key", Title="another")
    assert reply.refusal == (409, "IdempotencyConflict")
    assert house.upload(token).status == 200


def test_a_refresh_after_the_window_frees_no_upload_whose_credential_lives(
    house: House, user: User, store: redis.Redis
) -> None:
    """The credential of the last second of the window lives another hour."""
    token = user(open_uploads=1)
    video = house.begun(token, key="key")
    house.cloud.clock.advance(86401)  # the store's clock stays: the credential is fresh
    assert house.refresh(token, video).refusal == (409, "UploadWindowClosed")
    assert house.upload(token, "key").refusal == (409, "UploadWindowClosed")
    refused(house, house.upload(token), "open_uploads", 3500, 3600)


def test_many_at_once_pass_no_more_than_the_limit(house: House, user: User) -> None:
    """They meet several instances, and the store decides for all of them."""
    token = user(uploads_per_minute=7)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: house.upload(token).status, range(40)))
    ours = [status for status in statuses if status in (200, 429)]
    assert ours.count(200) == 7
    assert house.calls() == {"CreateUploadVideo": 7}
    assert len(house.instances("upload")) > 1


def test_nothing_of_a_user_stands_in_the_store(
    house: House, user: User, store: redis.Redis, limits_store: LimitsStore
) -> None:
    token = user("sub-of-grace@example.com", open_uploads=3, refreshes_per_video=3)
    answer = house.upload(token, "key-of-grace")
    video = answer.json()["VideoId"]
    assert house.refresh(token, video).status == 200
    assert house.play(user("sub-of-grace@example.com", plays_per_minute=5), video).status == 409
    dump = []
    for key in store.scan_iter():
        kind = store.type(key)
        dump.append(key)
        if kind == "hash":
            dump.append(json.dumps(store.hgetall(key)))
        elif kind == "zset":
            dump.append(json.dumps(store.zrange(key, 0, -1)))
        else:
            dump.append(str(store.get(key)))
    text = "\n".join(dump)
    assert store.dbsize() == 4
    for secret in ("grace", video, "example", token, limits_store.password):
        assert secret not in text
    told = "\n".join(house.log())
    assert limits_store.password not in told


def test_the_log_names_the_limit_and_calls_it_refused(house: House, user: User) -> None:
    token = user("heidi", plays_per_minute=1)
    assert play_many(house, token, 1).status == 200
    assert house.play(token, ABSENT).status == 429
    line = house.decisions("play")[-1]
    assert (line["decision"], line["code"], line["limit"]) == (
        "refused",
        "Throttled",
        "plays_per_minute",
    )
    assert "limits_away" not in line


class TestWithoutStore:
    """Each instance counts for itself. Here a function has one instance."""

    @pytest.mark.parametrize("variant", ["apart", "away"])
    def test_an_instance_counts_for_itself(self, house: House, user: User, variant: str) -> None:
        at = house.at(variant)
        token = user(f"ivan-{variant}", uploads_per_minute=2, plays_per_minute=2)
        assert [at.upload(token).status for _ in range(3)] == [200, 200, 429]
        assert [at.play(token, ABSENT).status for _ in range(3)] == [404, 404, 429]
        assert house.calls() == {"CreateUploadVideo": 2, "GetVideoInfo": 2}
        assert at.upload(user(f"judy-{variant}", uploads_per_minute=2)).status == 200

    def test_a_store_that_is_away_is_in_the_log(self, house: House, user: User) -> None:
        assert house.at("away").play(user("mallory"), ABSENT).status == 404
        assert house.decisions("away-play")[-1]["limits_away"] in ("connection", "pause")
        assert house.at("apart").play(user("mallory"), ABSENT).status == 404
        assert "limits_away" not in house.decisions("apart-play")[-1]

    def test_it_may_refuse_instead(self, house: House, user: User) -> None:
        at = house.at("refusing")
        token = user("niaj", STS, plays_per_minute=9)
        for reply in (at.upload(token), at.play(token, ABSENT), at.refresh(token, ABSENT)):
            assert reply.refusal == (503, "Unavailable")
            assert reply.headers["Retry-After"] == "1"
        assert house.calls() == {}

    def test_an_instance_says_at_its_start_that_it_counts_alone(
        self, house: House, user: User
    ) -> None:
        house.at("apart").play(user("oscar"), ABSENT)
        warned = [line for line in house.decisions("apart-play") if line.get("level") == "warning"]
        assert "VODPASS_LIMITS_URL" in warned[0]["message"]
