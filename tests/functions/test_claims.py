"""How the `vod` claim of a token limits the caller, and what the scopes allow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import House


@pytest.fixture
def video_id(house: House, alice: str) -> str:
    """A video of Alice that is ready to play."""
    begun = house.upload(alice).json()
    put(begun, SMALL)
    house.cloud.calls.reset()
    return str(begun["VideoId"])


class TestPlay:
    @pytest.mark.parametrize("claim", ["all", "listed", "listed and own"])
    def test_a_claim_that_opens_a_strangers_video(
        self, house: House, video_id: str, claim: str
    ) -> None:
        claims = {"all": "*", "listed": [video_id], "listed and own": ["own", video_id]}
        token = house.issuer.token("bob", vod={"play": claims[claim]})
        assert house.play(token, video_id).status == 200
        assert house.calls() == {"GetVideoPlayAuth": 1}

    @pytest.mark.parametrize("vod", [None, {}, {"play": ["own"]}])
    def test_a_caller_plays_only_their_own_videos(
        self, house: House, video_id: str, vod: Any
    ) -> None:
        assert house.play(house.issuer.token("alice", vod=vod), video_id).status == 200
        bob = house.issuer.token("bob", vod=vod)
        assert house.play(bob, video_id).refusal == (404, "VideoNotFound")

    @pytest.mark.parametrize("play", [[], ["0" * 32]])
    def test_a_video_that_is_not_listed_is_forbidden(
        self, house: House, video_id: str, play: Any
    ) -> None:
        token = house.issuer.token("alice", vod={"play": play})
        assert house.play(token, video_id).refusal == (403, "Forbidden")
        assert house.calls() == {}

    def test_the_play_claim_does_not_allow_refresh(self, house: House, alice: str) -> None:
        video_id = house.begun(alice)
        bob = house.issuer.token("bob", vod={"play": "*"})
        assert house.refresh(bob, video_id).refusal == (404, "VideoNotFound")

    def test_a_listed_video_may_not_be_ready(self, house: House, alice: str) -> None:
        video_id = house.begun(alice)
        token = house.issuer.token("bob", vod={"play": [video_id]})
        reply = house.play(token, video_id)
        assert reply.refusal == (409, "VideoNotReady")
        assert reply.json()["Status"] == "Uploading"


class TestUpload:
    def test_the_claim_limits_the_media_types(self, house: House) -> None:
        token = house.issuer.token(vod={"upload": {"media": ["image", "attached"]}})
        assert house.upload(token).refusal == (403, "Forbidden")
        assert house.calls() == {}
        token = house.issuer.token(vod={"upload": {"media": ["video"]}})
        assert house.upload(token).status == 200
        image = {"MediaType": "image", "ImageType": "default"}
        assert house.post("/upload", token, image).refusal == (403, "Forbidden")

    def test_an_empty_list_of_media_allows_no_upload(self, house: House) -> None:
        token = house.issuer.token(vod={"upload": {"media": []}})
        assert house.upload(token).refusal == (403, "Forbidden")

    def test_a_limit_makes_the_size_mandatory(self, house: House) -> None:
        token = house.issuer.token(vod={"upload": {"max_bytes": 1000}})
        assert house.upload(token).pointers() == ["/FileSize"]
        assert house.upload(token, FileSize=1001).refusal == (403, "Forbidden")
        assert house.calls() == {}
        assert house.upload(token, FileSize=1000).status == 200


@pytest.mark.parametrize(
    "vod",
    [
        "",
        [],
        "*",
        5,
        {"plays": []},
        {"play": ["own"], "delete": ["*"]},
        {"play": "own"},
        {"play": {}},
        {"play": None},
        {"play": ["OWN"]},
        {"play": ["*"]},
        {"play": ["A" * 32]},
        {"play": [None]},
        {"upload": []},
        {"upload": {"media": "video"}},
        {"upload": {"media": ["audio"]}},
        {"upload": {"max_bytes": 0}},
        {"upload": {"max_bytes": "5"}},
        {"upload": {"max_bytes": 1.5}},
        {"upload": {"max_bytes": True}},
        {"upload": {"max_size": 5}},
        {"sts": "vod-play"},
        {"sts": [1]},
    ],
)
def test_a_claim_that_is_not_understood_is_refused(house: House, vod: Any) -> None:
    token = house.issuer.token(vod=vod)
    assert house.upload(token).refusal == (401, "InvalidToken")
    assert house.play(token, "0" * 32).refusal == (401, "InvalidToken")
    assert house.calls() == {}


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "vod:upload"},
        {"scope": ["vod:upload"]},
        {"scope": None, "scp": "email vod:upload"},
        {"scope": None, "scp": ["vod:upload"]},
    ],
)
def test_the_scope_is_read_from_scope_or_scp(house: House, claims: Any) -> None:
    token = house.issuer.token(**claims)
    assert house.upload(token).status == 200
    assert house.refresh(token, "0" * 32).refusal == (403, "Forbidden")


def test_default_scopes_apply_to_tokens_without_scopes(house: House) -> None:
    chosen = house.at("chosen")
    bare = house.issuer.token(scope=None)
    video_id = chosen.begun(bare)
    assert chosen.refresh(bare, video_id).status == 200
    assert chosen.play(bare, video_id).refusal == (403, "Forbidden")
    assert chosen.upload(house.issuer.token(scope="email")).refusal == (403, "Forbidden")
    # The plain deployment sets no default scopes.
    assert house.upload(bare).refusal == (403, "Forbidden")


@pytest.mark.parametrize(
    ("sub", "same"), [(42, "42"), ("é" * 64, "é" * 64), ("a" * 128, "a" * 128)]
)
def test_valid_subjects_own_their_videos(house: House, sub: Any, same: str) -> None:
    video_id = house.begun(house.issuer.token(sub))
    assert house.refresh(house.issuer.token(same), video_id).status == 200
    assert house.refresh(house.issuer.token(f"{same[:-1]}!"), video_id).status == 404


@pytest.mark.parametrize(
    "sub", ["", "a" * 129, "é" * 65, None, True, 1.5, [], {}, "a\nb", "a\x00", "\x7f", 2**63]
)
def test_an_invalid_subject_is_refused(house: House, sub: Any) -> None:
    assert house.upload(house.issuer.token(sub)).refusal == (401, "InvalidToken")
