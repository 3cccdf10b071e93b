"""What each operation asks of VOD, and what it makes of the answer."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from shared.alibaba.codes import Rejected
from shared.alibaba.session import OperationAnswer, Session
from shared.alibaba.vod import records
from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod, Unusable
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import OtherMedia, Video
from shared.errors import Misconfigured, Unavailable, UpstreamError

VIDEO_ID = "5b1c7e90d2a84f36ae0d9c41f7b86235"
OTHER_ID = "c04e2fa8916d4b7fb3a5d8e1076c92fd"
NOW = 1_800_000_000.0
INFO = {
    "VideoId": VIDEO_ID,
    "Status": "Normal",
    "CreationTime": "2027-01-15T07:00:00Z",
    "ModificationTime": "2027-01-15T07:30:00Z",
    "ReferenceId": "v1-mark",
    "UserData": "{}",
    "Size": 4448,
    "Title": "A film",
    "Duration": 12.5,
    "CoverURL": "https://cover.example.com/a.jpg",
    "AppId": "app-1000000",
}
VIDEO = Video(
    VIDEO_ID,
    "Normal",
    "v1-mark",
    "{}",
    4448,
    NOW - 3600,
    NOW,
    modified_at=NOW - 1800,
    title="A film",
    duration=12.5,
    cover_url="https://cover.example.com/a.jpg",
    app_id="app-1000000",
)


@contextlib.contextmanager
def refused(detail: str) -> Iterator[None]:
    """Expects that an answer cannot be used, for this reason."""
    with pytest.raises(UpstreamError) as raised:
        yield
    assert raised.value.detail == detail


ANOTHER = "VOD answered for another video."


class FakeSession:
    """Gives one answer to every request, or raises it. ``sent``: the requests."""

    left = 10.0

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.sent: list[tuple[Any, ...]] = []

    def call_once(self, operation: str, fields: Any, timeout: float) -> OperationAnswer:
        self.sent.append((operation, fields, timeout))
        return self._answered()

    def call_with_retry(self, operation: str, fields: Any, read: Callable[[Any], Any]) -> Any:
        self.sent.append((operation, fields))
        return read(self._answered())

    def _answered(self) -> OperationAnswer:
        if isinstance(self.answer, Exception):
            raise self.answer
        return OperationAnswer(self.answer, NOW, 2.0)


def vod(answer: Any) -> tuple[Vod, FakeSession]:
    session = FakeSession(answer)
    return Vod(cast("Session", session)), session


def encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


AUTH = {
    "AccessKeyId": "STS.a",
    "AccessKeySecret": "b",
    "SecurityToken": "c",
    "Expiration": "3000",
    "ExpireUTCTime": "2027-01-15T09:00:00Z",
}
ADDRESS = {"Endpoint": "https://oss.example.com", "Bucket": "b", "FileName": "f"}
PAIR = {"UploadAuth": encoded(AUTH), "UploadAddress": encoded(ADDRESS)}

CREATE: list[tuple[str, str, float]] = [
    ("CreateUploadVideo", "VideoId", 7.0),
    ("CreateUploadImage", "ImageId", 10.0),
    ("CreateUploadAttachedMedia", "MediaId", 10.0),
]


def create(made: Vod, operation: str, fields: Any) -> records.UploadCredential:
    methods = {
        "CreateUploadVideo": made.create_upload_video,
        "CreateUploadImage": made.create_upload_image,
        "CreateUploadAttachedMedia": made.create_upload_attached_media,
    }
    return methods[operation](fields)


@pytest.mark.parametrize(("operation", "id_name", "seconds"), CREATE)
def test_a_create_is_sent_once_and_leaves_time_to_look_up_what_came_of_it(
    operation: str, id_name: str, seconds: float
) -> None:
    ids = {"VideoId": "1", "ImageId": "2", "MediaId": "3"}
    urls = {"ImageURL": "http://i", "MediaURL": "http://m", "FileURL": "http://f"}
    made, session = vod({**PAIR, **ids, **urls, "Other": "x"})
    credential = create(made, operation, {"title": "a"})
    assert session.sent == [(operation, {"title": "a"}, seconds)]
    assert credential.media_id == ids[id_name]
    assert credential.upload_auth == PAIR["UploadAuth"]
    assert credential.upload_address == PAIR["UploadAddress"]
    assert (credential.expires_at, credential.expires_in) == (NOW + 3000, 3000)
    assert credential.urls == urls
    assert PAIR["UploadAuth"] not in repr(credential)
    assert PAIR["UploadAddress"] not in repr(credential)


@pytest.mark.parametrize(("operation", "id_name", "seconds"), CREATE)
@pytest.mark.parametrize("fault", [NotFoundAtVod(), IllegalStatus(), Unusable()])
def test_a_create_that_finds_nothing_was_refused(
    operation: str, id_name: str, seconds: float, fault: Exception
) -> None:
    with pytest.raises(Rejected) as raised:
        create(vod(fault)[0], operation, {})
    assert raised.value.code == type(fault).__name__


@pytest.mark.parametrize(
    "damage",
    [
        *({name: odd} for name in PAIR for odd in (None, "", "no base64!", encoded([]), "AA==")),
        *(
            {"UploadAuth": encoded({k: v for k, v in AUTH.items() if k != name})}
            for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")
        ),
        *(
            {"UploadAddress": encoded({k: v for k, v in ADDRESS.items() if k != name})}
            for name in ADDRESS
        ),
        {"VideoId": ""},
    ],
)
def test_a_credential_on_which_clients_would_hang_is_refused(damage: dict[str, Any]) -> None:
    """The video exists then."""
    with pytest.raises(UpstreamError) as raised:
        vod({**PAIR, "VideoId": VIDEO_ID, **damage})[0].create_upload_video({})
    assert raised.value.effect == "unknown"
    [name] = damage
    lacks = f"The cloud's answer lacks {name}."
    assert raised.value.detail in (lacks, f"VOD's {name} cannot be used.")
    assert (raised.value.detail == lacks) is (damage[name] in (None, ""))


@pytest.mark.parametrize(
    ("utc", "seconds"),
    [
        ("2027-01-15T08:10:00Z", 600),
        ("2027-01-15T08:50:00Z", 3000),
        ("2027-01-15T20:00:00Z", 3000),
        ("2027-01-15T07:00:00Z", 0),
        ("soon", 3000),
        (None, 3000),
    ],
)
def test_a_credential_lives_as_long_as_it_says_but_never_longer_than_documented(
    utc: Any, seconds: int
) -> None:
    auth = encoded({**AUTH, "ExpireUTCTime": utc})
    made, _ = vod({**PAIR, "UploadAuth": auth, "VideoId": VIDEO_ID})
    assert made.refresh_upload_video(VIDEO_ID).expires_in == seconds


def test_a_refresh_is_for_the_video_that_was_asked_for() -> None:
    made, session = vod({**PAIR, "VideoId": VIDEO_ID})
    assert made.refresh_upload_video(VIDEO_ID).media_id == VIDEO_ID
    assert session.sent == [("RefreshUploadVideo", {"video_id": VIDEO_ID})]
    with refused(ANOTHER):
        made.refresh_upload_video(OTHER_ID)


def test_a_video_is_read_by_either_id() -> None:
    made, session = vod({"Video": INFO})
    assert made.video(video_id=VIDEO_ID) == VIDEO
    assert made.video(reference_id="v1-mark") == VIDEO
    fields = [{"video_id": VIDEO_ID, "reference_id": None}]
    fields += [{"video_id": None, "reference_id": "v1-mark"}]
    assert session.sent == [("GetVideoInfo", one) for one in fields]
    assert VIDEO.age == 3600
    with refused(ANOTHER):
        made.video(video_id=OTHER_ID)
    for odd in (None, "text"):
        with refused("VOD's answer lacks Video."):
            vod({"Video": odd})[0].video(video_id=VIDEO_ID)


READS: list[Callable[[Vod], object]] = [
    lambda made: made.video(video_id=VIDEO_ID),
    lambda made: made.video_infos([VIDEO_ID]),
    lambda made: made.image("i"),
    lambda made: made.attached_media("m"),
    lambda made: made.videos(("Normal",), 0.0, 1, oldest_first=True),
]


@pytest.mark.parametrize("read", READS)
def test_a_read_that_vod_refuses_for_a_status_is_no_answer(read: Callable[[Vod], object]) -> None:
    """Nobody above expects it there."""
    with refused("VOD does not describe this media."):
        read(vod(IllegalStatus())[0])
    with pytest.raises(Unavailable):
        read(vod(Unavailable("away"))[0])


def test_many_videos_are_read_at_once() -> None:
    unreadable = {**INFO, "VideoId": "3", "CreationTime": "soon"}
    answer = {"VideoList": [INFO, unreadable, 5], "NonExistVideoIds": [OTHER_ID, 5]}
    made, session = vod(answer)
    found = made.video_infos([VIDEO_ID, OTHER_ID, "3"])
    assert session.sent == [("GetVideoInfos", {"video_ids": f"{VIDEO_ID},{OTHER_ID},3"})]
    assert found.by_id == {VIDEO_ID: VIDEO}
    assert found.absent == {OTHER_ID}
    assert found.now == NOW
    assert found.require(VIDEO_ID) == VIDEO
    with pytest.raises(NotFoundAtVod):
        found.require(OTHER_ID)
    with refused("VOD's answer lacks this video."):
        found.require("3")


def test_if_vod_has_none_of_many_videos_all_are_absent() -> None:
    before = time.time()
    found = vod(NotFoundAtVod())[0].video_infos([VIDEO_ID, OTHER_ID])
    assert found.by_id == {}
    assert found.absent == {VIDEO_ID, OTHER_ID}
    assert before <= found.now <= time.time()
    assert vod({"VideoList": []})[0].video_infos([VIDEO_ID]).absent == frozenset()
    for odd in ({"VideoList": None}, {"VideoList": [], "NonExistVideoIds": "a"}):
        with refused("VOD's answer lacks VideoList."):
            vod(odd)[0].video_infos([VIDEO_ID])


SOURCE = {"VideoId": VIDEO_ID, "Size": 5000, "FileMD5": "AB" * 16, "FileName": "film.mp4"}


def test_the_source_of_a_video_is_what_its_file_is_now() -> None:
    made, session = vod({"Mezzanine": SOURCE})
    known = VIDEO
    found = made.with_source(known)
    assert session.sent == [("GetMezzanineInfo", {"video_id": VIDEO_ID})]
    assert (found.size, found.file_md5, found.file_name) == (5000, "ab" * 16, "film.mp4")
    assert found.video_id == VIDEO_ID
    assert found.now == NOW


@pytest.mark.parametrize("size", [None, "5000", True, 0])
@pytest.mark.parametrize("known", [4448, None])
def test_a_source_without_a_size_keeps_the_one_that_was_known(size: Any, known: Any) -> None:
    before = records.video({**INFO, "Size": known}, NOW - 60)
    found = vod({"Mezzanine": {**SOURCE, "Size": size}})[0].with_source(before)
    assert found.size == (known or 0)
    assert found.size_known == (known is not None or size == 0)
    assert found.now == NOW


@pytest.mark.parametrize(("name", "value"), [("FileMD5", ""), ("FileMD5", 5), ("FileName", 5)])
def test_a_source_may_lack_md5_and_name(name: str, value: Any) -> None:
    found = vod({"Mezzanine": {**SOURCE, name: value}})[0].with_source(VIDEO)
    assert found.file_md5 == (None if name == "FileMD5" else "ab" * 16)
    assert found.file_name == ("" if name == "FileName" else "film.mp4")


@pytest.mark.parametrize("fault", [NotFoundAtVod(), IllegalStatus(), Unusable()])
def test_a_video_whose_source_vod_does_not_have_stays_as_it_is(fault: Exception) -> None:
    assert vod(fault)[0].with_source(VIDEO) is VIDEO
    several: list[Any] = [None, [], {**SOURCE, "VideoId": OTHER_ID}]
    for odd in several:
        with refused("VOD's answer lacks Mezzanine."):
            vod({"Mezzanine": odd})[0].with_source(VIDEO)


def test_an_image_is_read_by_its_id() -> None:
    made, session = vod({"ImageInfo": {"ImageId": "i", "Status": "Normal"}})
    assert made.image("i") == OtherMedia("i", "Normal", NOW)
    assert session.sent == [("GetImageInfo", {"image_id": "i"})]
    with refused("VOD's answer lacks ImageInfo."):
        made.image("j")


def test_attached_media_are_read_by_their_id() -> None:
    listed = [5, {"MediaId": "n", "Status": "Blocked"}, {"MediaId": "m", "Status": "Normal"}]
    made, session = vod({"AttachedMediaList": listed, "NonExistMediaIds": ["x"]})
    assert made.attached_media("m") == OtherMedia("m", "Normal", NOW)
    assert session.sent == [("GetAttachedMediaInfo", {"media_ids": "m"})]
    with pytest.raises(NotFoundAtVod):
        made.attached_media("x")
    for answer in ({"AttachedMediaList": listed}, {}, {"AttachedMediaList": None}):
        with refused("VOD's answer lacks AttachedMediaList."):
            vod(answer)[0].attached_media("o")


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"oldest_first": True}, {"sort_by": "CreationTime:Asc", "end_time": None}),
        ({"oldest_first": False}, {"sort_by": "CreationTime:Desc", "end_time": None}),
        (
            {"oldest_first": True, "until": NOW},
            {"sort_by": "CreationTime:Asc", "end_time": "2027-01-15T08:00:00Z"},
        ),
    ],
)
def test_videos_are_listed_page_by_page(options: Any, fields: Any) -> None:
    made, session = vod({"Total": 101, "VideoList": {"Video": [INFO]}})
    assert made.videos(("Normal", "Blocked"), NOW - 3600, 2, **options) == ([VIDEO], 101)
    expected = {
        "status": "Normal,Blocked",
        "start_time": "2027-01-15T07:00:00Z",
        "page_no": 2,
        "page_size": 100,
        **fields,
    }
    assert session.sent == [("GetVideoList", expected)]


def test_a_list_may_be_empty_but_not_without_a_total() -> None:
    def listed(answer: Any) -> Any:
        return vod(answer)[0].videos(("Normal",), NOW, 1, oldest_first=True)

    assert listed(NotFoundAtVod()) == ([], 0)
    none: list[Any] = [{}, {"VideoList": None}, {"VideoList": []}, {"VideoList": {"Video": None}}]
    for empty in none:
        assert listed({"Total": 0, **empty}) == ([], 0)
    totals: list[Any] = [None, "5", 5.0]
    for odd in totals:
        with refused("VOD's answer lacks Total or a list of videos."):
            listed({"Total": odd, "VideoList": {"Video": [INFO]}})
    for strange in (5, "videos", {"VideoId": VIDEO_ID}):
        with refused("VOD's answer lacks Total or a list of videos."):
            listed({"Total": 1, "VideoList": {"Video": strange}})


def test_a_deletion_names_one_video() -> None:
    made, session = vod({"RequestId": "A"})
    made.delete_video(VIDEO_ID)
    assert session.sent == [("DeleteVideo", {"video_ids": VIDEO_ID})]


def test_a_deletion_that_vod_forbids_is_refused_and_not_repeated() -> None:
    """VOD answers 200 and lists what it did not delete."""
    for allowed in (None, [], ["f" * 32]):
        vod({"RequestId": "A", "ForbiddenVideoIds": allowed})[0].delete_video(VIDEO_ID)
    made, session = vod({"RequestId": "A", "ForbiddenVideoIds": [VIDEO_ID]})
    with pytest.raises(Misconfigured, match=r"no right on the VOD application\.$"):
        made.delete_video(VIDEO_ID)
    assert len(session.sent) == 1
    with pytest.raises(NotFoundAtVod):
        vod(NotFoundAtVod())[0].delete_video(VIDEO_ID)


META = {"VideoId": VIDEO_ID, "Title": "A film", "CoverURL": "https://cover.example.com/a.jpg"}


def test_a_play_credential_counts_from_before_the_call() -> None:
    made, session = vod({"VideoMeta": META, "PlayAuth": "auth"})
    found = made.play_auth(VIDEO_ID, 100)
    assert session.sent == [("GetVideoPlayAuth", {"video_id": VIDEO_ID, "auth_info_timeout": 100})]
    assert (found.play_auth, found.video_meta) == ("auth", META)
    assert (found.expires_at, found.expires_in) == (NOW + 98, 98)
    assert "auth'" not in repr(found)
    assert "film" not in repr(found)
    for odd in ({"VideoMeta": META}, {"PlayAuth": "a"}, {"VideoMeta": [], "PlayAuth": "a"}):
        with pytest.raises(UpstreamError):
            vod(odd)[0].play_auth(VIDEO_ID, 100)
    with refused("VOD's answer lacks VideoMeta."):
        made.play_auth(OTHER_ID, 100)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://cover.example.com/a.jpg", True),
        ("http://127.0.0.1/a.jpg", False),
        ("http://169.254.169.254/latest", False),
        ("javascript:alert(1)", False),
        ("", False),
        (5, False),
        (None, False),
    ],
)
def test_a_cover_leads_to_a_public_host_or_is_left_out(url: Any, kept: bool) -> None:
    """A caller may have chosen it, and players and apps load it."""
    made, _ = vod({"VideoMeta": {**META, "CoverURL": url}, "PlayAuth": "a"})
    expected = META if kept else {name: META[name] for name in ("VideoId", "Title")}
    assert made.play_auth(VIDEO_ID, 100).video_meta == expected
    assert records.video({**INFO, "CoverURL": url}, NOW).cover_url == (url if kept else "")


@pytest.mark.parametrize(
    ("member", "value", "attribute", "expected"),
    [
        ("ReferenceId", 5, "reference_id", None),
        ("UserData", [], "user_data", None),
        ("Size", "5", "size", 0),
        ("Size", True, "size", 0),
        ("Size", "5", "size_known", False),
        ("Size", None, "size_known", False),
        ("Size", 0, "size_known", True),
        ("ModificationTime", "soon", "modified_at", None),
        ("Title", 5, "title", ""),
        ("AppId", None, "app_id", ""),
        ("Duration", "12.5", "duration", 12.5),
        ("Duration", None, "duration", 0.0),
        ("Duration", True, "duration", 0.0),
        ("Duration", "long", "duration", 0.0),
        ("Duration", "nan", "duration", 0.0),
        ("Duration", -1, "duration", 0.0),
        ("Duration", 0.5, "duration", 0.5),
        ("Duration", 1e9, "duration", 0.0),
        ("Duration", 10**400, "duration", 0.0),
    ],
)
def test_a_member_that_is_not_as_documented_counts_as_missing(
    member: str, value: Any, attribute: str, expected: Any
) -> None:
    assert getattr(records.video({**INFO, member: value}, NOW), attribute) == expected


@pytest.mark.parametrize("name", ["VideoId", "Status", "CreationTime"])
def test_a_video_without_id_status_or_age_is_none(name: str) -> None:
    for odd in (None, 5, ""):
        with pytest.raises(UpstreamError):
            records.video({**INFO, name: odd}, NOW)
    assert "{}" not in repr(VIDEO), "UserData may hold anything"
