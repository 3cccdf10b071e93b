"""GetVideoList, SearchMedia and GetVideoInfos: selection, order, and pages."""

from __future__ import annotations

from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.clock import utc
from fakealiyun.testing.mp4 import film
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.media import Media
from tests.vod.test_container import HEADS


def titles(vod: Vod, **fields: Any) -> list[str]:
    answer = vod.call("get_video_list", **fields)
    return [video["Title"] for video in answer["VideoList"]["Video"]]


@pytest.fixture
def library(cloud: FakeCloud, vod: Vod) -> list[Media]:
    """Five videos, a hundred seconds apart; the second is Normal."""
    for number in range(5):
        upload = vod.create(title=f"film {number}", reference_id=f"mark-{number}", tags="a,b")
        if number == 1:
            upload.put(film(60))
        cloud.clock.advance(100)
    return cloud.vod.library.all()


def test_the_newest_come_first(vod: Vod, library: list[Media]) -> None:
    expected = [f"film {n}" for n in (4, 3, 2, 1, 0)]
    assert titles(vod) == expected
    assert titles(vod, sort_by="CreationTime:Desc") == expected
    assert titles(vod, sort_by="CreationTime:Asc") == expected[::-1]


def test_videos_of_the_same_second_keep_their_order(vod: Vod) -> None:
    for number in range(4):
        vod.create(title=str(number))
    assert titles(vod, sort_by="CreationTime:Asc") == ["0", "1", "2", "3"]


def test_pages(vod: Vod, library: list[Media]) -> None:
    answer = vod.call("get_video_list", page_no=2, page_size=2)
    assert answer["Total"] == 5
    assert [v["Title"] for v in answer["VideoList"]["Video"]] == ["film 2", "film 1"]
    assert titles(vod, page_no=3, page_size=2) == ["film 0"]
    assert titles(vod, page_no=4, page_size=2) == []
    assert vod.refused("get_video_list", page_no=51, page_size=100) == (400, "VideoListExceededMax")


def test_filters(cloud: FakeCloud, vod: Vod, library: list[Media]) -> None:
    assert titles(vod, status="Normal") == ["film 1"]
    assert titles(vod, status="Normal,Uploading,Blocked") == titles(vod)
    assert titles(vod, reference_ids="mark-3,mark-0,unknown") == ["film 3", "film 0"]
    assert titles(vod, storage_location=cloud.vod.storage_location) == titles(vod)
    assert titles(vod, storage_location="other.oss-cn-shanghai.aliyuncs.com") == []
    assert titles(vod, cate_id=1000000001) == []
    start, end = utc(library[1].created), utc(library[3].created)
    assert titles(vod, start_time=start, end_time=end) == ["film 3", "film 2", "film 1"]
    assert titles(vod, start_time=utc(library[3].created + 1)) == ["film 4"]


def test_a_listed_video_has_its_reference_id_and_user_data(vod: Vod) -> None:
    vod.create(reference_id="mark-0001", user_data='{"Extend":"x"}')
    (video,) = vod.call("get_video_list")["VideoList"]["Video"]
    assert (video["ReferenceId"], video["UserData"]) == ("mark-0001", '{"Extend":"x"}')


@pytest.mark.parametrize(
    "fields",
    [
        {"page_no": 0},
        {"page_size": 101},
        {"page_size": 0},
        {"page_size": "ten"},
        {"sort_by": "Title:Asc"},
        {"sort_by": "CreationTime"},
        {"status": "Playing"},
        {"status": "Normal,"},
        {"start_time": "yesterday"},
        {"start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"},
        {"cate_id": "x"},
    ],
)
def test_a_listing_that_is_refused(vod: Vod, fields: dict[str, Any]) -> None:
    assert vod.refused("get_video_list", **fields) == (400, "InvalidParameter")


# -- SearchMedia


def found(vod: Vod, match: str | None, **fields: Any) -> list[str]:
    answer = vod.call("search_media", match=match, fields="Title", **fields)
    assert answer["Total"] >= len(answer["MediaList"])
    return [item[item["MediaType"].capitalize()]["Title"] for item in answer["MediaList"]]


