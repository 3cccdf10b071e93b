"""POST /refresh and GET /play: for which videos, in which states, and for how long."""

from __future__ import annotations

import calendar
import time
from typing import Any

import pytest

from fakealiyun.clock import utc
from tests.support.clients import decoded, play_info, put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

ABSENT = "0123456789abcdef0123456789abcdef"


def played(house: House, token: str, **fields: Any) -> str:
    """The VideoId of a video whose file has arrived."""
    answer = house.upload(token, **fields).json()
    put(answer, SMALL)
    return str(answer["VideoId"])


def epoch(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def likeness(reply: Reply) -> tuple[Any, ...]:
    """An answer without the parts that differ each time."""
    body = {key: value for key, value in reply.json().items() if key != "RequestId"}
    new = ("Date", "X-Fc-Request-Id")
    headers = sorted((k, v) for k, v in reply.headers.items() if k not in new)
    return reply.status, body, headers


def log_likeness(house: House, function: str) -> dict[str, Any]:
    """The last log line of a function, without the parts that differ each time.

    A caller can ask for this line.
    """
    line = house.decisions(function)[-1]
    new = ("request_id", "ms", "cold", "VideoId")
    kept = {key: value for key, value in line.items() if key not in new}
    return {**kept, "cloud_request_ids": len(kept["cloud_request_ids"])}


class TestAStrangersVideo:
    """Bob gets the same answer for Alice's video as for a video that does not exist."""

    @pytest.mark.parametrize("finished", [False, True])
    @pytest.mark.parametrize("function", ["refresh", "play"])
    def test_it_gets_the_answer_for_a_missing_video(
        self, house: House, alice: str, bob: str, function: str, finished: bool
    ) -> None:
        video_id = played(house, alice) if finished else house.begun(alice)
        likenesses = []
        for asked in (video_id, ABSENT):
            house.cloud.calls.reset()
            reply = house.refresh(bob, asked) if function == "refresh" else house.play(bob, asked)
            assert reply.refusal == (404, "VideoNotFound")
            likenesses.append((likeness(reply), house.calls(), log_likeness(house, function)))
        assert likenesses[0] == likenesses[1]
        assert likenesses[0][1] == {"GetVideoInfo": 1}

    def test_a_video_without_an_owner_belongs_to_no_caller(self, house: House, alice: str) -> None:
        from fakealiyun.testing.vod import Vod

        unmarked = Vod(house.cloud).normal(SMALL)
        for reply in (house.refresh(alice, unmarked), house.play(alice, unmarked)):
            assert reply.refusal == (404, "VideoNotFound")
        assert house.calls().get("RefreshUploadVideo") is None


class TestRefresh:
    def test_a_finished_upload_is_not_refreshed(self, house: House, alice: str) -> None:
        video_id = played(house, alice)
        house.cloud.calls.reset()
        assert house.refresh(alice, video_id).refusal == (409, "UploadFinished")
        assert house.calls() == {"GetVideoInfo": 1}

    def test_an_upload_whose_file_cannot_be_played_is_not_refreshed(
        self, house: House, alice: str
    ) -> None:
        begun = house.upload(alice, FileName="film.avi").json()
        put(begun, SMALL)
        assert house.refresh(alice, begun["VideoId"]).refusal == (409, "UploadFinished")

    def test_an_upload_is_refreshed_within_the_window_only(self, house: House, alice: str) -> None:
        video_id = house.begun(alice)
        house.cloud.clock.advance(86400 - 60)
        assert house.refresh(alice, video_id).status == 200
        house.cloud.clock.advance(120)
        house.cloud.calls.reset()
        assert house.refresh(alice, video_id).refusal == (409, "UploadWindowClosed")
        assert house.calls() == {"GetVideoInfo": 1}

    def test_the_deployment_sets_the_window(self, house: House, alice: str) -> None:
        chosen = house.at("chosen")
        video_id = chosen.begun(alice)
        house.cloud.clock.advance(3500)
        assert chosen.refresh(alice, video_id).status == 200
        house.cloud.clock.advance(200)
        assert chosen.refresh(alice, video_id).refusal == (409, "UploadWindowClosed")

    def test_a_deleted_video_is_not_found(self, house: House, alice: str) -> None:
        video_id = house.begun(alice)
        house.cloud.vod.library.delete([video_id])
        assert house.refresh(alice, video_id).refusal == (404, "VideoNotFound")

    def test_an_older_owner_key_still_verifies(self, house: House, alice: str, bob: str) -> None:
        video_id = house.begun(alice)  # marked with the older key
        assert house.at("chosen").refresh(alice, video_id).status == 200
        assert house.at("chosen").refresh(bob, video_id).refusal == (404, "VideoNotFound")
        newer = house.at("chosen").begun(alice)
        assert house.refresh(alice, newer).refusal == (404, "VideoNotFound")  # an unknown key

    def test_refresh_reads_the_video_before_and_after(self, house: House, alice: str) -> None:
        video_id = house.begun(alice)
        house.cloud.calls.reset()
        assert house.refresh(alice, video_id).status == 200
        assert house.calls() == {"GetVideoInfo": 2, "RefreshUploadVideo": 1}


class TestPlay:
    @pytest.mark.parametrize(
        ("file_name", "upload", "status"),
        [("a.mp4", False, "Uploading"), ("a.avi", True, "UploadSucc")],
    )
    def test_a_video_that_may_become_ready_gets_retry_after(
        self, house: House, alice: str, file_name: str, upload: bool, status: str
    ) -> None:
        begun = house.upload(alice, FileName=file_name).json()
        if upload:
            put(begun, SMALL)
        reply = house.play(alice, begun["VideoId"])
        assert reply.refusal == (409, "VideoNotReady")
        assert reply.json()["Status"] == status
        assert int(reply.headers["Retry-After"]) > 0

    def test_a_video_plays_after_its_transcode(self, house: House, alice: str) -> None:
        house.cloud.vod.adjust(transcode_seconds=600)
        chosen = house.at("chosen")
        video_id = played(chosen, alice)
        assert chosen.play(alice, video_id).json()["Status"] == "Transcoding"
        house.cloud.clock.advance(600)
        assert chosen.play(alice, video_id).status == 200

    def test_a_failed_transcode_gets_no_retry_after(self, house: House, alice: str) -> None:
        chosen = house.at("chosen")
        begun = chosen.upload(alice).json()
        put(begun, b"no film")
        house.cloud.clock.advance(6)
        reply = chosen.play(alice, begun["VideoId"])
        assert reply.refusal == (409, "VideoNotReady")
        assert reply.json()["Status"] == "TranscodeFail"
        assert "Retry-After" not in reply.headers

    def test_a_deleted_video_is_not_found(self, house: House, alice: str) -> None:
        video_id = played(house, alice)
        house.cloud.vod.library.delete([video_id])
        assert house.play(alice, video_id).refusal == (404, "VideoNotFound")
        everything = house.issuer.token(vod={"play": "*"})
        assert house.play(everything, video_id).refusal == (404, "VideoNotFound")

    def test_the_metadata_comes_from_vod(self, house: House, alice: str) -> None:
        video_id = played(house, alice, Title="A film")
        meta = house.play(alice, video_id).json()["VideoMeta"]
        assert meta["VideoId"] == video_id
        assert (meta["Title"], meta["Status"], meta["Duration"]) == ("A film", "Normal", 4.5)

    @pytest.mark.parametrize(("asked", "granted"), [(None, 100), (100, 100), (3000, 3000)])
    def test_a_play_auth_lasts_for_the_requested_time(
        self, house: House, alice: str, asked: int | None, granted: int
    ) -> None:
        video_id = played(house, alice)
        query = {} if asked is None else {"AuthInfoTimeout": asked}
        play_auth = house.play(alice, video_id, **query).json()["PlayAuth"]
        house.cloud.clock.advance(granted / 2)
        assert play_info(house.cloud, play_auth).status == 200
        house.cloud.clock.advance(granted / 2 + 1)
        assert play_info(house.cloud, play_auth).status >= 400


class TestTimesAreVods:
    """Times of expiry come from the Date header of VOD, not from the clock of the instance."""

    @pytest.mark.parametrize("ahead", [0, 100_000])
    def test_an_upload_credential_expires_by_the_clock_of_vod(
        self, house: House, alice: str, ahead: int
    ) -> None:
        house.cloud.clock.advance(ahead)
        video_id = house.begun(alice)
        for answer in (house.upload(alice).json(), house.refresh(alice, video_id).json()):
            left = epoch(answer["ExpireUTCTime"]) - house.cloud.clock.now()
            assert 2990 < left <= 3000
            assert 2990 < answer["ExpiresIn"] <= 3000
            # Clients are told the documented life; the credential itself lives ten minutes longer.
            granted = epoch(decoded(answer["UploadAuth"])["ExpireUTCTime"])
            assert granted - epoch(answer["ExpireUTCTime"]) == 600

    @pytest.mark.parametrize("ahead", [0, 100_000])
    def test_a_play_auth_expires_by_the_clock_of_vod(
        self, house: House, alice: str, ahead: int
    ) -> None:
        house.cloud.clock.advance(ahead)
        answer = house.play(alice, played(house, alice), AuthInfoTimeout=500).json()
        assert 490 < epoch(answer["ExpireUTCTime"]) - house.cloud.clock.now() <= 500
        assert 490 < answer["ExpiresIn"] <= 500
        inner = decoded(answer["PlayAuth"])
        # Never later than the real expiry: the client must not trust an expired credential.
        assert answer["ExpireUTCTime"] <= utc(house.cloud.clock.now() + 500)
        assert inner["VideoMeta"]["VideoId"] == answer["VideoMeta"]["VideoId"]
