"""A credential is passed on only for the very video that was asked about, in its present state."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.alibaba.codes import Rejected
from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.records import UploadCredential, Video
from shared.auth.caller import Caller
from shared.auth.ownership import Owner, marks_for_idempotency_key, new_mark
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.errors import (
    IdempotencyConflict,
    IdempotencyKeySpent,
    InvalidRequest,
    Misconfigured,
    Refusal,
    Unavailable,
    UploadFinished,
    UploadWindowClosed,
    UpstreamError,
    UpstreamTimeout,
    VideoNotFound,
)
from shared.uploads import create
from shared.uploads.declaration import Declaration, request_digest, seal
from shared.uploads.refresh import refresh_upload
from shared.web.request import Request

SETTINGS = Settings(issuer_alias="main", owner_keys=(OwnerKey("k1", b"a" * 32),))
ALICE, BOB = Owner("main", "alice"), Owner("main", "bob")
ASKED = {"FileName": "film.mp4"}
KEY = "key-1"
NOW = 1_800_000_000.0


def of(owner: Owner, mark: str, asked: dict[str, Any] = ASKED, key: str = KEY) -> Video:
    """An upload of this owner that waits for its file."""
    declared = Declaration(owner.subject, key, request_digest(asked), None, "mp4", 86400)
    return Video(
        video_id="5b1c7e90d2a84f36ae0d9c41f7b86235",
        status="Uploading",
        reference_id=mark,
        user_data=json.dumps({"Extend": seal(SETTINGS, mark, declared)}),
        size=0,
        created_at=NOW,
        now=NOW + 60,
    )


OWN = of(ALICE, next(marks_for_idempotency_key(SETTINGS, ALICE, KEY)))
CREDENTIAL = UploadCredential(OWN.video_id, "address", "auth", NOW + 3000, 3000)


class StubVod:
    """VOD whose lookups answer in turn, and whose creates end as told."""

    def __init__(self, *answers: Video | Exception, created: Exception | None = None) -> None:
        self.answers = list(answers)
        self.created = created
        self.refreshed: list[str] = []
        self.refusal: Exception | None = None

    def create_upload_video(self, _fields: Any) -> UploadCredential:
        if self.created is not None:
            raise self.created
        return CREDENTIAL

    def video(self, **_by: Any) -> Video:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def refresh_upload_video(self, video_id: str) -> UploadCredential:
        self.refreshed.append(video_id)
        if self.refusal is not None:
            raise self.refusal
        return CREDENTIAL


def begin(vod: StubVod, key: str | None = KEY) -> UploadCredential:
    """POST /upload by alice."""
    headers = {} if key is None else {"idempotency-key": key}
    caller = Caller(ALICE, frozenset({"vod:upload", "vod:refresh"}))
    call = SimpleNamespace(
        request=Request("POST", headers, {}, b""), settings=SETTINGS, caller=caller, limiter=None
    )
    return create.create_video(cast(Any, call), cast(Any, vod), dict(ASKED))


ANOTHERS = {
    "another owner's": of(BOB, new_mark(SETTINGS, BOB)),
    "another owner's with this declaration": replace(
        of(BOB, new_mark(SETTINGS, BOB)), user_data=OWN.user_data
    ),
    "nobody's": replace(OWN, reference_id=None),
    "another deployment's": replace(OWN, reference_id="v1zz" + "a" * 56),
    "her own, of another upload": of(ALICE, new_mark(SETTINGS, ALICE)),
}


@pytest.mark.parametrize("name", ANOTHERS)
@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (Rejected("ReferenceId.Duplicate"), IdempotencyKeySpent),
        (Rejected("SomethingElse"), Unavailable),
        (InvalidRequest("VOD refuses a field."), InvalidRequest),
        (Misconfigured("VOD is not open."), Misconfigured),
        (UpstreamTimeout("late", effect="unknown"), Unavailable),
    ],
    ids=["taken", "rejected", "field", "operator", "unknown"],
)
def test_a_lookup_that_finds_another_video_gives_no_credential(
    name: str, fault: Exception, answer: type[Refusal]
) -> None:
    vod = StubVod(ANOTHERS[name], created=fault)
    with pytest.raises(answer):
        begin(vod)
    assert vod.refreshed == []


@pytest.mark.parametrize(
    "fault",
    [
        Rejected("Taken"),
        InvalidRequest("VOD refuses a field."),
        Misconfigured("VOD is not open."),
        UpstreamTimeout("late", effect="unknown"),
    ],
)
def test_a_lookup_that_finds_the_own_video_gives_a_credential(fault: Exception) -> None:
    vod = StubVod(OWN, OWN, created=fault)
    assert begin(vod) is CREDENTIAL
    assert vod.refreshed == [OWN.video_id]


def test_a_lookup_that_finds_another_request_is_a_conflict() -> None:
    other = of(ALICE, str(OWN.reference_id), {"FileName": "other.mp4"})
    with pytest.raises(IdempotencyConflict):
        begin(StubVod(other, created=Rejected("Taken")))


@pytest.mark.parametrize("owner", [ALICE, BOB])
def test_a_create_without_a_key_is_looked_up_by_its_mark_alone(owner: Owner) -> None:
    # The declaration of another upload with the same body is the same.
    other = of(owner, new_mark(SETTINGS, owner), key="")
    vod = StubVod(other, created=Rejected("Taken"))
    with pytest.raises(UpstreamError):
        begin(vod, key=None)
    assert vod.refreshed == []


@pytest.mark.parametrize("fault", [InvalidRequest("A field."), Misconfigured("Not open.")])
def test_a_refused_create_without_a_key_is_not_looked_up(fault: Refusal) -> None:
    vod = StubVod(created=fault)
    with pytest.raises(type(fault)):
        begin(vod, key=None)


AFTER: list[tuple[Video | Exception, type[Refusal]]] = [
    (replace(OWN, status="UploadSucc"), UploadFinished),
    (replace(OWN, status="Normal"), UploadFinished),
    (replace(OWN, reference_id=None), UploadFinished),
    (replace(OWN, reference_id=new_mark(SETTINGS, ALICE)), UploadFinished),
    (replace(OWN, reference_id=new_mark(SETTINGS, BOB)), UploadFinished),
    (NotFoundAtVod(), VideoNotFound),
]


@pytest.mark.parametrize(("after", "answer"), AFTER)
def test_a_credential_is_discarded_if_the_video_has_changed(
    after: Video | Exception, answer: type[Refusal]
) -> None:
    vod = StubVod(after)
    with pytest.raises(answer):
        refresh_upload(cast(Any, vod), SETTINGS, OWN)
    assert vod.refreshed == [OWN.video_id]


@pytest.mark.parametrize("status", ["UploadSucc", "Normal", "UploadFail", "Blocked", ""])
def test_a_video_that_awaits_no_file_is_not_refreshed(status: str) -> None:
    vod = StubVod(OWN)
    with pytest.raises(UploadFinished):
        refresh_upload(cast(Any, vod), SETTINGS, replace(OWN, status=status))
    assert vod.refreshed == []


@pytest.mark.parametrize(("age", "open_"), [(86400, True), (86401, False)])
def test_the_window_ends_after_its_last_second(age: float, open_: bool) -> None:
    vod = StubVod(OWN)
    asked = replace(OWN, now=NOW + age)
    if open_:
        assert refresh_upload(cast(Any, vod), SETTINGS, asked) is CREDENTIAL
        return
    with pytest.raises(UploadWindowClosed):
        refresh_upload(cast(Any, vod), SETTINGS, asked)
    assert vod.refreshed == []


@pytest.mark.parametrize(
    ("refusal", "answer"),
    [
        (NotFoundAtVod(), VideoNotFound),
        (IllegalStatus(), UploadFinished),
        (Unusable(), UploadFinished),
    ],
)
def test_a_refresh_that_vod_refuses(refusal: Exception, answer: type[Refusal]) -> None:
    vod = StubVod(OWN)
    vod.refusal = refusal
    with pytest.raises(answer):
        refresh_upload(cast(Any, vod), SETTINGS, OWN)
