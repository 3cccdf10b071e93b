"""Before a deletion, watch reads the video again: whatever has changed since keeps it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.alibaba.vod.codes import IllegalStatus, NotFoundAtVod
from shared.alibaba.vod.operations import VOD_SERVICE
from shared.alibaba.vod.records import Video
from shared.auth.ownership import Owner, new_mark
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.errors import UpstreamError
from shared.runtime.instance import Instance
from shared.uploads.declaration import Declaration, seal
from shared.watch.cleanup import clean_up, too_many
from shared.watch.run import Memory, Run
from shared.watch.sweep import look_after

WINDOW = 3600
CLEANUP_AFTER = 4260  # seconds: 3600 of the last credential, 60 for clocks, 600 for a write
SETTINGS = Settings(
    issuer_alias="main",
    owner_keys=(OwnerKey("k1", b"a" * 32),),
    upload_window=WINDOW,
    cleanup="delete",
)
BEGUN = 1_800_000_000.0


def marked(settings: Settings = SETTINGS, window: int | None = WINDOW, sub: str = "alice") -> Video:
    """An abandoned upload that may be deleted."""
    mark = new_mark(settings, Owner(settings.issuer_alias, sub))
    extend = seal(settings, mark, Declaration(sub, "", "digest", None, "mp4", window))
    return Video(
        video_id="5b1c7e90d2a84f36ae0d9c41f7b86235",
        status="Uploading",
        reference_id=mark,
        user_data=json.dumps({"Extend": extend}),
        size=0,
        created_at=BEGUN,
        now=BEGUN + WINDOW + CLEANUP_AFTER + 1,
    )


VIDEO = marked()


class StubVod:
    """VOD with one video. `found` is what GetVideoInfo answers; None: there is none."""

    def __init__(self, found: Video | None) -> None:
        self.found = found
        self.deleted: list[str] = []
        self.refusal: Exception | None = None

    def video(self, *, video_id: str) -> Video:
        if self.found is None:
            raise NotFoundAtVod
        assert video_id == VIDEO.video_id
        return self.found

    def delete_video(self, video_id: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.deleted.append(video_id)


def run_with(
    found: Video | None, settings: Settings = SETTINGS, seconds: float = 60
) -> tuple[Run, StubVod]:
    """A run that has listed VIDEO, and then reads `found`."""
    session = SimpleNamespace(left=seconds, cloud_time=time.time)
    run = Run(cast(Any, session), settings, Memory(Instance("watch", VOD_SERVICE, {})))
    vod = StubVod(found)
    run.vod = cast(Any, vod)
    run.deletable[VIDEO.video_id] = VIDEO
    run.awaiting.add(VIDEO.video_id)
    return run, vod


def test_an_upload_that_did_not_change_is_deleted() -> None:
    run, vod = run_with(VIDEO)
    clean_up(run)
    assert vod.deleted == [VIDEO.video_id]
    assert run.failed == 0


OTHERS = replace(SETTINGS, owner_keys=(OwnerKey("k1", b"b" * 32),))
CHANGED: dict[str, Video | None] = {
    "the file has arrived": replace(VIDEO, status="UploadSucc"),
    "it can be played": replace(VIDEO, status="Normal"),
    "it failed": replace(VIDEO, status="UploadFail"),
    "it has no mark": replace(VIDEO, reference_id=None),
    "it has another mark of the same owner": marked(),
    "it has the mark of another owner": marked(sub="bob"),
    "it has the mark of another deployment": marked(OTHERS),
    "its declarations are gone": replace(VIDEO, user_data=None),
    "its declarations are of another video": replace(VIDEO, user_data=marked().user_data),
    "it is of another application": replace(VIDEO, app_id="app-2000000"),
    "it was promised a longer window": replace(
        marked(window=2 * WINDOW), reference_id=VIDEO.reference_id
    ),
    "it is younger": replace(VIDEO, created_at=BEGUN + 2),
    "it is gone": None,
}


@pytest.mark.parametrize("change", CHANGED)
def test_an_upload_that_has_changed_is_kept(change: str) -> None:
    run, vod = run_with(CHANGED[change])
    clean_up(run)
    assert vod.deleted == []


@pytest.mark.parametrize("mode", ["off", "dry-run"])
def test_nothing_is_deleted_in_another_mode(mode: str) -> None:
    run, vod = run_with(VIDEO, replace(SETTINGS, cleanup=mode))
    clean_up(run)
    assert vod.deleted == []


@pytest.mark.parametrize("fault", [IllegalStatus(), UpstreamError("odd")])
def test_a_refused_deletion_counts_as_a_fault(fault: Exception) -> None:
    run, vod = run_with(VIDEO)
    vod.refusal = fault
    clean_up(run)
    assert run.failed == 1


def test_a_video_that_is_gone_by_then_is_no_fault() -> None:
    run, vod = run_with(VIDEO)
    vod.refusal = NotFoundAtVod()
    clean_up(run)
    assert run.failed == 0


def test_a_run_without_time_leaves_it_to_the_next() -> None:
    run, vod = run_with(VIDEO, seconds=4.9)
    clean_up(run)
    assert (vod.deleted, run.left_over) == ([], 1)


def test_a_message_deletes_nothing() -> None:
    run, vod = run_with(VIDEO, replace(SETTINGS, watch=frozenset({"abandoned"})))
    run.deletable.clear()
    run.memory.receivers = cast(
        Any, SimpleNamespace(of=lambda *_, **__: SimpleNamespace(deliver=lambda *_: None))
    )
    look_after(run, VIDEO.video_id)
    assert vod.deleted == []


@pytest.mark.parametrize(
    ("deletions", "awaiting", "many"),
    [
        *((0, 0, False), (20, 20, False), (21, 21, True), (21, 69, True), (21, 70, False)),
        *((30, 100, False), (31, 100, True), (1000, 3334, False), (1001, 3334, True)),
    ],
)
def test_many_means_more_than_20_and_more_than_30_percent(
    deletions: int, awaiting: int, many: bool
) -> None:
    assert too_many(deletions, awaiting) == many
