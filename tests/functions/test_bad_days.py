"""What a caller gets when VOD fails or is slow, and what is left at VOD."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

LEAK = "acs:ram::1234567890123456:role/internal-detail"


def videos(house: House) -> list[str]:
    return [media.video_id for media in house.cloud.vod.library.all()]


def fault(house: House, action: str, kind: str, count: int = 1, **parameters: Any) -> None:
    house.cloud.faults.set("vod", action, kind, count, **parameters)


def settled(house: House, token: str) -> str:
    """The VideoId of a video that plays. The counters of calls are reset."""
    begun = house.upload(token).json()
    put(begun, SMALL)
    house.cloud.calls.reset()
    return str(begun["VideoId"])


def pending(house: House, token: str) -> str:
    """The VideoId of an upload under way. The counters of calls are reset."""
    video_id = house.begun(token)
    house.cloud.calls.reset()
    return video_id


def retry_after(reply: Reply) -> int:
    return int(reply.headers["Retry-After"])


class TestThrottled:
    @pytest.mark.parametrize("code", ["Throttling", "Throttling.User", "Throttling.Api"])
    @pytest.mark.parametrize("status", [400, 429, 503])
    def test_a_throttled_upload_is_refused(
        self, house: House, alice: str, code: str, status: int
    ) -> None:
        fault(house, "CreateUploadVideo", "throttle", code=code, status=status)
        reply = house.upload(alice)
        assert reply.refusal == (429, "Throttled")
        assert retry_after(reply) >= 1
        assert house.calls() == {"CreateUploadVideo": 1}

    def test_retry_after_comes_from_vod(self, house: House, alice: str) -> None:
        fault(house, "CreateUploadVideo", "throttle", retry_after=2500)
        assert retry_after(house.upload(alice)) == 3

    @pytest.mark.parametrize("action", ["GetVideoInfo", "RefreshUploadVideo"])
    def test_a_throttled_refresh_is_not_repeated(
        self, house: House, alice: str, action: str
    ) -> None:
        video_id = pending(house, alice)
        fault(house, action, "throttle")
        assert house.refresh(alice, video_id).refusal == (429, "Throttled")
        assert house.calls()[action] == 1

    @pytest.mark.parametrize("action", ["GetVideoInfo", "GetVideoPlayAuth"])
    def test_a_throttled_play_is_not_repeated(self, house: House, alice: str, action: str) -> None:
        video_id = settled(house, alice)
        fault(house, action, "throttle")
        assert house.play(alice, video_id).refusal == (429, "Throttled")
        assert house.calls()[action] == 1


PASSING = [
    ("error", {"status": 500}),
    ("error", {"status": 503, "code": "ServiceUnAvailable"}),
    ("error", {"status": 502, "code": "Bad.Gateway"}),
    ("reset_before", {}),
    ("reset_after", {}),
    ("truncated", {}),
    ("non_json", {"status": 502}),
    ("non_json", {"status": 200}),
    ("empty", {"status": 200}),
    ("empty", {"status": 500}),
]


@pytest.mark.parametrize(("kind", "parameters"), PASSING)
class TestAPassingFault:
    """Reads, RefreshUploadVideo and GetVideoPlayAuth may safely be repeated: one more try."""

    @pytest.mark.parametrize("action", ["GetVideoInfo", "RefreshUploadVideo"])
    def test_refresh_tries_once_more(
        self, house: House, alice: str, kind: str, parameters: Any, action: str
    ) -> None:
        video_id = pending(house, alice)
        fault(house, action, kind, **parameters)
        reply = house.refresh(alice, video_id)
        assert reply.status == 200, reply.body
        assert reply.json()["VideoId"] == video_id
        expected = {"GetVideoInfo": 2, "RefreshUploadVideo": 1}
        assert house.calls() == {**expected, action: expected[action] + 1}

    @pytest.mark.parametrize("action", ["GetVideoInfo", "GetVideoPlayAuth"])
    def test_play_tries_once_more(
        self, house: House, alice: str, kind: str, parameters: Any, action: str
    ) -> None:
        video_id = settled(house, alice)
        fault(house, action, kind, **parameters)
        assert house.play(alice, video_id).status == 200
        assert house.calls()[action] == 2

    def test_upload_is_sent_once_and_then_looked_up(
        self, house: House, alice: str, kind: str, parameters: Any
    ) -> None:
        """If the answer is lost: at most one video, and a credential if the video exists."""
        fault(house, "CreateUploadVideo", kind, **parameters)
        reply = house.upload(alice, "key-1")
        assert house.calls()["CreateUploadVideo"] == 1
        took_effect = kind not in ("error", "reset_before")
        assert len(videos(house)) == took_effect
        if took_effect:
            assert reply.status == 200, reply.body
            assert reply.json()["VideoId"] == videos(house)[0]
            put(reply.json(), SMALL)
            assert house.cloud.vod.library.all()[0].status == "Normal"
        else:
            assert reply.refusal == (503, "Unavailable")
            assert retry_after(reply) >= 1
            assert house.upload(alice, "key-1").status == 200
            assert len(videos(house)) == 1


@pytest.mark.parametrize(("kind", "parameters"), PASSING)
def test_a_lasting_fault_is_reported(house: House, alice: str, kind: str, parameters: Any) -> None:
    pending_id = pending(house, alice)
    fault(house, "GetVideoInfo", kind, 10, **parameters)
    unavailable = kind.startswith("reset") or parameters.get("status") == 503
    expected = (503, "Unavailable") if unavailable else (502, "UpstreamError")
    for reply in (house.refresh(alice, pending_id), house.play(alice, pending_id)):
        assert reply.refusal == expected
        assert ("Retry-After" in reply.headers) == unavailable
    assert house.calls() == {"GetVideoInfo": 4}


@pytest.mark.parametrize("field", ["UploadAuth", "UploadAddress", "VideoId"])
def test_an_incomplete_answer_is_refused(house: House, alice: str, field: str) -> None:
    fault(house, "CreateUploadVideo", "wrong_type", field=field)
    reply = house.upload(alice)
    assert reply.status == 200
    assert videos(house) == [reply.json()["VideoId"]]
    assert house.calls() == {"CreateUploadVideo": 1, "GetVideoInfo": 2, "RefreshUploadVideo": 1}


def test_a_repeat_finds_the_video_after_an_unknown_outcome(house: House, alice: str) -> None:
    fault(house, "CreateUploadVideo", "reset_after")
    fault(house, "GetVideoInfo", "error", 2)
    assert house.upload(alice, "key-1").status in (502, 503)
    assert len(videos(house)) == 1
    assert house.upload(alice, "key-1").json()["VideoId"] == videos(house)[0]
    assert len(videos(house)) == 1


@pytest.mark.parametrize("action", ["GetVideoInfo", "RefreshUploadVideo", "GetVideoPlayAuth"])
def test_an_answer_with_wrong_types_never_reaches_the_caller(
    house: House, alice: str, action: str
) -> None:
    """The call is repeated or refused. The caller gets no part of the wrong answer."""
    playing, uploading = settled(house, alice), pending(house, alice)
    fault(house, action, "wrong_type", 2)
    play, refresh = house.play(alice, playing), house.refresh(alice, uploading)
    for reply, needs in ((play, "GetVideoPlayAuth"), (refresh, "RefreshUploadVideo")):
        if action in (needs, "GetVideoInfo") and reply.status != 200:
            assert reply.refusal == (502, "UpstreamError")
            assert b"12345" not in reply.body
        else:
            assert reply.status == 200


def test_a_slow_answer_that_ends_in_time_is_used(house: House, alice: str) -> None:
    video_id = pending(house, alice)
    fault(house, "GetVideoInfo", "drip", seconds=0.2)
    assert house.refresh(alice, video_id).status == 200


class TestTheDeadline:
    """A function answers before Function Compute ends it, even if VOD is slow."""

    @pytest.mark.parametrize(
        ("kind", "seconds"), [("slow", 6.0), ("drip", 30.0)], ids=["no answer", "byte by byte"]
    )
    def test_refresh_and_play_answer_in_time(
        self, house: House, alice: str, kind: str, seconds: float
    ) -> None:
        hurried = house.at("hurried")
        video_id = settled(house, alice)
        warm(lambda: hurried.play(alice, "0" * 32), 404)
        warm(lambda: hurried.refresh(alice, "0" * 32), 404)
        fault(house, "*", kind, 4, seconds=seconds)
        replies = in_parallel(
            lambda: hurried.play(alice, video_id), lambda: hurried.refresh(alice, video_id)
        )
        for reply in replies:
            assert reply.refusal == (504, "UpstreamTimeout")

    def test_upload_keeps_time_for_the_lookup_and_never_creates_again(
        self, house: House, alice: str
    ) -> None:
        hasty = house.at("hasty")
        warm(lambda: hasty.upload(alice), 200)
        house.cloud.reset()
        fault(house, "CreateUploadVideo", "slow", seconds=4.4)
        reply = hasty.upload(alice, "key-1")
        assert reply.refusal == (503, "Unavailable")
        assert house.calls()["CreateUploadVideo"] == 1
        while not videos(house):  # VOD creates the video after the function has stopped waiting
            time.sleep(0.01)
        assert hasty.upload(alice, "key-1").json()["VideoId"] == videos(house)[0]
        assert len(videos(house)) == 1


class TestOnlyTheOperatorCanMendIt:
    CODES = (
        (403, "Forbidden.RAM"),
        (403, "Forbidden"),
        (403, "NoPermission"),
        (404, "InvalidAccessKeyId.NotFound"),
        (400, "InvalidAccessKeyId.Inactive"),
        (400, "SignatureDoesNotMatch"),
        (400, "InvalidTimeStamp.Expired"),
        (400, "InvalidSecurityToken.Malformed"),
        (400, "InvalidSecurityToken.MismatchWithAccessKey"),
        (403, "OperationDenied"),
        (403, "OperationDenied.Suspended"),
        (403, "Forbidden.InitFailed"),
        (404, "InvalidTemplateGroupId.NotFound"),
        (404, "InvalidStorage.NotFound"),
        (404, "InvalidApi.NotFound"),
    )

    @pytest.mark.parametrize(("status", "code"), CODES)
    def test_the_caller_never_gets_the_text_of_the_cloud(
        self, house: House, alice: str, status: int, code: str
    ) -> None:
        before = len(house.log())
        fault(house, "CreateUploadVideo", "error", status=status, code=code, message=LEAK)
        reply = house.upload(alice)
        assert reply.refusal == (500, "Misconfigured")
        assert house.calls() == {"CreateUploadVideo": 1}
        fault(house, "GetVideoInfo", "error", status=status, code=code, message=LEAK)
        assert house.play(alice, "0" * 32).refusal == (500, "Misconfigured")
        assert house.calls()["GetVideoInfo"] == 1
        assert LEAK not in str(reply.body) + "".join(house.log()[before:])

    def test_a_missing_permission_is_misconfigured(self, house: House, alice: str) -> None:
        video_id = pending(house, alice)
        policy = {
            "Version": "1",
            "Statement": [{"Effect": "Allow", "Action": "vod:GetVideoInfo", "Resource": "*"}],
        }
        for role in ("vodpass-upload", "vodpass-refresh", "vodpass-play"):
            house.cloud.ram.set_role_policies(role, policy)
        for reply in (house.upload(alice), house.refresh(alice, video_id)):
            assert reply.refusal == (500, "Misconfigured")
            assert b"acs:ram" not in reply.body

    def test_the_role_of_another_function_is_misconfigured(self, house: House, alice: str) -> None:
        assert house.at("powerless").upload(alice).refusal == (500, "Misconfigured")

    def test_a_wrong_setting_is_misconfigured(self, house: House, alice: str) -> None:
        """The log names the setting. The caller gets no name. Its value appears nowhere."""
        broken = house.at("broken")
        for token in (alice, "a.b.c"):
            reply = broken.play(token, "0" * 32)
            assert reply.refusal == (500, "Misconfigured")
            assert b"VODPASS" not in reply.body
        said = [line for line in house.decisions("broken-play") if line.get("level") == "error"]
        assert "VODPASS_OWNER_KEYS" in said[0]["message"]
        assert "c2hvcnQ" not in "".join(house.log())
        assert house.calls() == {}


def test_the_caller_is_told_if_vod_refuses_a_field(house: House, alice: str) -> None:
    for code in ("IllegalCharacters", "LengthExceededMax", "InvalidFileName.Extension"):
        fault(house, "CreateUploadVideo", "error", status=400, code=code, message=LEAK)
        reply = house.upload(alice)
        assert reply.refusal == (400, "InvalidRequest")
        assert LEAK.encode() not in reply.body


CHOICES = [
    ("InvalidTemplateGroupId.NotFound", "VODPASS_TEMPLATE_GROUP_ID"),
    ("InvalidAppId.NotFound", "VODPASS_APP_ID"),
    ("InvalidCateId.NotFound", "VODPASS_CATE_ID"),
]


@pytest.mark.parametrize(("code", "variable"), CHOICES)
@pytest.mark.parametrize("used", [True, False])
def test_the_answer_names_a_setting_only_if_it_was_used(
    house: House, alice: str, code: str, variable: str, used: bool
) -> None:
    fault(house, "CreateUploadVideo", "error", status=404, code=code, message=LEAK)
    reply = (house.at("chosen") if used else house).upload(alice)
    assert reply.refusal == (500, "Misconfigured")
    assert (variable in reply.json()["detail"]) == used


@pytest.mark.parametrize("code", ["Something.New", ""])
def test_an_unknown_code_is_an_upstream_error(house: House, alice: str, code: str) -> None:
    fault(house, "CreateUploadVideo", "error", status=400, code=code or "X", message=LEAK)
    fault(house, "GetVideoInfo", "error", 2, status=400, code=code or "X", message=LEAK)
    assert house.upload(alice).refusal == (502, "UpstreamError")
    assert house.play(alice, "0" * 32).status == 502


class TestAnInstanceWhoseKeyHasExpired:
    def test_an_expired_key_is_reported_once_and_the_instance_is_replaced(
        self, house: House, alice: str
    ) -> None:
        newer = house.at("newer")
        video_id = settled(house, alice)
        assert newer.play(alice, video_id).status == 200
        before = {one["pid"] for one in house.instances("newer-play")}
        house.cloud.clock.advance(36 * 3600 + 1)
        reply = newer.play(alice, video_id)
        assert reply.refusal == (503, "Unavailable")
        assert retry_after(reply) == 1
        # The process ends at its next invocation, which Function Compute answers with an error.
        gone = newer.play(alice, video_id)
        assert (gone.status, gone.headers["X-Fc-Error-Type"]) == (502, "UnhandledInvocationError")
        assert newer.play(alice, video_id).status == 200
        assert before.isdisjoint(one["pid"] for one in house.instances("newer-play"))

    def test_a_runtime_that_renews_the_credential_causes_no_error(
        self, house: House, alice: str
    ) -> None:
        older = house.at("older")
        video_id = settled(house, alice)
        assert older.play(alice, video_id).status == 200
        house.cloud.clock.advance(36 * 3600 + 1)
        assert older.play(alice, video_id).status == 200


def warm(call: Callable[[], Reply], status: int) -> None:
    """Call until an instance is warm. A cold start on a busy machine may miss the deadline."""
    for _ in range(20):
        if call().status == status:
            return
    raise AssertionError("no instance started in time")


def in_parallel(*calls: Callable[[], Reply]) -> list[Reply]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))
