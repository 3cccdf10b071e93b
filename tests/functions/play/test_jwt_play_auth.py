"""`GET /play?Method=JWTPlayAuth`: who gets one, what it says, and what it costs."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from fakealiyun.vod.settings import DEFAULT_APP
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

# VOD allows a PlayKey at most 20 characters. PyJWT warns of an HMAC key under 32 bytes.
pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")

ABSENT = "0123456789abcdef0123456789abcdef"


def signed(house: House, token: str, video_id: str, **query: Any) -> Reply:
    return house.play(token, video_id, Method="JWTPlayAuth", **query)


def claims(house: House, reply: Reply) -> dict[str, Any]:
    """The claims of the credential, verified by PyJWT with the application's PlayKey."""
    key = house.cloud.vod.play_keys.get(DEFAULT_APP)
    assert key is not None
    credential = reply.json()["PlayAuth"]
    assert jwt.get_unverified_header(credential) == {"alg": "HS256", "typ": "JWT"}
    return dict(jwt.decode(credential, key.key, algorithms=["HS256"]))


def fault(house: House, reply: Reply) -> str | None:
    """Why VOD would not accept the credential."""
    return house.cloud.vod.play_keys.fault_of(reply.json()["PlayAuth"])


@pytest.fixture
def video_id(house: House, alice: str) -> str:
    """Alice's video, which is Normal. Its upload is not counted."""
    begun = house.upload(alice, Title="A film").json()
    put(begun, SMALL)
    house.cloud.calls.reset()
    return str(begun["VideoId"])


class TestAVideoThatTheClaimNames:
    @pytest.mark.parametrize("claim", ["*", [ABSENT], ["own", ABSENT]])
    def test_makes_no_call(self, house: House, claim: Any) -> None:
        token = house.issuer.token("bob", vod={"play": claim})
        reply = signed(house, token, ABSENT)
        assert reply.status == 200
        assert set(reply.json()) == {
            "RequestId",
            "PlayAuth",
            "Method",
            "ExpireUTCTime",
            "ExpiresIn",
        }
        assert reply.json()["Method"] == "JWTPlayAuth"
        assert reply.json()["ExpiresIn"] == 100
        assert fault(house, reply) is None
        assert house.calls() == {}

    def test_says_what_vod_documents(self, house: House) -> None:
        before = time.time()
        token = house.issuer.token(vod={"play": [ABSENT]})
        reply = signed(house, token, ABSENT, AuthInfoTimeout=300)
        said = claims(house, reply)
        after = time.time()
        begins, ends = said.pop("currentTimeStamp"), said.pop("expireTimeStamp")
        assert said == {
            "appId": "app-1000000",
            "videoId": ABSENT,
            "regionId": "cn-shanghai",
            "playContentInfo": {},
        }
        assert (before - 30) * 1000 - 1 <= begins <= (after - 30) * 1000
        assert ends - begins == pytest.approx(330_000, abs=1)
        shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends // 1000))
        assert reply.json()["ExpireUTCTime"] == shown

    def test_a_list_without_it_is_refused(self, house: House, video_id: str) -> None:
        token = house.issuer.token("alice", vod={"play": [ABSENT]})
        assert signed(house, token, video_id).refusal == (403, "Forbidden")
        assert house.calls() == {}


class TestOnesOwnVideo:
    def test_costs_one_read(self, house: House, alice: str, video_id: str) -> None:
        reply = signed(house, alice, video_id)
        assert reply.status == 200
        assert house.calls() == {"GetVideoInfo": 1}
        assert fault(house, reply) is None
        meta = {"VideoId": video_id, "Title": "A film", "Status": "Normal", "Duration": 4.5}
        assert {name: reply.json()["VideoMeta"][name] for name in meta} == meta

    def test_has_the_meta_data_that_vod_gives_with_a_play_auth(
        self, house: House, alice: str
    ) -> None:
        for fields in ({}, {"CoverURL": "https://cdn.example.com/cover.png"}):
            begun = house.upload(alice, **fields).json()
            put(begun, SMALL)
            methods = [
                house.play(alice, begun["VideoId"], Method=method).json()["VideoMeta"]
                for method in ("PlayAuth", "JWTPlayAuth")
            ]
            assert methods[0] == methods[1]

    def test_counts_from_vods_clock(self, house: House, alice: str, video_id: str) -> None:
        house.cloud.clock.advance(100_000)
        reply = signed(house, alice, video_id, AuthInfoTimeout=200)
        assert fault(house, reply) is None
        left = claims(house, reply)["expireTimeStamp"] / 1000 - house.cloud.clock.now()
        assert 195 < left <= 200
        house.cloud.clock.advance(201)
        assert fault(house, reply) == "expireTimeStamp is in the past"

    def test_that_is_not_ready(self, house: House, alice: str) -> None:
        reply = signed(house, alice, house.begun(alice))
        assert reply.refusal == (409, "VideoNotReady")
        assert reply.json()["Status"] == "Uploading"
        assert int(reply.headers["Retry-After"]) > 0

    def test_a_strangers_is_like_an_absent_one(self, house: House, bob: str, video_id: str) -> None:
        replies = [signed(house, bob, asked) for asked in (video_id, ABSENT)]
        bodies = [{**reply.json(), "RequestId": ""} for reply in replies]
        assert replies[0].refusal == (404, "VideoNotFound")
        assert bodies[0] == bodies[1]
        assert house.calls() == {"GetVideoInfo": 2}


