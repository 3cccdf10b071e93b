"""Which upload window counts for what, when the sealed one and the setting differ."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.alibaba.vod.records import Video
from shared.auth.ownership import Owner, new_mark
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.uploads.declaration import Declaration, seal
from shared.uploads.window import (
    abandonment_window,
    cleanup_window,
    promised_window,
    refresh_window,
)
from shared.watch.cleanup import LARGE_PART, MANY, may_delete, too_many

SETTINGS = Settings(
    issuer_alias="example", owner_keys=(OwnerKey("k1", b"1" * 32),), upload_window=7200
)
LONGEST = 2_592_000
CLEANUP_AFTER = 4260  # seconds: 3600 of the last credential, 60 for clocks, 600 for a write


def video(window: int | None, *, age: float = 0.0, settings: Settings = SETTINGS) -> Video:
    mark = new_mark(settings, Owner("example", "alice"))
    extend = Declaration("alice", "", "digest", None, "mp4", window)
    data = json.dumps({"Extend": seal(settings, mark, extend)})
    return Video(
        video_id="0" * 32,
        status="Uploading",
        reference_id=mark,
        user_data=data,
        created_at=1_800_000_000.0,
        now=1_800_000_000.0 + age,
        size=0,
    )


@pytest.mark.parametrize(
    ("sealed", "to_refresh", "to_abandon", "to_delete"),
    [
        (3600, 3600, 3600, 3600),
        (7200, 7200, 7200, 7200),
        (86400, 7200, 86400, 86400),
        (None, 7200, 7200, LONGEST),
    ],
)
def test_the_shorter_window_ends_refreshes_and_the_promised_one_prevents_deletion(
    sealed: int | None, to_refresh: int, to_abandon: int, to_delete: int
) -> None:
    one = video(sealed)
    assert promised_window(SETTINGS, one) == sealed
    assert refresh_window(SETTINGS, one) == to_refresh
    assert abandonment_window(SETTINGS, one) == to_abandon
    assert cleanup_window(SETTINGS, one) == to_delete


def test_a_window_that_somebody_else_sealed_does_not_count() -> None:
    foreign = replace(SETTINGS, owner_keys=(OwnerKey("k1", b"2" * 32),))
    one = video(3600, settings=foreign)
    assert promised_window(SETTINGS, one) is None
    assert cleanup_window(SETTINGS, one) == LONGEST
    assert refresh_window(SETTINGS, one) == SETTINGS.upload_window


@pytest.mark.parametrize(("sealed", "window"), [(3600, 3600), (86400, 86400), (None, LONGEST)])
def test_an_upload_may_be_deleted_only_after_its_window_and_its_last_credential(
    sealed: int | None, window: int
) -> None:
    due = window + CLEANUP_AFTER
    assert not may_delete(SETTINGS, video(sealed, age=due))
    assert may_delete(SETTINGS, video(sealed, age=due + 1))


@pytest.mark.parametrize(
    ("deletions", "awaiting", "refused"),
    [
        (MANY, MANY, False),
        (MANY + 1, MANY + 1, True),
        (MANY + 10, 100, False),  # exactly 30 %
        (MANY + 11, 100, True),
        (MANY + 1, 1000, False),
        (0, 0, False),
    ],
)
def test_a_run_deletes_no_large_part_of_the_uploads(
    deletions: int, awaiting: int, refused: bool
) -> None:
    assert (MANY, LARGE_PART) == (20, 0.3)
    assert too_many(deletions, awaiting) is refused
