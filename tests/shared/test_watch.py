"""Which uploads a run of `watch` looks at, and what the app is told of each."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.alibaba.session import Session, utc_text
from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import VOD_SERVICE, Vod
from shared.alibaba.vod.records import UploadCredential, Video
from shared.auth.ownership import Owner, new_mark
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.config.variables import LONGEST_UPLOAD_WINDOW
from shared.errors import Unavailable, UpstreamError
from shared.events import recheck
from shared.events.event import Event, video_data
from shared.events.recheck import FirstLook
from shared.events.webhook import NotDelivered
from shared.runtime.instance import Instance
from shared.runtime.seen import Latest
from shared.uploads.declaration import Declaration, seal
from shared.watch import messages, sweep
from shared.watch.run import Memory, Run

ID = "5b1c7e90d2a84f36ae0d9c41f7b86235"
WINDOW = 7200
SETTINGS = Settings(
    issuer_alias="example",
    owner_keys=(OwnerKey("k1", b"a" * 32),),
    upload_window=WINDOW,
    watch=frozenset({"expiring", "abandoned", "completed"}),
    app_id="app-1000000",
)
BEGUN = 1_800_000_000.0
LOOK_BACK = 3660 + 600 + 540


def video(age: float = 100.0, status: str = "Uploading", **changes: Any) -> Video:
    """An upload of alice."""
    mark = new_mark(SETTINGS, Owner("example", "alice"))
    window = changes.pop("window", WINDOW)
    extend = seal(SETTINGS, mark, Declaration("alice", "key-1", "digest", 4448, "mp4", window))
    made = Video(
        changes.pop("video_id", ID),
        status,
        mark,
        json.dumps({"Extend": extend}),
        0 if status == "Uploading" else 4448,
        BEGUN,
        BEGUN + age,
        title="A film",
        app_id="app-1000000",
    )
    return replace(made, **changes)


class FakeVod:
    """VOD with these videos. ``asked``: what it was asked."""

    def __init__(self, *videos: Video) -> None:
        self.videos_by_id = {one.video_id: one for one in videos}
        self.asked: list[Any] = []
        self.source: Mapping[str, Any] = {"file_md5": "0" * 32, "file_name": "film.mp4"}
        self.refreshed = UploadCredential(ID, "address", "auth", BEGUN + 9000, 3000)
        self.fault: Exception | None = None

    def video(self, *, video_id: str) -> Video:
        self.asked.append(("video", video_id))
        if self.fault is not None:
            raise self.fault
        if video_id not in self.videos_by_id:
            raise NotFoundAtVod
        return self.videos_by_id[video_id]

    def with_source(self, known: Video) -> Video:
        self.asked.append(("source", known.video_id))
        return replace(known, **self.source)

    def refresh_upload_video(self, video_id: str) -> UploadCredential:
        self.asked.append(("refresh", video_id))
        return self.refreshed

    def videos(
        self, statuses: tuple[str, ...], since: float, page: int, **options: Any
    ) -> tuple[list[Video], int]:
        self.asked.append((statuses, since, page, options))
        found = [one for one in self.videos_by_id.values() if one.status in statuses]
        if options.get("until") is not None:
            found = []
        return found[(page - 1) * 2 : page * 2], len(found)  # pages of two


class Told:
    """The app: what it was told. While ``closed`` it takes nothing."""

    def __init__(self) -> None:
        self.events: list[tuple[Event, bool]] = []
        self.seconds: list[float] = []
        self.closed = False

    def of(self, _: Settings, *, credentials: bool = False) -> Any:
        def deliver(event: Event, seconds: float) -> None:
            self.seconds.append(seconds)
            if self.closed:
                raise NotDelivered
            self.events.append((event, credentials))

        return SimpleNamespace(deliver=deliver)

    @property
    def types(self) -> list[str]:
        return [event.type for event, _ in self.events]


class FakeRechecks:
    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.fault: Exception | None = None

    def schedule(self, _: Settings, events: list[Event], now: float, left: float) -> None:
        self.asked.append(("schedule", [one.type for one in events], now, left))
        if self.fault is not None:
            raise self.fault

    def schedule_next_try(self, _: Settings, found: Video, tries: int, left: float) -> None:
        self.asked.append(("again", found.video_id, tries, left))

    def schedule_late(self, _: Settings, found: Video, left: float) -> None:
        self.asked.append(("later", found.video_id, left))


class Here:
    """A run, and all that it meets."""

    def __init__(self, *videos: Video, **settings: Any) -> None:
        self.vod, self.told, self.rechecks = FakeVod(*videos), Told(), FakeRechecks()
        self.settings = replace(SETTINGS, **settings)
        self.now = time.time()
        self.session = SimpleNamespace(left=100.0, cloud_time=lambda: self.now)
        self.memory = Memory(Instance("watch", VOD_SERVICE, {}))
        self.memory.receivers = cast("Any", self.told)
        self.memory.rechecks = cast("Any", self.rechecks)
        self.run = self.anew()

    def anew(self) -> Run:
        """Another run of the same instance."""
        self.run = Run(cast("Session", self.session), self.settings, self.memory)
        self.run.vod = cast("Vod", self.vod)
        return self.run


@pytest.fixture(autouse=True)
def quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """The instance says that it has no settings."""


EXPIRING = [  # age of the upload -> the periods that are announced
    (0, []),
    (2399, []),
    (2400, [0]),
    (2400 + LOOK_BACK - 1, [0, 1]),
    (4799, [0]),
    (4800, [0, 1]),
    (7199, [0, 1]),
    (7200, [1]),
    (9599, [1]),
    (12_000, []),
]


@pytest.mark.parametrize(("age", "periods"), EXPIRING)
def test_a_credential_that_expires_soon_is_announced_for_an_hour(
    age: int, periods: list[int]
) -> None:
    """An upload of two hours has three credentials: the third lives to its end."""
    here = Here(video(age))
    sweep.look_after(here.run, ID)
    found = [event for event, _ in here.told.events if event.type == "upload.expiring"]
    ends = ["2027-01-15T08:50:00Z", "2027-01-15T09:30:00Z"]
    assert [one.content["data"]["ExpireUTCTime"] for one in found] == [
        ends[period] for period in periods
    ]
    for one in found:
        assert one.content["subject"] == ID
        assert one.content["data"]["owner"] == "alice"
        assert one.content["data"]["VideoId"] == ID
    sweep.look_after(here.anew(), ID)
    assert len(here.told.events) == len({one.event_id for one, _ in here.told.events})


def test_each_announcement_of_an_upload_has_an_id_of_its_own() -> None:
    ids = set()
    for age in (2400, 2500, 4800):
        here = Here(video(age))
        sweep.look_after(here.run, ID)
        ids |= {one.event_id for one, _ in here.told.events}
    assert len(ids) == 2


@pytest.mark.parametrize("window", [2400, 2401, 4800, 4801])
def test_nothing_is_announced_that_cannot_be_renewed(window: int) -> None:
    """By then the upload window has closed."""
    here = Here(video(window - 1, window=window))
    sweep.look_after(here.run, ID)
    assert here.told.types == ["upload.expiring"] * ((window - 2401) // 2400 + (window > 2400))


CREDENTIAL = ("RequestId", "VideoId", "UploadAddress", "UploadAuth", "ExpireUTCTime", "ExpiresIn")
RENEWING = {"credential_webhook_url": "https://hooks.example.com/"}


@pytest.mark.parametrize(
    ("age", "window", "renewed"),
    [
        *((2399, WINDOW, 0), (2400, WINDOW, 1), (4799, WINDOW, 1), (4800, WINDOW, 1)),
        *((7199, WINDOW, 1), (7200, WINDOW, 0), (7201, 7201, 1), (7202, 7201, 0)),
    ],
)
def test_a_credential_is_renewed_before_it_expires(age: int, window: int, renewed: int) -> None:
    """As long as the upload window lasts."""
    here = Here(video(age, window=window), upload_window=window, **RENEWING)
    sweep.look_after(here.run, ID)
    found = [
        (event, secret) for event, secret in here.told.events if event.type != "upload.abandoned"
    ]
    assert len(found) == renewed
    for event, credentials in found:
        assert credentials, "its receiver may be another"
        assert event.type == "upload.refreshed"
        data = event.content["data"]
        assert data["RequestId"] == event.event_id
        assert (data["VideoId"], data["owner"]) == (ID, "alice")
        assert (data["UploadAddress"], data["UploadAuth"]) == ("address", "auth")
        assert (data["ExpireUTCTime"], data["ExpiresIn"]) == ("2027-01-15T10:30:00Z", 3000)
        assert set(data) == {*video_data(video(age), SETTINGS), *CREDENTIAL}
        assert event.content["time"] == utc_text(BEGUN + age)
        assert "unverified" not in event.content
    assert here.vod.asked.count(("refresh", ID)) == renewed
    sweep.look_after(here.anew(), ID)
    assert here.vod.asked.count(("refresh", ID)) == renewed, "once in an instance"


def test_each_renewal_of_an_upload_has_an_id_of_its_own() -> None:
    here = Here(video(2400), **RENEWING)
    for age in (2400, 2500, 4800):
        here.vod.videos_by_id[ID] = video(age)
        sweep.look_after(here.anew(), ID)
    assert here.told.types == ["upload.refreshed"] * 2
    assert len({event.event_id for event, _ in here.told.events}) == 2


def test_an_upload_that_finishes_meanwhile_gets_no_credential() -> None:
    here = Here(video(2400), **RENEWING)
    refresh = here.vod.refresh_upload_video

    def finish(video_id: str) -> UploadCredential:
        here.vod.videos_by_id[ID] = replace(here.vod.videos_by_id[ID], status="UploadSucc")
        return refresh(video_id)

    here.vod.refresh_upload_video = finish  # type: ignore[method-assign]
    sweep.look_after(here.run, ID)
    assert here.told.events == []
    assert here.run.failed == 0


def test_a_renewal_counts_as_a_credential_of_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[Any, ...]] = []
    limits = SimpleNamespace(
        store_fault="",
        note_renewed=lambda *given: noted.append(("renewed", *given)),
        note_arrived=lambda *given: noted.append(("arrived", *given)),
    )
    here = Here(video(2400), **RENEWING)
    here.memory.limiter = lambda: cast("Any", limits)
    sweep.look_after(here.run, ID)
    assert noted == [("renewed", "alice", ID)]
    here.vod.videos_by_id[ID] = video(status="Normal")
    sweep.look_after(here.anew(), ID)
    assert noted[1:] == [("arrived", ID)]


VERDICTS = [
    ("UploadSucc", ["upload.completed"]),
    ("Transcoding", ["upload.completed"]),
    ("Checking", ["upload.completed"]),
    ("Normal", ["upload.completed", "video.ready"]),
    ("TranscodeFail", ["upload.completed", "video.failed"]),
    ("Blocked", ["upload.completed", "video.blocked"]),
    ("UploadFail", ["video.failed"]),
    ("ProduceFail", []),
    ("Uploading", []),
]


@pytest.mark.parametrize(("status", "expected"), VERDICTS)
def test_a_run_finds_uploads_whose_callback_was_lost(status: str, expected: list[str]) -> None:
    here = Here(video(status=status))
    sweep.sweep(here.run)
    assert here.told.types == expected
    assert here.run.sent == dict.fromkeys(expected, 1)
    assert here.run.failed == 0
    asked = len(here.vod.asked)
    sweep.sweep(here.anew())
    assert here.told.types == expected, "an instance spares the app repeats"
    assert here.run.sent == {}
    if "upload.completed" in expected:
        assert ("source", ID) not in here.vod.asked[asked:]
        here.vod.videos_by_id[ID] = replace(here.vod.videos_by_id[ID], size=1)
        sweep.sweep(here.anew())
        assert here.told.types[len(expected) :][:1] == ["upload.rejected"], "the file changed"


@pytest.mark.parametrize(
    ("status", "jobs"),
    [("Normal", {"expiring", "abandoned"}), ("UploadFail", {"expiring", "completed"})],
)
def test_each_job_can_be_left_to_others(status: str, jobs: set[str]) -> None:
    here = Here(video(status=status), watch=frozenset(jobs))
    sweep.sweep(here.run)
    assert here.told.types == []
    here = Here(video(2400), watch=frozenset({"abandoned", "completed"}))
    sweep.sweep(here.run)
    assert here.told.types == []
    here = Here(video(WINDOW + 100, window=WINDOW), watch=frozenset({"expiring"}))
    sweep.sweep(here.run)
    assert "upload.abandoned" not in here.told.types


@pytest.mark.parametrize(
    ("job", "found", "told"),
    [
        ("expiring", video(2400), ["upload.expiring"]),
        ("abandoned", video(status="UploadFail"), ["video.failed"]),
        ("completed", video(status="Normal"), ["upload.completed", "video.ready"]),
    ],
)
def test_each_job_can_be_the_only_one(job: str, found: Video, told: list[str]) -> None:
    here = Here(found, watch=frozenset({job}))
    sweep.sweep(here.run)
    assert here.told.types == told


def test_a_message_about_a_finished_upload_is_left_to_others_too() -> None:
    here = Here(video(status="Normal"), watch=frozenset({"expiring", "abandoned"}))
    sweep.look_after(here.run, ID)
    assert here.told.types == []


def test_an_upload_that_was_promised_a_wider_window_is_found_too() -> None:
    """The setting was changed since, or another deployment has it."""
    here = Here(video(5 * WINDOW + 10, window=5 * WINDOW), watch=frozenset({"abandoned"}))
    listed = here.vod.videos_by_id.values()
    here.vod.videos = lambda *_, until, **__: (  # type: ignore[method-assign]
        ([], 0) if until is None else (list(listed), 1)
    )
    sweep.sweep(here.run)
    assert here.told.types == ["upload.abandoned"]


def test_an_upload_whose_size_vod_does_not_know_yet_waits_for_the_next_run() -> None:
    here = Here(video(status="UploadSucc", size=0, size_known=False))
    sweep.sweep(here.run)
    assert here.told.types == []
    here.vod.source = {**here.vod.source, "size": 4448, "size_known": True}
    sweep.sweep(here.anew())
    assert here.told.types == ["upload.completed"]


@pytest.mark.parametrize(
    "changes",
    [
        {"reference_id": None},
        {"user_data": None},
        {"reference_id": "v1k1" + "a" * 56},
        {"app_id": "app-2000000"},
    ],
)
@pytest.mark.parametrize("status", ["Normal", "Uploading", "UploadFail"])
def test_nothing_is_said_of_videos_of_others(status: str, changes: dict[str, Any]) -> None:
    here = Here(video(3000, status, **changes))
    sweep.sweep(here.run)
    sweep.look_after(here.run, ID)
    sweep.look_at_completed(here.run, here.vod.videos_by_id[ID])
    assert here.told.types == []
    assert here.run.awaiting == set()


def test_a_video_without_an_application_is_of_any() -> None:
    here = Here(video(status="Normal", app_id=""))
    sweep.sweep(here.run)
    assert here.told.types == ["upload.completed", "video.ready"]


def test_a_run_lists_what_may_be_due_and_nothing_older() -> None:
    here = Here()
    before = time.time()
    sweep.sweep(here.run)
    after = time.time()
    reaches = [WINDOW + 4260 + LOOK_BACK, LONGEST_UPLOAD_WINDOW + 4260 + LOOK_BACK]
    reaches += [WINDOW + 3660 + LOOK_BACK]
    statuses = [("Uploading", "UploadFail"), ("Uploading",)]
    statuses += [("UploadSucc", "Transcoding", "TranscodeFail", "Checking", "Blocked", "Normal")]
    assert [asked[0] for asked in here.vod.asked] == statuses
    for (_, since, page, options), reach in zip(here.vod.asked, reaches, strict=True):
        assert before - reach - 1 <= since <= after - reach
        assert page == 1
        assert isinstance(options["oldest_first"], bool)
    until = [asked[3]["until"] for asked in here.vod.asked]
    assert until[0] is until[2] is None
    assert before - reaches[0] - 1 <= until[1] <= after - reaches[0]
    assert here.memory.swept


@pytest.mark.parametrize(("ahead", "counts"), [(-5000.0, True), (5000.0, False)])
def test_the_earlier_of_both_clocks_counts(ahead: float, counts: bool) -> None:
    """Better too many videos than too few."""
    here = Here(watch=frozenset({"completed"}))
    here.now = time.time() + ahead
    sweep.sweep(here.run)
    [(_, since, _, _)] = here.vod.asked
    expected = (here.now if counts else time.time()) - WINDOW - 3660 - LOOK_BACK
    assert abs(since - expected) < 60


def test_with_the_longest_window_there_is_nothing_older(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(watch=frozenset({"abandoned"}), upload_window=LONGEST_UPLOAD_WINDOW)
    sweep.sweep(here.run)
    assert len(here.vod.asked) == 1
    assert not here.memory.swept


@pytest.mark.parametrize(
    ("minutes", "oldest_first"), [(0, True), (4, True), (5, False), (10, True)]
)
def test_runs_start_from_alternate_ends(minutes: int, oldest_first: bool) -> None:
    here = Here(watch=frozenset({"completed"}))
    here.now = BEGUN + minutes * 60
    sweep.sweep(here.run)
    assert here.vod.asked[0][3]["oldest_first"] is oldest_first


def several(count: int, status: str = "Normal") -> list[Video]:
    return [video(status=status, video_id=f"{number:032x}") for number in range(count)]


def test_a_run_reads_every_page() -> None:
    here = Here(*several(5), watch=frozenset({"completed"}))
    sweep.sweep(here.run)
    assert [asked[2] for asked in here.vod.asked if len(asked) == 4] == [1, 2, 3]
    assert (here.run.looked_at, here.run.left_over) == (5, 0)
    assert here.run.sent == {"upload.completed": 5, "video.ready": 5}


def test_each_upload_with_a_fault_is_counted() -> None:
    here = Here(*several(3), watch=frozenset({"completed"}))
    here.told.closed = True
    sweep.sweep(here.run)
    assert (here.run.looked_at, here.run.failed) == (3, 3)


def test_a_list_that_is_shorter_than_its_total_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(watch=frozenset({"completed"}))
    here.vod.videos = lambda *_, **__: ([], 7)  # type: ignore[method-assign]
    sweep.sweep(here.run)
    assert here.run.looked_at == 0


@pytest.mark.parametrize("why", ["many", "time"])
def test_what_a_run_cannot_reach_is_counted(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    here = Here(*several(5), watch=frozenset({"completed"}))
    if why == "many":
        monkeypatch.setattr(sweep, "MAX_VIDEOS", 3)
    else:
        source = here.vod.with_source

        def slow(known: Video) -> Video:
            here.session.left = 6.0 if len(here.told.events) < 4 else 4.9
            return source(known)

        here.vod.with_source = slow  # type: ignore[method-assign]
    sweep.sweep(here.run)
    assert (here.run.looked_at, here.run.left_over) == (3, 2)


def test_one_video_never_keeps_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    here = Here(*several(4), watch=frozenset({"completed"}))
    faults: list[Exception] = [UpstreamError("a"), LookupError("a secret"), NotFoundAtVod()]

    def fail(known: Video) -> Video:
        if faults:
            raise faults.pop()
        return replace(known, **here.vod.source)

    here.vod.with_source = fail  # type: ignore[method-assign]
    sweep.sweep(here.run)
    assert here.run.failed == 3
    assert here.told.types == ["upload.completed", "video.ready"]
    out = capsys.readouterr().out.splitlines()[-1]
    line = json.loads(out)
    assert line == {"function": "watch", "VideoId": f"{1:032x}", "fault": "LookupError"}


def test_an_event_that_the_app_does_not_take_is_tried_again() -> None:
    here = Here(video(status="Normal"))
    here.told.closed = True
    sweep.sweep(here.run)
    assert (here.run.failed, here.run.sent) == (1, {})
    sweep.look_at_completed(here.anew(), here.vod.videos_by_id[ID])
    assert here.run.failed == 1
    here.told.closed = False
    sweep.sweep(here.anew())
    assert here.told.types == ["upload.completed", "video.ready"]
    assert here.told.seconds == [100.0] * 4


def test_no_event_gets_less_than_no_time() -> None:
    here = Here(video(status="Normal"))
    here.session.left = -1.0
    sweep.look_at_completed(here.run, here.vod.videos_by_id[ID])
    assert set(here.told.seconds) == {0.0}


@pytest.mark.parametrize(
    ("age", "modified", "swept", "scheduled"),
    [
        (3659, None, False, True),
        (3661, None, False, False),
        (90_000, None, False, False),
        (90_000, 90_000 - 3659, False, True),
        (90_000, 90_000 - 3661, False, False),
        (90_000, None, True, True),
    ],
)
def test_a_file_that_may_still_be_replaced_is_looked_at_again(
    age: int, modified: int | None, swept: bool, scheduled: bool
) -> None:
    """A new instance would else look at all uploads of a day again."""
    at = None if modified is None else BEGUN + modified
    here = Here(video(age, "Normal", modified_at=at))
    here.memory.swept = swept
    sweep.look_after(here.run, ID)
    asked = ("schedule", ["upload.completed", "video.ready"], BEGUN + age, 100.0)
    assert here.rechecks.asked == ([asked] if scheduled else [])
    assert here.told.types == ["upload.completed", "video.ready"]


def test_the_app_gets_its_events_even_if_no_recheck_can_be_scheduled() -> None:
    here = Here(video(status="Normal"))
    here.rechecks.fault = Unavailable("the queue is away")
    sweep.sweep(here.run)
    assert here.told.types == ["upload.completed", "video.ready"]
    assert here.run.failed == 1
    here.rechecks.fault = None
    sweep.sweep(here.anew())
    assert len(here.rechecks.asked) == 2, "the next run schedules it"
    assert len(here.told.types) == 2


def test_a_deleted_video_needs_nothing() -> None:
    here = Here()
    sweep.look_after(here.run, ID)
    assert messages.handle(here.run, message(json.dumps({"VideoId": ID}))) == "OK"
    assert here.vod.asked == [("video", ID)] * 2
    assert here.run.failed == 0


def message(*texts: str) -> list[Any]:
    return [{"id": "1", "data": {"messageId": "1", "messageBody": text}} for text in texts]


CALLBACK = {"EventType": "TranscodeComplete", "VideoId": ID}


@pytest.mark.parametrize(
    ("text", "code", "looks"),
    [
        (json.dumps({"VideoId": ID}), "OK", True),
        (json.dumps(CALLBACK), "OK", True),
        (json.dumps({**CALLBACK, "VideoId": "x"}), "OK", False),
        (json.dumps({"EventType": "ImageUploadComplete", "ImageId": ID}), "OK", False),
        (json.dumps({"EventType": "SomethingNew", "VideoId": ID}), "OK", False),
        (json.dumps({"VideoId": "x"}), "InvalidRequest", False),
        ("{}", "InvalidRequest", False),
        ("text", "InvalidRequest", False),
        ("", "InvalidRequest", False),
        ("[" * 100_000, "InvalidRequest", False),
    ],
)
def test_a_message_names_one_video(text: str, code: str, looks: bool) -> None:
    here = Here(video(status="Normal"))
    assert messages.handle(here.run, message(text)) == code
    assert here.vod.asked[:1] == ([("video", ID)] if looks else [])
    assert bool(here.told.types) is looks


def test_one_message_never_keeps_the_other_messages(capsys: pytest.CaptureFixture[str]) -> None:
    good = json.dumps({"VideoId": ID})
    here = Here(video(status="Normal"))
    assert messages.handle(here.run, message("text", good)) == "InvalidRequest"
    assert len(here.told.types) == 2
    for fault, code in (
        (Unavailable("a"), "Unavailable"),
        (LookupError("secret"), "Misconfigured"),
    ):
        here.vod.fault = fault
        assert messages.handle(here.anew(), message(good)) == code
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line == {"function": "watch", "code": "Misconfigured", "fault": "LookupError"}
    assert messages.handle(here.run, message(good, "text")) == "Misconfigured"


DUE = int(BEGUN) + 5000
FIRST = FirstLook(ID, 4448, "0" * 32, "Normal", DUE)
AGAIN = replace(FIRST, settled=False, tries=1, status="Transcoding", file_md5=None)


def checked(here: Here, first: FirstLook) -> Here:
    assert messages.handle(here.anew(), message(recheck.seal(SETTINGS, first))) == "OK"
    return here


@pytest.mark.parametrize(("age", "failed"), [(4999, 1), (5000, 0)])
def test_a_recheck_that_comes_too_early_comes_again(age: int, failed: int) -> None:
    here = checked(Here(video(age, "Normal")), FIRST)
    assert here.run.failed == failed
    assert here.told.types == []


def test_each_recheck_that_comes_too_early_counts() -> None:
    here = Here(video(4999, "Normal"))
    text = recheck.seal(SETTINGS, FIRST)
    messages.handle(here.run, message(text, text))
    assert here.run.failed == 2


@pytest.mark.parametrize(
    ("first", "status", "failed"),
    [(FIRST, "Uploading", 1), (replace(FIRST, settled=False), "Uploading", 0)],
)
def test_a_recheck_waits_while_a_settled_upload_awaits_its_file_again(
    first: FirstLook, status: str, failed: int
) -> None:
    assert checked(Here(video(6000, status)), first).run.failed == failed


@pytest.mark.parametrize(
    ("source", "age", "types", "failed"),
    [
        ({"file_md5": "0" * 32}, 6000, [], 0),
        ({"file_md5": "f" * 32}, 6000, ["upload.changed", "video.ready"], 0),
        ({"file_md5": None}, 5000 + 3599, [], 1),
        ({"file_md5": None}, 5000 + 3600, [], 0),
    ],
)
def test_a_file_is_compared_when_every_credential_has_expired(
    source: dict[str, Any], age: int, types: list[str], failed: int
) -> None:
    here = Here(video(age, "Normal"))
    here.vod.source = {**source, "file_name": "film.mp4"}
    checked(here, FIRST)
    assert (here.told.types, here.run.failed) == (types, failed)
    later = [] if failed else [("later", ID, 100.0)]
    assert here.rechecks.asked == later
    assert [asked[0] for asked in here.vod.asked] == ["video", "source"]


def test_the_last_look_is_the_late_one() -> None:
    assert checked(Here(video(6000, "Normal")), replace(FIRST, late=True)).rechecks.asked == []
    assert checked(Here(video(6000, "Normal")), replace(FIRST, settled=False)).vod.asked == [
        ("video", ID)
    ]


@pytest.mark.parametrize(
    ("status", "asked"), [("Transcoding", [("again", ID, 2, 100.0)]), ("Normal", [])]
)
def test_a_look_that_comes_before_the_status_is_followed_by_another(
    status: str, asked: list[Any]
) -> None:
    here = checked(Here(video(6000, status)), AGAIN)
    assert here.rechecks.asked == asked
    assert here.told.types == ([] if asked else ["video.ready"])


def test_an_upload_that_had_not_arrived_at_the_first_look_is_announced_whole() -> None:
    here = checked(Here(video(6000, "Normal")), replace(AGAIN, status="Uploading"))
    assert here.told.types == ["upload.completed", "video.ready"]
    here = checked(Here(video(6000, "Uploading")), replace(AGAIN, status="Uploading"))
    assert here.told.types == []


def test_a_change_that_the_app_does_not_take_is_tried_again() -> None:
    here = Here(video(6000, "Normal"))
    here.vod.source = {"file_md5": "f" * 32, "file_name": "film.mp4"}
    here.told.closed = True
    checked(here, FIRST)
    assert (here.run.failed, here.rechecks.asked) == (1, [])
    assert checked(Here(), FIRST).run.failed == 0, "it was deleted"


def test_a_recheck_of_another_deployment_is_no_message() -> None:
    other = replace(SETTINGS, owner_keys=(OwnerKey("k1", b"b" * 32),))
    here = Here(video(6000, "Normal"))
    assert messages.handle(here.run, message(recheck.seal(other, FIRST))) == "InvalidRequest"
    assert here.told.types == []


def test_a_verdict_is_told_again_after_another_one() -> None:
    """VOD may block a video, release it and block it again. Nothing else is told again."""
    here = Here(video())
    for status in ("Normal", "Blocked", "Blocked", "Normal", "Blocked"):
        here.vod.videos_by_id[ID] = video(status=status)
        sweep.sweep(here.anew())
    turns = ["video.ready", "video.blocked"] * 2
    assert here.told.types == ["upload.completed", *turns]
    here.memory.completed = Latest(1)  # as if another instance had been asked
    sweep.sweep(here.anew())
    assert here.told.types == ["upload.completed", *turns]


def test_a_listed_video_that_cannot_be_read_does_not_stop_the_others() -> None:
    here = Here(video(2400), video(2400, video_id="c" * 32))
    listed = here.vod.videos

    def videos(*arguments: Any, **options: Any) -> tuple[list[Video | None], int]:
        found, total = listed(*arguments, **options)
        return ([*found[:1], None, *found[1:]], total + 1) if found else ([], 0)

    here.vod.videos = videos  # type: ignore[method-assign,assignment]
    sweep.sweep(here.run)
    assert here.told.types == ["upload.expiring"] * 2
    assert (here.run.failed, here.run.looked_at) == (1, 3)
