"""Which events a callback leads to: those that VOD confirms, made from what VOD says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import OtherMedia, Video
from shared.auth import ownership
from shared.auth.ownership import Owner
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.events import callback
from shared.events.confirmation import decide
from shared.events.event import Event
from shared.events.from_callback import NotConfirmed, events_of
from shared.uploads.declaration import Declaration, seal

MEDIA_ID = "5b1c7e90d2a84f36ae0d9c41f7b86235"
SETTINGS = Settings(
    issuer_alias="example", owner_keys=(OwnerKey("k1", b"1" * 32),), max_file_size=10_000
)
CREATED, NOW = 1_800_000_000.0, 1_800_000_100.0
MARK = ownership.new_mark(SETTINGS, Owner("example", "alice"))
EXTEND = seal(SETTINGS, MARK, Declaration("alice", "key-1", "digest", 4448, "mp4"))
VIDEO = Video(
    MEDIA_ID,
    "Normal",
    MARK,
    json.dumps({"Extend": EXTEND}),
    4448,
    CREATED,
    NOW,
    title="A film",
    duration=12.5,
    cover_url="https://example.com/cover.jpg",
)


@dataclass
class FakeVod:
    """What VOD has. ``read`` lists what was asked for."""

    videos: Mapping[str, Video] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    attached: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Any] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def video(self, *, video_id: str) -> Video:
        return cast("Video", self._found("video", self.videos, video_id))

    def with_source(self, video: Video) -> Video:
        self.read.append("source")
        return replace(video, **self.sources)

    def image(self, media_id: str) -> OtherMedia:
        return OtherMedia(media_id, self._found("image", self.images, media_id), NOW)

    def attached_media(self, media_id: str) -> OtherMedia:
        return OtherMedia(media_id, self._found("attached", self.attached, media_id), NOW)

    def _found(self, kind: str, media: Mapping[str, Any], media_id: str) -> Any:
        self.read.append(kind)
        if media_id not in media:
            raise NotFoundAtVod
        return media[media_id]


def announced(vod: FakeVod, event_type: str, **members: Any) -> list[Event]:
    given = {"EventType": event_type, "VideoId": MEDIA_ID, **members}
    body = {name: value for name, value in given.items() if value is not None}
    return events_of(callback.read(json.dumps(body)), cast("Vod", vod), SETTINGS)


def of_film(status: str = "Normal", **changes: Any) -> FakeVod:
    source = {"file_md5": "0" * 32, "file_name": "film.mp4"}
    return FakeVod({MEDIA_ID: replace(VIDEO, status=status, **changes)}, sources=source)


WAITS = "not confirmed"
UPLOADED, READY, FAILED, BLOCKED = (
    "upload.completed",
    "video.ready",
    "video.failed",
    "video.blocked",
)


@pytest.mark.parametrize(
    ("event_type", "status", "expected"),
    [
        ("FileUploadComplete", "Uploading", WAITS),
        ("FileUploadComplete", "UploadSucc", [UPLOADED]),
        ("FileUploadComplete", "Transcoding", [UPLOADED]),
        ("FileUploadComplete", "Checking", [UPLOADED]),
        ("FileUploadComplete", "Normal", [UPLOADED, READY]),
        ("FileUploadComplete", "TranscodeFail", [UPLOADED, FAILED]),
        ("FileUploadComplete", "Blocked", [UPLOADED, BLOCKED]),
        ("FileUploadComplete", "UploadFail", [FAILED]),
        ("UploadByURLComplete", "Uploading", WAITS),
        ("UploadByURLComplete", "Normal", [UPLOADED, READY]),
        ("TranscodeComplete", "Uploading", WAITS),
        ("TranscodeComplete", "UploadSucc", WAITS),
        ("TranscodeComplete", "Transcoding", WAITS),
        ("TranscodeComplete", "Checking", ["vod.event"]),
        ("TranscodeComplete", "Normal", [READY]),
        ("TranscodeComplete", "TranscodeFail", [FAILED]),
        ("WorkflowTaskComplete", "Transcoding", WAITS),
        ("StreamTranscodeComplete", "Transcoding", ["vod.event"]),
        ("StreamTranscodeComplete", "Normal", [READY]),
        ("ProduceMediaComplete", "ProduceFail", [FAILED]),
        ("AIMediaAuditComplete", "Blocked", [BLOCKED]),
        ("CreateAuditComplete", "Transcoding", ["vod.event"]),
        ("SnapshotComplete", "Normal", ["vod.event"]),
        ("DynamicImageComplete", "Blocked", ["vod.event"]),
        ("DeleteMediaComplete", "Normal", ["vod.event"]),
        ("MediaBaseChangeComplete", "Normal", ["vod.event"]),
    ],
)
def test_a_callback_about_a_video_counts_as_far_as_its_status_confirms_it(
    event_type: str, status: str, expected: Any
) -> None:
    vod = of_film(status)
    if expected == WAITS:
        with pytest.raises(NotConfirmed) as raised:
            announced(vod, event_type)
        assert raised.value.video == vod.videos[MEDIA_ID], "the one to look at again"
        assert str(raised.value) == "VOD does not confirm the callback"
        return
    events = announced(vod, event_type)
    assert [one.type for one in events] == expected
    assert {one.content["subject"] for one in events} == {MEDIA_ID}
    assert {one.content["data"]["Status"] for one in events} == {status}
    assert {one.content["data"]["owner"] for one in events} == {"alice"}
    assert {one.content["time"] for one in events} == {"2027-01-15T08:01:40Z"}
    assert all(json.loads(one.content["unverified"])["EventType"] == event_type for one in events)


@pytest.mark.parametrize(
    ("event_type", "status", "decision"),
    [
        ("FileUploadComplete", "Uploading", "wait"),
        ("FileUploadComplete", "Checking", "confirmed"),
        ("TranscodeComplete", "Normal", "confirmed"),
        ("TranscodeComplete", "Checking", "vod.event"),
        ("SnapshotComplete", "Normal", "vod.event"),
    ],
)
def test_a_decision_is_one_of_three(event_type: str, status: str, decision: str) -> None:
    assert decide(event_type, status) == decision


def test_a_completed_upload_is_described_as_vod_does() -> None:
    completed, ready = announced(of_film(), "FileUploadComplete", Size=1, FileMD5="f" * 32)
    common = {
        "VideoId": MEDIA_ID,
        "Status": "Normal",
        "Size": 4448,
        "CreationTime": "2027-01-15T08:00:00Z",
        "owner": "alice",
        "IdempotencyKey": "key-1",
        "DeclaredFileSize": 4448,
        "Title": "A film",
    }
    settled = "2027-01-15T09:02:40Z"
    assert completed.content["data"] == common | {"FileMD5": "0" * 32, "SettlesAt": settled}
    cover = {"CoverURL": "https://example.com/cover.jpg"}
    assert ready.content["data"] == common | {"Duration": 12.5, **cover}
    assert {**completed.content, "data": None} == {
        "specversion": "1.0",
        "id": completed.event_id,
        "source": "/vodpass/example",
        "type": "upload.completed",
        "datacontenttype": "application/json",
        "data": None,
        "subject": MEDIA_ID,
        "time": "2027-01-15T08:01:40Z",
        "unverified": completed.content["unverified"],
    }
    [bare] = announced(of_film(cover_url=""), "TranscodeComplete")
    assert "CoverURL" not in bare.content["data"]
    assert "CoverURL" not in repr(ready)


def test_a_file_that_is_not_what_was_declared_is_rejected_with_the_reasons() -> None:
    rejected, _ = announced(of_film(size=5000), "FileUploadComplete")
    assert rejected.type == "upload.rejected"
    assert rejected.content["data"]["Reasons"] == ["FileSize"]
    assert rejected.content["data"]["FileMD5"] == "0" * 32
    assert rejected.content["data"]["SettlesAt"]
    assert "Title" not in rejected.content["data"]


def test_an_upload_whose_size_vod_does_not_know_yet_waits() -> None:
    vod = of_film(size=0, size_known=False)
    with pytest.raises(NotConfirmed) as raised:
        announced(vod, "FileUploadComplete")
    assert raised.value.video is not None
    assert raised.value.video.file_md5 == "0" * 32, "as far as VOD knows it"


def test_a_video_of_nobody_has_no_owner_and_no_declaration() -> None:
    events = announced(of_film(reference_id=None, user_data=None), "FileUploadComplete")
    for data in (one.content["data"] for one in events):
        declared = (data["owner"], data["IdempotencyKey"], data["DeclaredFileSize"])
        assert declared == (None, None, None)


@pytest.mark.parametrize(
    ("event_type", "vod", "named", "kind", "data"),
    [
        (
            "ImageUploadComplete",
            FakeVod(images={MEDIA_ID: "Normal"}),
            {"ImageId": MEDIA_ID},
            "media.completed",
            {"ImageId": MEDIA_ID, "Status": "Normal"},
        ),
        (
            "AttachedMediaUploadComplete",
            FakeVod(attached={MEDIA_ID: "Normal"}),
            {"MediaId": MEDIA_ID},
            "media.completed",
            {"MediaId": MEDIA_ID, "Status": "Normal"},
        ),
        (
            "ImageUploadComplete",
            FakeVod(images={MEDIA_ID: "UploadFail"}),
            {"ImageId": MEDIA_ID},
            "vod.event",
            {"ImageId": MEDIA_ID, "Status": "UploadFail"},
        ),
        (
            "MediaBaseChangeComplete",
            FakeVod(images={MEDIA_ID: "Uploading"}),
            {"MediaType": "image", "MediaId": MEDIA_ID},
            "vod.event",
            {"ImageId": MEDIA_ID, "Status": "Uploading"},
        ),
        (
            "DeleteMediaComplete",
            FakeVod(attached={MEDIA_ID: "Normal"}),
            {"MediaType": "attached", "MediaId": MEDIA_ID},
            "vod.event",
            {"MediaId": MEDIA_ID, "Status": "Normal"},
        ),
    ],
)
def test_other_media_are_read_and_announced_by_their_kind(
    event_type: str, vod: FakeVod, named: Any, kind: str, data: Any
) -> None:
    [event] = announced(vod, event_type, VideoId=None, **named)
    assert (event.type, event.content["data"]) == (kind, data)
    assert event.content["subject"] == MEDIA_ID
    assert event.content["time"] == "2027-01-15T08:01:40Z"
    assert json.loads(event.content["unverified"])["EventType"] == event_type
    assert len(vod.read) == 1


@pytest.mark.parametrize("event_type", ["ImageUploadComplete", "AttachedMediaUploadComplete"])
def test_other_media_that_await_their_file_are_announced_nowhere(event_type: str) -> None:
    waiting = {MEDIA_ID: "Uploading"}
    with pytest.raises(NotConfirmed) as raised:
        announced(
            FakeVod(images=waiting, attached=waiting),
            event_type,
            ImageId=MEDIA_ID,
            MediaId=MEDIA_ID,
        )
    assert raised.value.video is None


@pytest.mark.parametrize("event_type", ["DeleteMediaComplete", "MediaBaseChangeComplete"])
@pytest.mark.parametrize("kind", ["video", "image", "attached"])
@pytest.mark.parametrize("really", [None, "video", "image", "attached"])
def test_a_deletion_counts_only_if_no_kind_of_media_has_the_id(
    event_type: str, kind: str, really: str | None
) -> None:
    """Whoever can send a callback must not be able to declare a video deleted."""
    vod = FakeVod(
        {MEDIA_ID: VIDEO} if really == "video" else {},
        {MEDIA_ID: "Normal"} if really == "image" else {},
        {MEDIA_ID: "Normal"} if really == "attached" else {},
    )
    events = announced(vod, event_type, MediaType=kind, MediaId=MEDIA_ID)
    if really is None:
        [event] = events
        assert event.type == "media.deleted"
        assert event.content["data"] == {"MediaId": MEDIA_ID, "MediaType": kind}
        assert event.content["subject"] == MEDIA_ID
        assert "time" not in event.content, "VOD said nothing about when"
        assert json.loads(event.content["unverified"])["EventType"] == event_type
        assert sorted(vod.read) == ["attached", "image", "video"]
    else:
        assert [one.type for one in events] == (["vod.event"] if really == kind else [])


@pytest.mark.parametrize(
    "event_type", ["FileUploadComplete", "TranscodeComplete", "UpdateMediaStorageClassComplete"]
)
def test_another_callback_about_nothing_leads_to_nothing(event_type: str) -> None:
    vod = FakeVod()
    assert announced(vod, event_type, MediaId=MEDIA_ID) == []
    assert vod.read == ["video"]


@pytest.mark.parametrize(
    ("event_type", "named"),
    [
        ("SomethingNewComplete", {}),
        ("RestoreMediaComplete", {}),
        ("FileUploadComplete", {"VideoId": "../5b1c7e90d2a84f36ae0d9c41f7b8623"}),
        ("FileUploadComplete", {"VideoId": None}),
        ("DeleteMediaComplete", {"VideoId": None, "MediaIds": MEDIA_ID}),
    ],
)
def test_a_callback_without_a_media_id_is_passed_on_unconfirmed(
    event_type: str, named: Any
) -> None:
    vod = of_film()
    [event] = announced(vod, event_type, **named)
    assert vod.read == []
    assert (event.type, event.content["data"]) == ("vod.event", None)
    assert "subject" not in event.content
    assert "time" not in event.content
    assert json.loads(event.content["unverified"])["EventType"] == event_type


def test_the_id_of_a_confirmed_event_does_not_depend_on_the_callback() -> None:
    """A forged callback about something true gives the id that the app has already."""
    first = announced(of_film(), "FileUploadComplete")
    forged = announced(of_film(), "UploadByURLComplete", Status="fail", Size=1)
    assert [one.event_id for one in first] == [one.event_id for one in forged]
    gone = [
        announced(FakeVod(), one)[0] for one in ("DeleteMediaComplete", "MediaBaseChangeComplete")
    ]
    assert gone[0].event_id == gone[1].event_id


@pytest.mark.parametrize(
    ("vod", "event_type"),
    [
        (of_film(), "SnapshotComplete"),
        (of_film(), "SomethingNewComplete"),
        (FakeVod(images={MEDIA_ID: "Normal"}), "MediaBaseChangeComplete"),
    ],
)
def test_a_changed_copy_of_a_callback_has_another_id(vod: FakeVod, event_type: str) -> None:
    """VOD's signature does not cover the body, and the app drops the second of one id."""
    kind = {} if vod.videos else {"MediaType": "image", "ImageId": MEDIA_ID}
    [first] = announced(vod, event_type, Note="a", **kind)
    [again] = announced(vod, event_type, Note="a", **kind)
    [changed] = announced(vod, event_type, Note="b", **kind)
    assert first.event_id == again.event_id != changed.event_id


def test_a_passed_on_event_has_another_id_after_each_change_at_vod() -> None:
    found = [
        announced(vod, "SnapshotComplete")[0].event_id
        for vod in (of_film(), of_film("Blocked"), of_film(size=1))
    ]
    image = {"MediaType": "image", "ImageId": MEDIA_ID}
    found += [
        announced(FakeVod(images={MEDIA_ID: status}), "MediaBaseChangeComplete", **image)[
            0
        ].event_id
        for status in ("Normal", "Blocked")
    ]
    completed = [
        announced(FakeVod(images={MEDIA_ID: status}), "ImageUploadComplete", **image)[0].event_id
        for status in ("Normal", "Blocked")
    ]
    assert len({*found, *completed}) == 7
