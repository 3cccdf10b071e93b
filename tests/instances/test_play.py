"""`play` in this process: which videos open, for how long, and what the others are told."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.records import PlayCredential, Video, Videos
from shared.errors import (
    Forbidden,
    InvalidRequest,
    NotConfigured,
    Throttled,
    UpstreamError,
    UpstreamTimeout,
    VideoNotFound,
    VideoNotReady,
)
from shared.playback import batch
from tests.instances.stand_ins import (
    BOB,
    IDS,
    NOW,
    SETTINGS,
    StandInLimits,
    StandInVod,
    caller,
    fields_of,
    invocation,
    loaded,
    video,
)

index = loaded("play")

SIGNING = replace(SETTINGS, play_key="AbcdefghIjklmnop0123")
AT_100 = "2027-01-15T08:01:40Z"


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(index, "Vod", lambda cloud: cloud)
    monkeypatch.setattr(batch, "Vod", lambda cloud: cloud)
    return index


def normal(number: int = 0, **changes: Any) -> Video:
    return video(number, **{"status": "Normal", **changes})


def one(function: Any, vod: StandInVod, number: int = 0, query: Any = None, **given: Any) -> Any:
    """What `GET /play` answers."""
    return function.play(invocation(vod, query={"VideoId": IDS[number], **(query or {})}, **given))


def many(function: Any, vod: StandInVod, numbers: Any, body: Any = None, **given: Any) -> Any:
    """The items of `POST /play`."""
    asked = {"VideoIds": [IDS[number] for number in numbers], **(body or {})}
    call = invocation(vod, asked, **given)
    answer = function.play_many(call)
    assert answer.keys() == {"RequestId", "Items"}
    assert answer["RequestId"] == "1-abc"
    return answer["Items"]


def claims(play_auth: str) -> Any:
    """The claims of a JWTPlayAuth."""
    payload = play_auth.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


# One video.


def test_the_owner_gets_a_playauth_of_the_least_time(function: Any) -> None:
    vod = StandInVod(normal(1), normal())
    call = invocation(vod, query={"VideoId": IDS[0]})
    assert function.play(call) == {
        "RequestId": "1-abc",
        "PlayAuth": f"auth-{IDS[0]}",
        "VideoMeta": {"Title": "Film"},
        "ExpireUTCTime": AT_100,
        "ExpiresIn": 100,
    }
    assert vod.asked == [("GetVideoInfo", IDS[0]), ("GetVideoPlayAuth", (IDS[0], 100))]
    assert call.log_line == {"VideoId": IDS[0]}


def test_a_player_is_told_the_domain(function: Any) -> None:
    settings = replace(SETTINGS, play_domain="play.example.com")
    answer = one(function, StandInVod(normal()), settings=settings)
    assert answer["PlayConfig"] == {"PlayDomain": "play.example.com"}


@pytest.mark.parametrize("play", ["*", IDS[0]])
def test_a_video_that_the_claim_names_is_not_read(function: Any, play: str) -> None:
    vod = StandInVod(normal(owner=BOB))
    one(function, vod, who=caller(play=frozenset({play})))
    assert vod.operations() == ["GetVideoPlayAuth"]
    vod = StandInVod(normal(owner=BOB))
    answer = one(
        function,
        vod,
        query={"Method": "JWTPlayAuth"},
        settings=SIGNING,
        who=caller(play=frozenset({play})),
    )
    assert not vod.asked
    assert answer.keys() == {"RequestId", "PlayAuth", "Method", "ExpireUTCTime", "ExpiresIn"}
    begin = claims(answer["PlayAuth"])["currentTimeStamp"] / 1000
    assert time.time() - 90 < begin <= time.time() - 30


@pytest.mark.parametrize("play", [frozenset[str](), frozenset({IDS[1]})])
@pytest.mark.parametrize("method", ["PlayAuth", "JWTPlayAuth"])
def test_a_claim_without_own_closes_the_own_videos(
    function: Any, play: frozenset[str], method: str
) -> None:
    vod = StandInVod(normal())
    given: dict[str, Any] = {"settings": SIGNING, "who": caller(play=play)}
    with pytest.raises(Forbidden, match="does not open this video"):
        one(function, vod, query={"Method": method}, **given)
    # The answer is the same for a video that does not exist.
    assert not vod.asked
    [item] = many(function, vod, [0], {"Method": method}, **given)
    assert (item["Code"], item["status"]) == ("Forbidden", 403)
    assert not vod.asked
    own = caller(play=play | {"own"})
    assert one(function, vod, query={"Method": method}, settings=SIGNING, who=own)["PlayAuth"]


def test_a_jwtplayauth_costs_one_look(function: Any) -> None:
    vod = StandInVod(normal(title="Film", duration=2.5))
    call = invocation(
        vod,
        query={"VideoId": IDS[0], "Method": "JWTPlayAuth", "AuthInfoTimeout": "300"},
        settings=SIGNING,
    )
    answer = function.play(call)
    assert vod.asked == [("GetVideoInfo", IDS[0])]
    assert call.log_line == {"VideoId": IDS[0], "Method": "JWTPlayAuth", "AuthInfoTimeout": 300}
    signed = claims(answer.pop("PlayAuth"))
    assert answer == {
        "RequestId": "1-abc",
        "Method": "JWTPlayAuth",
        "ExpireUTCTime": "2027-01-15T08:05:00Z",
        "ExpiresIn": 300,
        "VideoMeta": {"VideoId": IDS[0], "Title": "Film", "Status": "Normal", "Duration": 2.5},
    }
    assert signed == {
        "appId": "app-1000000",
        "videoId": IDS[0],
        "currentTimeStamp": int(NOW - 30) * 1000,
        "expireTimeStamp": int(NOW + 300) * 1000,
        "regionId": "cn-shanghai",
        "playContentInfo": {},
    }


def test_a_jwtplayauth_holds_what_the_deployment_fixes(function: Any) -> None:
    settings = replace(
        SIGNING,
        app_id="app-1",
        play_formats="mp4",
        play_definition="HD",
        play_stream_type="video",
        play_auth_timeout=60,
        play_domain="play.example.com",
        play_domain_signed=True,
    )
    vod = StandInVod(normal(cover_url="https://cdn.example.com/c.png"))
    answer = one(function, vod, query={"Method": "JWTPlayAuth"}, settings=settings)
    assert answer["VideoMeta"]["CoverURL"] == "https://cdn.example.com/c.png"
    signed = claims(answer["PlayAuth"])
    assert signed["appId"] == "app-1"
    assert signed["playContentInfo"] == {
        "formats": "mp4",
        "definition": "HD",
        "streamType": "video",
        "authTimeout": 60,
        "playConfig": '{"PlayDomain":"play.example.com"}',
    }
    unsigned = replace(settings, play_domain_signed=False)
    answer = one(function, vod, query={"Method": "JWTPlayAuth"}, settings=unsigned)
    assert "playConfig" not in claims(answer["PlayAuth"])["playContentInfo"]


def test_a_deployment_without_a_playkey_offers_no_jwtplayauth(function: Any) -> None:
    limits, vod = StandInLimits(), StandInVod(normal())
    with pytest.raises(NotConfigured, match="JWTPlayAuth"):
        one(function, vod, query={"Method": "JWTPlayAuth"}, limits=limits)
    with pytest.raises(NotConfigured, match="JWTPlayAuth"):
        many(function, vod, [0], {"Method": "JWTPlayAuth"}, limits=limits)
    assert not vod.asked
    assert not limits.asked


@pytest.mark.parametrize(
    "found",
    [
        [],
        [normal(owner=BOB)],
        [normal(reference_id=None)],
        *([video(owner=BOB, status=status)] for status in ("Uploading", "Transcoding", "Blocked")),
    ],
)
@pytest.mark.parametrize("method", ["PlayAuth", "JWTPlayAuth"])
def test_a_video_of_anybody_else_is_a_video_that_does_not_exist(
    function: Any, found: list[Video], method: str
) -> None:
    vod = StandInVod(*found)
    with pytest.raises(VideoNotFound):
        one(function, vod, query={"Method": method}, settings=SIGNING)
    [item] = many(function, vod, [0], {"Method": method}, settings=SIGNING)
    assert item == {
        "VideoId": IDS[0],
        "Code": "VideoNotFound",
        "status": 404,
        "detail": VideoNotFound().detail,
    }
    assert "GetVideoPlayAuth" not in vod.operations()


WAITING: list[tuple[Video, int | None]] = [
    (video(status="Transcoding", age=0), 10),
    (video(status="Uploading", age=219), 10),
    (video(status="UploadSucc", age=220), 11),
    (video(status="Checking", age=6000), 300),
    (video(status="Checking", age=48 * 3600 - 1), 300),
    (video(status="Checking", age=48 * 3600), None),
    (video(status="TranscodeFail", age=0), None),
    (video(status="Blocked", age=0), None),
]


@pytest.mark.parametrize(("found", "wait"), WAITING)
def test_a_video_that_does_not_play_yet_says_when_to_ask_again(
    function: Any, found: Video, wait: int | None
) -> None:
    vod = StandInVod(found)
    with pytest.raises(VideoNotReady) as caught:
        one(function, vod)
    assert caught.value.headers == ({} if wait is None else {"Retry-After": str(wait)})
    assert caught.value.members == {"Status": found.status}
    [item] = many(function, vod, [0])
    assert item == {
        "VideoId": IDS[0],
        "Code": "VideoNotReady",
        "status": 409,
        "detail": "Only a video whose Status is Normal can be played.",
        "Status": found.status,
        **({} if wait is None else {"RetryAfter": wait}),
    }
    assert "GetVideoPlayAuth" not in vod.operations()


REFUSALS: list[tuple[Exception, list[Video], str, dict[str, Any]]] = [
    (NotFoundAtVod(), [normal()], "VideoNotFound", {}),
    (Unusable(), [normal()], "VideoNotReady", {"Status": "Normal"}),
    (Unusable(), [video(status="Checking")], "VideoNotReady", {"Status": "Checking"}),
    (IllegalStatus(), [normal()], "VideoNotReady", {"Status": "Normal", "RetryAfter": 10}),
    (IllegalStatus(), [video(status="Blocked")], "VideoNotReady", {"Status": "Blocked"}),
    (IllegalStatus(), [], "VideoNotFound", {}),
    (Throttled(7), [normal()], "Throttled", {"RetryAfter": 7}),
]


@pytest.mark.parametrize(("fault", "then", "code", "members"), REFUSALS)
def test_a_refusal_of_vod_is_explained_by_another_look(
    function: Any, fault: Exception, then: list[Video], code: str, members: dict[str, Any]
) -> None:
    class Changing(StandInVod):
        def play_auth(self, *_: Any) -> PlayCredential:
            self.videos = then
            raise fault

    refusals = (VideoNotFound, VideoNotReady, Throttled)
    with pytest.raises(refusals) as caught:
        one(function, Changing(normal()))
    refusal: Any = caught.value
    wait = refusal.headers.get("Retry-After")
    said = {**refusal.members, **({"RetryAfter": int(wait)} if wait else {})}
    assert (refusal.code, said) == (code, members)
    [item] = many(function, Changing(normal()), [0])
    known = ("VideoId", "Code", "status", "detail")
    assert item["Code"] == code
    assert {name: value for name, value in item.items() if name not in known} == members


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({}, ["/VideoId"]),
        ({"VideoId": "a"}, ["/VideoId"]),
        ({"VideoId": IDS[0], "VideoIds": IDS[0]}, ["/VideoIds"]),
        ({"VideoId": IDS[0], "Method": "playauth"}, ["/Method"]),
        ({"VideoId": IDS[0], "AuthInfoTimeout": "99"}, ["/AuthInfoTimeout"]),
        ({"VideoId": IDS[0], "AuthInfoTimeout": "3001"}, ["/AuthInfoTimeout"]),
        ({"VideoId": IDS[0], "AuthInfoTimeout": "100.0"}, ["/AuthInfoTimeout"]),
    ],
)
def test_a_wrong_parameter_is_named(function: Any, query: Any, named: list[str]) -> None:
    vod = StandInVod(normal())
    with pytest.raises(InvalidRequest) as caught:
        function.play(invocation(vod, query=query))
    assert fields_of(caught.value) == named
    assert not vod.asked


def test_the_deployment_sets_the_longest_time(function: Any) -> None:
    settings = replace(SETTINGS, play_max_timeout=200)
    vod = StandInVod(normal())
    assert (
        one(function, vod, query={"AuthInfoTimeout": "200"}, settings=settings)["ExpiresIn"] == 200
    )
    assert (
        many(function, vod, [0], {"AuthInfoTimeout": 200}, settings=settings)[0]["ExpiresIn"] == 200
    )
    allowed = "must be an integer from 100 to 200 seconds"
    with pytest.raises(InvalidRequest, match=allowed):
        one(function, vod, query={"AuthInfoTimeout": "201"}, settings=settings)
    for wrong in (99, 201, "200", True):
        with pytest.raises(InvalidRequest, match=allowed):
            many(function, vod, [0], {"AuthInfoTimeout": wrong}, settings=settings)


def test_a_token_needs_the_scope(function: Any) -> None:
    vod = StandInVod(normal())
    who = caller(scopes=frozenset({"vod:upload"}))
    with pytest.raises(Forbidden, match="vod:play"):
        one(function, vod, who=who)
    with pytest.raises(Forbidden, match="vod:play"):
        many(function, vod, [0], who=who)
    assert not vod.asked


def test_each_video_counts_before_vod_is_asked(function: Any) -> None:
    limits, vod = StandInLimits(), StandInVod(normal(0), normal(1), normal(2))
    one(function, vod, limits=limits)
    many(function, vod, [0, 1, 2], limits=limits)
    assert limits.asked == [("play", "alice", "1"), ("play", "alice", "3")]
    limits.refusal, vod.asked = Throttled(9), []
    with pytest.raises(Throttled):
        one(function, vod, limits=limits)
    with pytest.raises(Throttled):
        many(function, vod, [0], limits=limits)
    assert not vod.asked


def test_the_handler_answers_the_runtime(function: Any) -> None:
    answer = function.handler(b"{}", type("Context", (), {"request_id": "1-abc"}))
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["RequestId"] == "1-abc"


# Several videos.


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["/VideoIds"]),
        ({"VideoIds": []}, ["/VideoIds"]),
        ({"VideoIds": IDS[0]}, ["/VideoIds"]),
        ({"VideoIds": IDS[:21]}, ["/VideoIds"]),
        ({"VideoIds": [IDS[0], IDS[0]]}, ["/VideoIds"]),
        ({"VideoIds": [IDS[0], "a"]}, ["/VideoIds"]),
        ({"VideoIds": [IDS[0]], "VideoId": IDS[0]}, ["/VideoId"]),
        ({"VideoIds": [IDS[0]], "Method": "MPS"}, ["/Method"]),
    ],
)
def test_a_wrong_field_is_named(function: Any, body: Any, named: list[str]) -> None:
    vod = StandInVod(normal())
    with pytest.raises(InvalidRequest) as caught:
        function.play_many(invocation(vod, body))
    assert fields_of(caught.value) == named
    assert not vod.asked
    with pytest.raises(InvalidRequest, match="VideoIds must be an array of 1 to 20 different"):
        function.play_many(invocation(vod, {"VideoIds": []}))
    with pytest.raises(InvalidRequest) as caught:
        function.play_many(invocation(vod, {"VideoIds": [IDS[0]]}, query={"VideoId": IDS[0]}))
    assert fields_of(caught.value) == ["/VideoId"]


def test_each_video_gets_its_own_answer_in_the_order_of_the_request(function: Any) -> None:
    vod = StandInVod(
        normal(0), normal(1, owner=BOB), video(2, status="Checking"), normal(3, owner=BOB)
    )
    call = invocation(
        vod,
        {"VideoIds": [IDS[n] for n in (3, 4, 0, 2, 1)]},
        who=caller(play=frozenset({"own", IDS[3]})),
    )
    items = function.play_many(call)["Items"]
    assert [item["VideoId"] for item in items] == [IDS[n] for n in (3, 4, 0, 2, 1)]
    codes = [item.get("Code", "OK") for item in items]
    assert codes == ["OK", "VideoNotFound", "OK", "VideoNotReady", "VideoNotFound"]
    assert items[0] == {
        "VideoId": IDS[3],
        "PlayAuth": f"auth-{IDS[3]}",
        "VideoMeta": {"Title": "Film"},
        "ExpireUTCTime": AT_100,
        "ExpiresIn": 100,
    }
    # One look at those that the claim does not name.
    assert vod.asked[0] == ("GetVideoInfos", [IDS[n] for n in (4, 0, 2, 1)])
    assert sorted(vod.asked[1:]) == [
        ("GetVideoPlayAuth", (IDS[0], 100)),
        ("GetVideoPlayAuth", (IDS[3], 100)),
    ]
    assert call.log_line["item_codes"] == Counter(OK=2, VideoNotFound=2, VideoNotReady=1)
    assert call.log_line["VideoIds"] == [IDS[n] for n in (3, 4, 0, 2, 1)]


def test_signed_here_all_videos_cost_one_look(function: Any) -> None:
    vod = StandInVod(*(normal(n, title=f"Film {n}") for n in range(3)))
    who = caller(play=frozenset({"own", IDS[9]}))
    body = {"Method": "JWTPlayAuth", "AuthInfoTimeout": 300.0}
    items = many(function, vod, [9, 0, 2], body, settings=SIGNING, who=who)
    assert vod.asked == [("GetVideoInfos", [IDS[0], IDS[2]])]
    assert [claims(item["PlayAuth"])["videoId"] for item in items] == [IDS[9], IDS[0], IDS[2]]
    # By VOD's clock, also for the video that was not read.
    assert {item["ExpireUTCTime"] for item in items} == {"2027-01-15T08:05:00Z"}
    assert {item["ExpiresIn"] for item in items} == {300}
    assert [item.get("VideoMeta", {}).get("Title") for item in items] == [None, "Film 0", "Film 2"]


def test_videos_that_the_claim_names_are_not_read(function: Any) -> None:
    vod = StandInVod()
    who = caller(play=frozenset({"*"}))
    [item] = many(function, vod, [0], {"Method": "JWTPlayAuth"}, settings=SIGNING, who=who)
    assert not vod.asked
    begin = claims(item["PlayAuth"])["currentTimeStamp"] / 1000
    assert time.time() - 90 < begin <= time.time() - 30


def test_a_fault_of_one_video_leaves_the_others(function: Any) -> None:
    faults: dict[str, Exception] = {
        IDS[1]: UpstreamTimeout("slow"),
        IDS[2]: NotFoundAtVod(),
        IDS[3]: UpstreamError("odd"),
        IDS[4]: IllegalStatus(),
        IDS[5]: Unusable(),
    }

    class Faulty(StandInVod):
        def play_auth(self, video_id: str, timeout: int) -> PlayCredential:
            if video_id in faults:
                raise faults[video_id]
            return super().play_auth(video_id, timeout)

    vod = Faulty(*(normal(n) for n in range(7)))
    items = many(function, vod, range(7))
    assert [item.get("Code", "OK") for item in items] == [
        *("OK", "Throttled", "VideoNotFound", "UpstreamError"),
        *("VideoNotReady", "VideoNotReady", "OK"),
    ]
    assert items[1]["RetryAfter"] == 1
    assert items[1]["detail"] == "No time was left for this video. Ask for it again."
    assert (items[4].get("RetryAfter"), items[5].get("RetryAfter")) == (10, None)
    looks = [given for name, given in vod.asked if name == "GetVideoInfos"]
    assert looks == [IDS[:7], IDS[4:6]]


@pytest.mark.parametrize(
    ("look", "code"),
    [(Throttled(7), "Throttled"), (UpstreamError("odd"), "UpstreamError")],
)
def test_a_look_that_fails_is_the_problem_of_each_video(
    function: Any, look: Exception, code: str
) -> None:
    vod = StandInVod(normal(0), normal(1))
    vod.faults["GetVideoInfos"] = [look]
    who = caller(play=frozenset({"own", IDS[5]}))
    items = many(function, vod, [0, 5, 1], who=who)
    assert [item.get("Code", "OK") for item in items] == [code, "OK", code]
    # The second look, at what VOD issued nothing for.
    vod = StandInVod(normal(0), normal(1))
    vod.faults = {"GetVideoInfos": [None, look], "GetVideoPlayAuth": [IllegalStatus(), None]}
    items = many(function, vod, [0])
    assert [item["Code"] for item in items] == [code]


@pytest.mark.parametrize("look", [1, 2])
def test_a_video_about_which_vod_says_nothing_is_502(function: Any, look: int) -> None:
    class Silent(StandInVod):
        looks = 0

        def video_infos(self, video_ids: Sequence[str]) -> Videos:
            self.looks += 1
            if self.looks == look:
                return Videos({}, frozenset(), NOW)
            return super().video_infos(video_ids)

    vod = Silent(normal())
    vod.faults["GetVideoPlayAuth"] = [IllegalStatus()]  # which makes `play` look again
    [item] = many(function, vod, [0])
    assert (item["Code"], item["status"]) == ("UpstreamError", 502)
    assert vod.looks == look


def test_at_most_five_calls_are_under_way(function: Any) -> None:
    class Counting(StandInVod):
        under_way = most = 0
        lock = threading.Lock()
        five = threading.Barrier(5)

        def play_auth(self, video_id: str, timeout: int) -> PlayCredential:
            with self.lock:
                self.under_way += 1
                self.most = max(self.most, self.under_way)
            self.five.wait(10)  # a sixth would be counted before the five go on
            with self.lock:
                self.under_way -= 1
            return super().play_auth(video_id, timeout)

    vod = Counting(*(normal(n) for n in range(20)))
    assert all("PlayAuth" in item for item in many(function, vod, range(20)))
    assert vod.most == 5
