"""How an arrived file is compared with its declaration and with the limits."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.alibaba.vod.records import Video
from shared.auth import ownership as owner
from shared.auth.ownership import Owner
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.events import event as events
from shared.uploads.declaration import Declaration, seal

SETTINGS = Settings(
    issuer_alias="example", owner_keys=(OwnerKey("k1", b"1" * 32),), max_file_size=10_000
)


def arrived(size: int | None = 4448, extension: str = "mp4") -> Video:
    """A finished upload of a film that matches its declaration."""
    mark = owner.new_mark(SETTINGS, Owner("example", "alice"))
    extend = seal(SETTINGS, mark, Declaration("alice", "", "digest", size, extension))
    return Video(
        video_id="5b1c7e90d2a84f36ae0d9c41f7b86235",
        status="Normal",
        reference_id=mark,
        user_data=json.dumps({"Extend": extend}),
        size=4448,
        created_at=1_800_000_000.0,
        now=1_800_000_100.0,
        file_md5="0" * 32,
        file_name="1207ac7b-1a20ff35548.mp4",
    )


@pytest.mark.parametrize(
    ("video", "reasons"),
    [
        (arrived(), []),
        (arrived(size=None), []),
        (arrived(size=4449), ["FileSize"]),
        (replace(arrived(size=None), size=10_000), []),
        (replace(arrived(size=None), size=10_001), ["MaxFileSize"]),
        (replace(arrived(), size=10_001), ["MaxFileSize", "FileSize"]),
        (replace(arrived(size=None), size=0), ["EmptyFile"]),
        (replace(arrived(size=None), size=0, size_known=False), []),
        (replace(arrived(), file_name="a.MP4"), []),
        (replace(arrived(), file_name="a.mov"), ["FileName"]),
        (replace(arrived(extension="mov"), file_name="a.mov"), []),
        (replace(arrived(), file_name=""), []),
        (replace(arrived(), file_name="no-extension"), []),
    ],
)
def test_the_reasons_name_each_difference_from_the_declaration(
    video: Video, reasons: list[str]
) -> None:
    assert events.rejection_reasons(video, SETTINGS) == reasons
    assert (
        events.completion_type(video, SETTINGS)
        == f"upload.{'rejected' if reasons else 'completed'}"
    )
    event = events.video_event(SETTINGS, events.completion_type(video, SETTINGS), video)
    assert event.content["data"].get("Reasons", []) == reasons


def nobodys(file_name: str) -> Video:
    return replace(arrived(), reference_id=None, user_data=None, file_name=file_name)


@pytest.mark.parametrize(("name", "fits"), [("a.flv", True), ("a.mp3", True), ("a.exe", False)])
def test_a_file_without_a_declaration_must_have_a_type_that_vod_accepts(
    name: str, fits: bool
) -> None:
    assert events.rejection_reasons(nobodys(name), SETTINGS) == ([] if fits else ["FileName"])


def test_an_event_id_covers_only_the_confirmed_facts() -> None:
    def id_of(video: Video, kind: str = "upload.completed") -> str:
        return events.video_event(SETTINGS, kind, video, {"any": "thing"}).event_id

    first = arrived()
    later = replace(first, now=first.now + 5, status="Transcoding")
    assert id_of(first) == id_of(later)
    others = [
        replace(first, size=1),
        replace(first, file_md5="f" * 32),
        replace(first, file_md5=None),
    ]
    assert len({id_of(one) for one in (first, *others)}) == 4
    assert id_of(first, "upload.rejected") != id_of(first)
    assert id_of(first, "video.ready") == id_of(replace(first, file_md5=None), "video.ready")
