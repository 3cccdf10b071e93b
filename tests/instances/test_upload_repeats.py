"""`upload` again: what a request with the same key began is found by its mark, and counts once."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.alibaba.codes import Rejected
from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.records import Video
from shared.auth.ownership import marks_for_idempotency_key, owner_key_of
from shared.errors import (
    Forbidden,
    IdempotencyConflict,
    IdempotencyKeySpent,
    InvalidRequest,
    Throttled,
    Unavailable,
    UploadFinished,
    UploadWindowClosed,
    UpstreamError,
    UpstreamTimeout,
)
from shared.uploads.declaration import Declaration, request_digest, seal
from tests.instances.stand_ins import (
    ALICE,
    BOB,
    FILM,
    IDS,
    IMAGE,
    SETTINGS,
    SUBTITLE,
    StandInLimits,
    StandInVod,
    caller,
    invocation,
    loaded,
    video,
)

index = loaded("upload")

KEY = "key-1"
MARK, OLDER_MARK = marks_for_idempotency_key(SETTINGS, ALICE, KEY)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(index, "Vod", lambda cloud: cloud)
    return index


def begun(mark: str = MARK, body: dict[str, Any] = FILM, **changes: Any) -> Video:
    """The video of an earlier request with the key."""
    window = changes.pop("window", 7200)
    extend = Declaration("alice", KEY, request_digest(body), body.get("FileSize"), "mp4", window)
    key = owner_key_of(SETTINGS, mark)
    assert key is not None
    data = json.dumps({"Extend": seal(replace(SETTINGS, owner_keys=(key,)), mark, extend)})
    return video(**{"reference_id": mark, "user_data": data, **changes})


def taken(*videos: Video, code: str = "ReferenceIdExists") -> StandInVod:
    """VOD, where the mark is in use."""
    vod = StandInVod(*videos)
    vod.faults["CreateUploadVideo"] = [Rejected(code)]
    return vod


def repeat(function: Any, vod: StandInVod, body: Any = FILM, **given: Any) -> Any:
    return function.upload(invocation(vod, body, idempotency_key=KEY, **given))


def test_a_new_key_costs_one_create_and_no_lookup_of_its_own_mark(function: Any) -> None:
    vod = StandInVod()
    repeat(function, vod)
    # A key that was used before the owner key changed has another mark.
    assert vod.asked[0] == ("GetVideoInfo", OLDER_MARK)
    assert vod.operations() == ["GetVideoInfo", "CreateUploadVideo"]


@pytest.mark.parametrize("mark", [MARK, OLDER_MARK], ids=["newer", "older"])
def test_a_repeat_renews_the_same_video(function: Any, mark: str) -> None:
    vod = taken(begun(mark))
    assert repeat(function, vod)["VideoId"] == IDS[0]
    assert vod.operations()[-2:] == ["RefreshUploadVideo", "GetVideoInfo"]
    assert ("CreateUploadVideo" in vod.operations()) is (mark == MARK)


def test_an_upload_without_a_key_looks_nothing_up(function: Any) -> None:
    vod = StandInVod(begun())
    function.upload(invocation(vod, FILM))
    assert vod.operations() == ["CreateUploadVideo"]
    assert vod.sent("CreateUploadVideo")["reference_id"] != MARK


@pytest.mark.parametrize(
    ("found", "given", "refusal"),
    [
        (begun(body={**FILM, "FileSize": 5}), {}, IdempotencyConflict),
        (begun(user_data=None), {}, IdempotencyConflict),
        (begun(), {"who": caller(scopes=frozenset({"vod:upload"}))}, Forbidden),
        (begun(status="Normal"), {}, UploadFinished),
        (begun(age=7201), {}, UploadWindowClosed),
        (begun(age=3601, window=3600), {}, UploadWindowClosed),
        (begun(age=3601), {"settings": replace(SETTINGS, upload_window=3600)}, UploadWindowClosed),
    ],
)
def test_a_repeat_follows_the_rules_of_refresh(
    function: Any, found: Video, given: dict[str, Any], refusal: type[Exception]
) -> None:
    vod = taken(found)
    with pytest.raises(refusal):
        repeat(function, vod, **given)
    assert "RefreshUploadVideo" not in vod.operations()


def test_a_video_of_another_owner_under_the_mark_is_never_answered(function: Any) -> None:
    class Careless(StandInVod):
        def video(self, **given: Any) -> Video:
            super()._note("GetVideoInfo", given)
            return self.videos[0]

    vod = Careless(video(owner=BOB))
    vod.faults["CreateUploadVideo"] = [Rejected("ReferenceIdExists")]
    with pytest.raises(IdempotencyKeySpent):
        repeat(function, vod)
    assert "RefreshUploadVideo" not in vod.operations()


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("InvalidReferenceId", IdempotencyKeySpent),
        ("Duplicate", IdempotencyKeySpent),
        ("AlreadyExists", IdempotencyKeySpent),
        ("NotExist", Unavailable),
        ("NotFound", Unavailable),
        ("", Unavailable),
    ],
)
def test_a_mark_in_use_without_a_video_means_a_deleted_one(
    function: Any, code: str, refusal: type[Exception]
) -> None:
    vod = taken(code=code)
    with pytest.raises(refusal):
        repeat(function, vod)
    assert vod.asked[-1] == ("GetVideoInfo", MARK)


def test_without_a_key_a_refusal_of_vod_is_502(function: Any) -> None:
    with pytest.raises(UpstreamError, match="unexpected reason"):
        function.upload(invocation(taken(code="ReferenceIdExists"), FILM))


@pytest.mark.parametrize(
    "fault", [UpstreamTimeout("a", effect="unknown"), Unavailable("a", effect="unknown")]
)
def test_a_create_whose_outcome_is_unknown_is_looked_up_and_never_repeated(
    function: Any, fault: Exception
) -> None:
    vod = StandInVod(begun())
    vod.faults["CreateUploadVideo"] = [fault]
    assert repeat(function, vod)["VideoId"] == IDS[0]
    assert vod.operations().count("CreateUploadVideo") == 1


def test_a_create_that_surely_failed_is_not_looked_up(function: Any) -> None:
    vod = StandInVod(begun())
    vod.faults["CreateUploadVideo"] = [Throttled(5)]
    with pytest.raises(Throttled):
        repeat(function, vod)
    assert vod.operations() == ["GetVideoInfo", "CreateUploadVideo"]


def test_what_a_lost_create_made_must_be_of_this_request(function: Any) -> None:
    vod = StandInVod(begun(body={**FILM, "FileSize": 5}))
    vod.faults["CreateUploadVideo"] = [UpstreamTimeout("a", effect="unknown")]
    with pytest.raises(IdempotencyConflict):
        repeat(function, vod)


@pytest.mark.parametrize(("age", "permitted"), [(0, True), (16, True), (17, False), (3600, False)])
def test_a_lost_create_opens_no_older_upload_to_who_may_not_refresh(
    function: Any, age: int, permitted: bool
) -> None:
    """What is older than a request can last is of an earlier one."""
    vod = StandInVod(begun(age=age))
    vod.faults["CreateUploadVideo"] = [UpstreamTimeout("a", effect="unknown")]
    who = caller(scopes=frozenset({"vod:upload"}))
    with contextlib.nullcontext() if permitted else pytest.raises(Forbidden):
        repeat(function, vod, who=who)
    assert ("RefreshUploadVideo" in vod.operations()) is permitted


@pytest.mark.parametrize(
    ("lookup", "retry_after"), [(NotFoundAtVod(), "1"), (Throttled(7), "7"), (Throttled(), "1")]
)
def test_a_lost_create_that_is_not_found_is_503_and_may_be_repeated(
    function: Any, lookup: Exception, retry_after: str
) -> None:
    vod = StandInVod()
    vod.faults = {
        "CreateUploadVideo": [UpstreamTimeout("a", effect="unknown")],
        "GetVideoInfo": [None, lookup],
    }
    with pytest.raises(Unavailable, match="did not say whether the upload was begun") as caught:
        repeat(function, vod)
    assert caught.value.headers == {"Retry-After": retry_after}
    assert caught.value.effect == "unknown"


def counted(function: Any, vod: StandInVod, limits: StandInLimits, **given: Any) -> Any:
    return function.upload(invocation(vod, FILM, limits=limits, **given))


def test_an_upload_counts_once_under_its_mark(function: Any) -> None:
    limits, vod = StandInLimits(), StandInVod()
    counted(function, vod, limits, idempotency_key=KEY)
    assert limits.asked == [("upload", "alice", MARK), ("issued", "alice", MARK, IDS[0])]


def test_an_image_counts_under_a_slot_of_its_own(function: Any) -> None:
    slots = set()
    for _ in range(2):
        limits = StandInLimits()
        function.upload(invocation(StandInVod(), IMAGE, limits=limits))
        (_, _, slot), issued = limits.asked
        assert issued == ("issued", "alice", slot, IDS[0])
        assert len(slot) == 20
        slots.add(slot)
    assert len(slots) == 2


def test_a_user_over_the_limit_reaches_no_vod(function: Any) -> None:
    limits, vod = StandInLimits(), StandInVod()
    limits.refusal = Throttled(9)
    for body in (FILM, IMAGE, SUBTITLE):
        with pytest.raises(Throttled):
            function.upload(invocation(vod, body, limits=limits))
    assert not vod.asked


@pytest.mark.parametrize(
    ("fault", "new", "told"),
    [
        (Throttled(), True, [("withdraw", "alice", MARK)]),
        (Throttled(), False, [("not_issued", "alice", MARK, "")]),
        (InvalidRequest("VOD refuses a field."), True, [("withdraw", "alice", MARK)]),
        (InvalidRequest("VOD refuses a field."), False, [("not_issued", "alice", MARK, "")]),
        (UpstreamTimeout("a", effect="unknown"), True, []),
        (UpstreamTimeout("a", effect="unknown"), False, [("not_issued", "alice", MARK, "")]),
    ],
)
def test_an_upload_that_was_not_begun_does_not_count(
    function: Any, fault: Exception, new: bool, told: list[tuple[str, ...]]
) -> None:
    limits, vod = StandInLimits(), StandInVod()
    limits.new = new
    vod.faults["CreateUploadVideo"] = [fault]
    with pytest.raises((Throttled, Unavailable, InvalidRequest)):
        counted(function, vod, limits, idempotency_key=KEY)
    assert limits.asked[1:] == told


@pytest.mark.parametrize("found", [begun(status="Normal"), None])
def test_an_upload_that_has_ended_is_open_no_more(function: Any, found: Video | None) -> None:
    limits, vod = StandInLimits(), taken(*([found] if found else []))
    with pytest.raises((UploadFinished, IdempotencyKeySpent)):
        counted(function, vod, limits, idempotency_key=KEY)
    assert limits.asked[1:] == [("finished", "alice", MARK, "")]


@pytest.mark.parametrize(
    ("found", "refusal"),
    [
        (begun(age=7201), UploadWindowClosed),
        (begun(body={"FileName": "other.mp4"}), IdempotencyConflict),
    ],
)
def test_a_repeat_without_a_credential_leaves_the_upload_open_as_before(
    function: Any, found: Video, refusal: type[Exception]
) -> None:
    """The last credential may live longer than the upload window."""
    limits = StandInLimits()
    limits.new = False
    with pytest.raises(refusal):
        counted(function, taken(found), limits, idempotency_key=KEY)
    assert limits.asked[1:] == [("not_issued", "alice", MARK, "")]
