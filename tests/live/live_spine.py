"""Upload, refresh, play, STS and events, against a deployment in a real account."""

from __future__ import annotations

from typing import Any

import oss2
import pytest

from ops.account import ServiceRefused
from ops.smoke.playback import NotRedeemed, fetch, redeem
from tests.live.deployment import FILM, Deployment, Upload, expect

ALICE, BOB = "vodpass-live-alice", "vodpass-live-bob"


@pytest.fixture(scope="module")
def finished(live: Deployment) -> str:
    """A video of alice whose file is complete."""
    upload = Upload(live.begin(ALICE, "finished"))
    upload.complete()
    return upload.video_id


def played(live: Deployment, video_id: str, user: str = ALICE) -> Any:
    """The answer of /play, as soon as VOD can play the video."""
    query = f"VideoId={video_id}&AuthInfoTimeout=100"

    def ready() -> Any:
        reply = live.call(user, "play", query=query)
        return None if reply.code == "VideoNotReady" else expect(reply)

    return live.until("playable", 300, ready)


class TestUpload:
    def test_it_continues_with_a_new_credential(self, live: Deployment) -> None:
        issued = live.begin(ALICE, "in-parts")
        upload = Upload(issued)
        upload.send(1)
        renewed = expect(live.call(ALICE, "refresh", {"VideoId": upload.video_id}))
        assert renewed["UploadAddress"] == issued["UploadAddress"]
        assert (renewed["UploadAuth"] != issued["UploadAuth"]) is True
        upload.renew(renewed)
        upload.complete()
        info = live.until("a size", 60, lambda: live.video(upload.video_id).get("Size"))
        assert info == len(FILM)
        done = live.call(ALICE, "refresh", {"VideoId": upload.video_id})
        expect(done, 409, "UploadFinished")

    def test_the_same_key_gives_the_same_video(self, live: Deployment) -> None:
        first = live.begin(ALICE, "twice", key=f"{live.title}-key")
        again = live.begin(ALICE, "twice", key=f"{live.title}-key")
        assert again["VideoId"] == first["VideoId"]

    def test_an_upload_survives_the_expiry_of_its_credential(self, live: Deployment) -> None:
        if not live.settings.hour:
            pytest.skip("it takes 61 minutes: set LIVE_HOUR=1")
        upload = Upload(live.begin(ALICE, "an-hour"))
        upload.send(1)
        live.wait(3660)
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            upload.send(1)
        assert refused.value.code in ("SecurityTokenExpired", "InvalidAccessKeyId")
        upload.renew(expect(live.call(ALICE, "refresh", {"VideoId": upload.video_id})))
        upload.complete()
        assert live.until("a size", 60, lambda: live.video(upload.video_id).get("Size"))


class TestStrangers:
    def test_another_user_sees_nothing(self, live: Deployment, finished: str) -> None:
        for other in (finished, "0" * 32):
            expect(live.call(BOB, "refresh", {"VideoId": other}), 404, "VideoNotFound")
            expect(live.call(BOB, "play", query=f"VideoId={other}"), 404, "VideoNotFound")

    def test_no_token_and_no_scope(self, live: Deployment, finished: str) -> None:
        query = f"VideoId={finished}"
        expect(live.call(ALICE, "play", query=query, token="none"), 401, "InvalidToken")
        only = live.token(ALICE, "vod:upload")
        expect(live.call(ALICE, "play", query=query, token=only), 403, "Forbidden")


class TestPlay:
    def test_the_file_comes_back(self, live: Deployment, finished: str) -> None:
        answer = played(live, finished)
        streams = redeem(str(answer["PlayAuth"]), finished, live.settings.cloud)
        source = [one for one in streams if one.get("Definition") == "OD"]
        if not source:
            pytest.skip("VOD returns no source stream: the template group transcodes")
        assert (fetch(str(source[0]["PlayURL"]), len(FILM) + 1) == FILM) is True

    def test_a_play_auth_ends(self, live: Deployment, finished: str) -> None:
        answer = played(live, finished)
        live.wait(130)
        with pytest.raises(NotRedeemed):
            redeem(str(answer["PlayAuth"]), finished, live.settings.cloud)


class TestSts:
    def test_a_key_for_one_purpose(self, live: Deployment) -> None:
        token = live.token(ALICE, sts=["vod-upload"])
        asked = {"Purpose": "vod-upload", "DurationSeconds": 900}
        reply = live.call(ALICE, "sts", asked, token=token)
        if reply.code == "NotConfigured":
            pytest.skip("the deployment does not offer the purpose vod-upload")
        session = live.session(expect(reply))
        title = f"{live.title}-sts"
        created = session.vod("CreateUploadVideo", title=title, file_name=f"{title}.mp4").body
        live.adopt(str(created["VideoId"]))
        for operation, fields in (
            ("RefreshUploadVideo", {"video_id": created["VideoId"]}),
            ("GetVideoInfo", {"video_id": created["VideoId"]}),
            ("DeleteVideo", {"video_ids": created["VideoId"]}),
        ):
            with pytest.raises(ServiceRefused) as refused:
                session.vod(operation, **fields)
            assert refused.value.for_permission, f"{operation}: {refused.value.code}"
        # The video has no mark. So it is nobody's.
        theirs = live.call(ALICE, "refresh", {"VideoId": created["VideoId"]})
        expect(theirs, 404, "VideoNotFound")

    def test_a_purpose_that_the_token_does_not_list(self, live: Deployment) -> None:
        reply = live.call(ALICE, "sts", {"Purpose": "vod-upload"}, token=live.token(ALICE))
        assert reply.status == 403, f"{reply.status}"


class TestEvents:
    def test_a_finished_upload_goes_through_the_queues(self, live: Deployment) -> None:
        """The events function confirms the callback and leaves a message for the recheck."""
        try:
            before = live.delayed_messages()
        except Exception as fault:  # noqa: BLE001 - its text may quote the request
            pytest.skip(f"the watch queue cannot be read: {type(fault).__name__}")
        upload = Upload(live.begin(ALICE, "events"))
        upload.complete()
        live.until("a delayed message", 180, lambda: live.delayed_messages() > before)
        if live.settings.events_url:
            live.until(
                "upload.completed",
                60,
                lambda: "upload.completed" in live.delivered(upload.video_id),
            )
