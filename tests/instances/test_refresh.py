"""`refresh` in this process: whose upload gets a new credential, and until when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.records import Video
from shared.errors import (
    Forbidden,
    InvalidRequest,
    Refusal,
    Throttled,
    UnsupportedMediaType,
    UploadFinished,
    UploadWindowClosed,
    UpstreamTimeout,
    VideoNotFound,
)
from tests.instances.stand_ins import (
    BOB,
    EXPIRES_TEXT,
    IDS,
    StandInLimits,
    StandInVod,
    caller,
    fields_of,
    invocation,
    loaded,
    video,
)

index = loaded("refresh")

ASKED = {"VideoId": IDS[0]}


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(index, "Vod", lambda cloud: cloud)
    return index


def test_the_owner_gets_a_new_credential_between_two_looks(function: Any) -> None:
    vod = StandInVod(video(1), video())
    call = invocation(vod, ASKED)
    assert function.refresh(call) == {
        "RequestId": "1-abc",
        "VideoId": IDS[0],
        "UploadAddress": "address",
        "UploadAuth": "auth",
        "ExpireUTCTime": EXPIRES_TEXT,
        "ExpiresIn": 3000,
    }
    assert call.log_line == ASKED
    assert vod.asked == [
        ("GetVideoInfo", IDS[0]),
        ("RefreshUploadVideo", IDS[0]),
        ("GetVideoInfo", IDS[0]),
    ]


@pytest.mark.parametrize("found", [[], [video(owner=BOB)], [video(reference_id=None)], [video(1)]])
def test_a_video_of_anybody_else_is_a_video_that_does_not_exist(
    function: Any, found: list[Video]
) -> None:
    vod = StandInVod(*found)
    with pytest.raises(VideoNotFound):
        function.refresh(invocation(vod, ASKED))
    assert vod.operations() == ["GetVideoInfo"]


@pytest.mark.parametrize(
    ("found", "refusal"),
    [
        (video(status="Normal"), UploadFinished),
        (video(status="UploadSucc"), UploadFinished),
        (video(age=7200), None),
        (video(age=7201), UploadWindowClosed),
        (video(status="Normal", age=7201), UploadFinished),
    ],
)
def test_only_an_upload_that_awaits_its_file_in_time_is_renewed(
    function: Any, found: Video, refusal: type[Exception] | None
) -> None:
    vod = StandInVod(found)
    if refusal is None:
        assert function.refresh(invocation(vod, ASKED))["ExpiresIn"] == 3000
        return
    with pytest.raises(refusal):
        function.refresh(invocation(vod, ASKED))
    assert vod.operations() == ["GetVideoInfo"]


@pytest.mark.parametrize(
    ("operation", "faults", "refusal", "detail"),
    [
        ("RefreshUploadVideo", [NotFoundAtVod()], VideoNotFound, "belongs to you"),
        ("RefreshUploadVideo", [Unusable()], UploadFinished, "damaged: begin a new one, so"),
        ("RefreshUploadVideo", [IllegalStatus()], UploadFinished, "no longer awaits"),
        ("GetVideoInfo", [None, NotFoundAtVod()], VideoNotFound, "belongs to you"),
        ("GetVideoInfo", [Throttled(5)], Throttled, "rate limit"),
    ],
)
def test_a_refusal_of_vod_is_told(
    function: Any, operation: str, faults: list[Any], refusal: type[Refusal], detail: str
) -> None:
    vod = StandInVod(video())
    vod.faults[operation] = faults
    with pytest.raises(refusal, match=detail):
        function.refresh(invocation(vod, ASKED))


@pytest.mark.parametrize("later", [{"status": "UploadSucc"}, {"reference_id": "another mark"}])
def test_a_credential_is_discarded_if_the_file_has_arrived_meanwhile(
    function: Any, later: dict[str, Any]
) -> None:
    class Finishing(StandInVod):
        def refresh_upload_video(self, video_id: str) -> Any:
            issued = super().refresh_upload_video(video_id)
            self.videos = [replace(self.videos[0], **later)]
            return issued

    vod = Finishing(video())
    with pytest.raises(UploadFinished):
        function.refresh(invocation(vod, ASKED))
    assert "RefreshUploadVideo" in vod.operations()


@pytest.mark.parametrize(
    ("body", "query", "named"),
    [
        ({}, {}, ["/VideoId"]),
        ({"VideoId": IDS[0].upper() + "A"}, {}, ["/VideoId"]),
        ({"VideoId": [IDS[0]]}, {}, ["/VideoId"]),
        ({**ASKED, "UploadAuth": "a"}, {}, ["/UploadAuth"]),
        (ASKED, ASKED, ["/VideoId"]),
    ],
)
def test_a_wrong_field_is_named_and_vod_is_not_asked(
    function: Any, body: Any, query: dict[str, str], named: list[str]
) -> None:
    vod = StandInVod(video())
    with pytest.raises(InvalidRequest) as caught:
        function.refresh(invocation(vod, body, query=query))
    assert fields_of(caught.value) == named
    assert not vod.asked


def test_a_request_must_be_json_of_a_caller_with_the_scope(function: Any) -> None:
    vod = StandInVod(video())
    with pytest.raises(UnsupportedMediaType):
        function.refresh(invocation(vod, ASKED, content_type="text/plain"))
    with pytest.raises(Forbidden, match="vod:refresh"):
        function.refresh(invocation(vod, ASKED, who=caller(scopes=frozenset({"vod:upload"}))))
    assert not vod.asked


def test_a_refresh_counts_before_vod_is_asked(function: Any) -> None:
    limits, vod = StandInLimits(), StandInVod(video())
    function.refresh(invocation(vod, ASKED, limits=limits))
    assert limits.asked == [("refresh", "alice", IDS[0])]
    limits.refusal = Throttled(9)
    with pytest.raises(Throttled):
        function.refresh(invocation(vod, ASKED, limits=limits))
    assert len(vod.asked) == 3


def test_an_upload_that_has_finished_is_open_no_more(function: Any) -> None:
    limits = StandInLimits()
    with pytest.raises(UploadFinished):
        function.refresh(invocation(StandInVod(video(status="Normal")), ASKED, limits=limits))
    assert limits.asked[1:] == [("finished", "alice", "", IDS[0])]
    with pytest.raises(UploadFinished):
        function.refresh(invocation(StandInVod(video(status="Normal")), ASKED))


@pytest.mark.parametrize(
    ("found", "refusal"),
    [
        ([], VideoNotFound),
        ([video(owner=BOB)], VideoNotFound),
        ([video(age=7201)], UploadWindowClosed),
    ],
)
def test_a_refresh_without_a_credential_leaves_the_upload_open_as_before(
    function: Any, found: list[Video], refusal: type[Exception]
) -> None:
    limits = StandInLimits()
    with pytest.raises(refusal):
        function.refresh(invocation(StandInVod(*found), ASKED, limits=limits))
    assert limits.asked[1:] == [("not_issued", "alice", "", IDS[0])]


def test_a_refresh_that_vod_does_not_answer_leaves_the_upload_open_as_before(function: Any) -> None:
    limits, vod = StandInLimits(), StandInVod(video())
    vod.faults["RefreshUploadVideo"] = [UpstreamTimeout("late", effect="unknown")]
    with pytest.raises(UpstreamTimeout):
        function.refresh(invocation(vod, ASKED, limits=limits))
    assert limits.asked[1:] == [("not_issued", "alice", "", IDS[0])]


def test_the_handler_answers_the_runtime(function: Any) -> None:
    answer = function.handler(b"{}", type("Context", (), {"request_id": "1-abc"}))
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["RequestId"] == "1-abc"