def test_match_expressions(cloud: FakeCloud, vod: Vod, library: list[Media]) -> None:
    ids = [media.video_id for media in library]
    start, end = utc(library[1].created), utc(library[3].created)
    for match, numbers in {
        "Title = 'film 3'": [3],
        'Title="film"': [4, 3, 2, 1, 0],
        "Title in ('3', '0')": [3, 0],
        "Status in ('Normal','Blocked')": [1],
        "Status = 'Uploading' and Title = '2'": [2],
        "(Title = '1' or Title = '4')": [4, 1],
        "(Status='Normal' OR (Title='3' AND Tags='a')) AND Description = ''": [3, 1],
        f"VideoId = '{ids[2]}'": [2],
        f"VideoId in ('{ids[0]}','{ids[4]}')": [4, 0],
        "ReferenceId = 'mark-1'": [1],
        "ReferenceId = 'MARK-1'": [],
        f"StorageLocation = '{cloud.vod.storage_location}'": [4, 3, 2, 1, 0],
        "Size = [1, 1000000]": [1],
        "Duration = (59.5,60]": [1],
        "Duration = (60,61)": [],
        "Size = [0,0]": [4, 3, 2, 0],
        f"CreationTime = ['{start}','{end}']": [3, 2, 1],
        f"CreationTime = ('{start}','{end}')": [2],
        f"CreationTime = ['{start}','{end}')": [2, 1],
    }.items():
        assert found(vod, match) == [f"film {n}" for n in numbers], match
    assert found(vod, None) == titles(vod)


@pytest.mark.parametrize(
    "match",
    [
        "Title",
        "Title =",
        "= 'x'",
        "Title == 'x'",
        "Title like 'x'",
        "Title != 'x'",
        "Title = 'x' or Title = 'y'",
        "Title = 'x' and",
        "(Title = 'x'",
        "Title = 'x')",
        "Title in ()",
        "Title in 'x'",
        "Title in ('x' 'y')",
        "Title = ('x','y')",
        "Size = 10",
        "Size = ['1','2']",
        "CreationTime = [1,2]",
        "CreationTime = ['yesterday','today']",
        "Size = [1,2",
        "Size = )1,2(",
        "UserData = 'x'",
        "title = 'x'",
        "Title = 'x",
        "Title = x; drop",
        "(" * 100 + "Title = 'x'" + ")" * 100,
        "Title = 'x'" + " and Title = 'x'" * 100,
        "VideoId in ('" + "','".join("x" * 101) + "')",
        "T" * 9000,
    ],
)
def test_an_expression_that_is_refused(vod: Vod, match: str) -> None:
    assert vod.refused("search_media", match=match) == (400, "InvalidParameter")


def test_only_the_asked_fields_come_back(vod: Vod, library: list[Media]) -> None:
    plain = vod.call("search_media", match="Title='film 1'")["MediaList"][0]
    assert plain["MediaId"] == library[1].video_id
    assert plain["Video"]["VideoId"] == library[1].video_id
    assert "Title" not in plain["Video"]
    more = vod.call("search_media", match="Title='film 1'", fields="Title,Size,ReferenceId,Tags")
    video = more["MediaList"][0]["Video"]
    assert video["Size"] == library[1].size
    assert (video["ReferenceId"], video["Tags"]) == ("mark-1", "a,b")
    assert "UserData" not in video


def test_audio_and_video_are_searched_apart(vod: Vod) -> None:
    vod.create(title="film")
    vod.normal(HEADS["mp3"], title="song", file_name="a.mp3")
    assert found(vod, None) == ["film"]
    assert found(vod, None, search_type="audio") == ["song"]
    for kind in ("image", "attached", "x"):
        refusal = vod.refused("search_media", search_type=kind)
        assert refusal == (400, "InvalidParameter")


def test_the_order_of_a_search(cloud: FakeCloud, vod: Vod, library: list[Media]) -> None:
    ascending = [f"film {n}" for n in range(5)]
    assert found(vod, None, sort_by="CreationTime:Asc") == ascending
    cloud.clock.advance(10)
    vod.refresh(library[0].video_id).put(film())
    assert found(vod, None, sort_by="ModificationTime:Desc,CreationTime:Asc")[0] == "film 0"
    for order in ("Title:Asc", "CreationTime", "CreationTime:Up", ",", ",".join(["a:Asc"] * 4)):
        assert vod.refused("search_media", sort_by=order) == (400, "InvalidParameter")
    assert vod.refused("search_media", scroll_token="0" * 32) == (400, "InvalidParameter")


# -- GetVideoInfos


def test_several_videos_at_once(vod: Vod, library: list[Media]) -> None:
    answer = vod.call(
        "get_video_infos",
        video_ids=f"{library[0].video_id},{'0' * 32},{library[0].video_id}",
        reference_ids="mark-0,mark-1,mark-9",
    )
    assert [video["Title"] for video in answer["VideoList"]] == ["film 0", "film 1"]
    assert answer["NonExistVideoIds"] == ["0" * 32]
    assert answer["NonExistReferenceIds"] == ["mark-9"]
    many = ",".join(f"{n:032x}" for n in range(21))
    assert vod.refused("get_video_infos", video_ids=many) == (400, "VideoIdsExceededMax")