class TestTheRequest:
    @pytest.mark.parametrize("method", ["", "jwtplayauth", "JWT", "PlayAuth,JWTPlayAuth"])
    def test_another_method_is_refused(self, house: House, alice: str, method: str) -> None:
        reply = house.play(alice, ABSENT, Method=method)
        assert reply.pointers() == ["/Method"]
        assert house.calls() == {}

    def test_play_auth_is_the_default(self, house: House, alice: str, video_id: str) -> None:
        default, named = house.play(alice, video_id), house.play(alice, video_id, Method="PlayAuth")
        assert set(default.json()) == set(named.json())
        assert "Method" not in default.json()
        assert house.calls() == {"GetVideoInfo": 2, "GetVideoPlayAuth": 2}

    @pytest.mark.parametrize("timeout", [99, 3001, 86400])
    def test_it_never_lives_long(self, house: House, timeout: int) -> None:
        token = house.issuer.token(vod={"play": "*"})
        reply = signed(house, token, ABSENT, AuthInfoTimeout=timeout)
        assert reply.pointers() == ["/AuthInfoTimeout"]

    def test_nor_longer_than_the_deployment_allows(self, house: House) -> None:
        token = house.issuer.token(vod={"play": "*"})
        chosen = house.at("chosen")
        assert signed(chosen, token, ABSENT, AuthInfoTimeout=200).status == 200
        reply = signed(chosen, token, ABSENT, AuthInfoTimeout=201)
        assert reply.pointers() == ["/AuthInfoTimeout"]

    def test_the_scope_comes_first(self, house: House) -> None:
        token = house.issuer.token(scope="vod:upload", vod={"play": "*"})
        assert signed(house, token, "no-id").refusal == (403, "Forbidden")

    def test_the_log_says_which_method(self, house: House) -> None:
        token = house.issuer.token(vod={"play": "*"})
        assert signed(house, token, ABSENT).status == 200
        line = house.decisions("play")[-1]
        assert (line["Method"], line["VideoId"], line["code"]) == ("JWTPlayAuth", ABSENT, "OK")
        assert "cloud_request_ids" not in line


class TestTheDeployment:
    def test_without_a_key_does_not_offer_it(self, house: House, video_id: str) -> None:
        keyless = house.at("keyless")
        token = house.issuer.token(vod={"play": "*"})
        reply = signed(keyless, token, video_id)
        assert reply.refusal == (404, "NotConfigured")
        assert "JWTPlayAuth" in reply.json()["detail"]
        assert house.calls() == {}
        assert keyless.play(token, video_id).status == 200

    def test_with_a_short_key_does_not_start(self, house: House) -> None:
        token = house.issuer.token(vod={"play": "*"})
        reply = signed(house.at("guessable"), token, ABSENT)
        assert reply.refusal == (500, "Misconfigured")
        written = [line for line in house.log() if "VODPASS_PLAY_KEY" in line]
        assert written
        assert "ops.playkey rotate" in written[-1]
        assert "abcdefgh12345678" not in " ".join(house.log())

    def test_fixes_what_the_player_gets(self, house: House) -> None:
        token = house.issuer.token(vod={"play": "*"})
        said = claims(house, signed(house.at("fixed"), token, ABSENT))
        assert said["playContentInfo"] == {
            "formats": "mp4,m3u8",
            "definition": "LD,SD",
            "streamType": "video",
            "authTimeout": 1800,
        }

    @pytest.mark.parametrize(
        ("variant", "expected"),
        [("hinted", {}), ("domained", {"playConfig": '{"PlayDomain":"play.example.com"}'})],
    )
    def test_with_the_domain_only_if_it_is_switched_on(
        self, house: House, variant: str, expected: dict[str, str]
    ) -> None:
        """That VOD reads it there is a guess."""
        token = house.issuer.token(vod={"play": "*"})
        reply = signed(house.at(variant), token, ABSENT)
        assert claims(house, reply)["playContentInfo"] == expected
        assert "PlayConfig" not in reply.json()

    def test_of_another_application(self, house: House) -> None:
        token = house.issuer.token(vod={"play": "*"})
        assert claims(house, signed(house.at("another"), token, ABSENT))["appId"] == "app-2000000"

    def test_a_rotated_key_ends_every_credential(self, house: House) -> None:
        token = house.issuer.token(vod={"play": "*"})
        reply = signed(house, token, ABSENT)
        assert fault(house, reply) is None
        house.cloud.vod.play_keys.set(DEFAULT_APP, "another0another0aBcd")
        assert fault(house, reply) == "its signature is not that of the application's PlayKey"

    def test_the_key_is_in_no_answer_and_no_log(self, house: House, alice: str) -> None:
        key = house.cloud.vod.play_keys.get(DEFAULT_APP)
        assert key is not None
        token = house.issuer.token(vod={"play": "*"})
        for reply in (
            signed(house, token, ABSENT),
            signed(house, alice, ABSENT),
            signed(house, token, "x"),
            house.post("/play", token, {"VideoIds": [ABSENT], "Method": "JWTPlayAuth"}),
        ):
            assert key.key not in str(reply.headers)
            assert key.key.encode() not in reply.body
        assert not [line for line in house.log() if key.key in line]
