"""Abandoned uploads are deleted only if that is switched on, and only when it is safe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun.testing.vod import Vod
from fakealiyun.vod.applications import Identity
from fakealiyun.vod.settings import DEFAULT_APP
from tests.functions.events.conftest import emptied, running
from tests.functions.roles.grants import give_everything
from tests.support.code_under_test import CodeUnderTest
from tests.support.road import WINDOW, Road

DUE = WINDOW + 3600 + 60 + 600
"""Seconds after its creation from which an upload may be deleted."""


@pytest.fixture(scope="module")
def deployed(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("cleaning")
    jobs = "expiring,abandoned"
    with running(code_under_test, folder, VODPASS_WATCH=jobs, VODPASS_CLEANUP="delete") as road:
        yield road


@pytest.fixture
def cleaning(deployed: Road) -> Iterator[Road]:
    """A deployment that deletes, and whose watch role allows it."""
    for road in emptied(deployed):
        give_everything(road.stack.cloud, "vodpass-watch")
        yield road


def left(road: Road) -> set[str]:
    return {media.video_id for media in road.stack.cloud.vod.library.all()}


def said(road: Road, *video_ids: str) -> list[str]:
    """What the log of watch says about the deletion of these videos."""
    lines = [run for run in road.runs() if "clean_up" in run]
    return [line["clean_up"] for line in lines if line["VideoId"] in video_ids]


def test_by_default_a_deletion_is_only_logged(plain_road: Road) -> None:
    road = plain_road
    upload = road.upload()
    road.ticks(1, DUE + 10)
    assert "dry-run" in said(road, upload.video_id)
    assert left(road) == {upload.video_id}
    assert "DeleteVideo" not in road.calls()


def test_an_upload_is_deleted_only_after_its_last_credential_expired(cleaning: Road) -> None:
    upload = cleaning.upload()
    cleaning.ticks(1, DUE - 10)
    assert left(cleaning) == {upload.video_id}
    cleaning.ticks(1, 20 + 300)
    assert left(cleaning) == set()
    assert said(cleaning, upload.video_id) == ["delete"]
    assert len(cleaning.receiver.ids(upload.video_id, "upload.abandoned")) == 1


def test_a_video_without_a_mark_is_kept(cleaning: Road) -> None:
    made = Vod(cleaning.stack.cloud).call("create_upload_video", title="f", file_name="f.mp4")
    cleaning.ticks(1, DUE + 10)
    assert left(cleaning) == {made["VideoId"]}
    assert said(cleaning, made["VideoId"]) == []


def test_a_finished_upload_is_kept(cleaning: Road) -> None:
    upload = cleaning.upload()
    cleaning.finish(upload)
    cleaning.finished(upload)
    cleaning.ticks(1, DUE + 10)
    assert left(cleaning) == {upload.video_id}


def test_a_deletion_whose_answer_is_lost_is_logged_once(cleaning: Road) -> None:
    upload = cleaning.upload()
    cleaning.stack.cloud.faults.set("vod", "DeleteVideo", "reset_after")
    cleaning.ticks(1, DUE + 10)
    assert left(cleaning) == set()
    assert said(cleaning, upload.video_id) == ["delete"]
    assert cleaning.runs()[-1]["code"] == "OK"


def test_an_upload_that_cannot_be_deleted_does_not_stop_the_others(cleaning: Road) -> None:
    uploads = [cleaning.upload(f"user-{number}") for number in range(3)]
    cleaning.stack.cloud.faults.set(
        "vod", "DeleteVideo", "error", status=403, code="Forbidden.IllegalStatus"
    )
    cleaning.ticks(1, DUE + 10)
    cleaning.ticks()
    assert left(cleaning) == set()
    # The retry of the timer may run at the same time as the next tick. Then both log the deletion.
    for upload in uploads:
        assert set(said(cleaning, upload.video_id)) == {"delete"}


def test_a_deletion_that_vod_forbids_is_a_fault_and_not_logged(cleaning: Road) -> None:
    """VOD answers 200 and lists what it did not delete."""
    upload = cleaning.upload()
    applications = cleaning.stack.cloud.vod.applications
    watch = Identity("RamRole", "vodpass-watch")
    applications.detach(watch, DEFAULT_APP, "VODAppFullAccess")
    applications.attach(watch, DEFAULT_APP, "VODAppReadOnlyAccess")
    cleaning.ticks(1, DUE + 10)
    assert left(cleaning) == {upload.video_id}
    assert said(cleaning, upload.video_id) == []
    assert cleaning.runs()[-1]["failed"] == 1
