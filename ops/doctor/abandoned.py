"""Check whether `watch` refuses to delete abandoned uploads, because they are too many."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from ops.account import Account, NotAnswered, ServiceRefused
from ops.doctor import clock
from ops.doctor.report import Report
from shared.alibaba.session import OperationAnswer, utc_text
from shared.alibaba.vod import records
from shared.alibaba.vod.operations import PAGE_SIZE
from shared.alibaba.vod.records import AWAITING_FILE, Video
from shared.config.settings import Settings
from shared.config.variables import LONGEST_UPLOAD_WINDOW
from shared.errors import UpstreamError
from shared.uploads.declaration import declaration_of
from shared.watch.cleanup import LARGE_PART, MANY, may_delete, too_many
from shared.watch.run import CLEANUP_AFTER, LOOK_BACK
from shared.watch.sweep import MAX_VIDEOS

SUBJECT = "watch VODPASS_CLEANUP"


def check(report: Report, account: Account, settings: Mapping[str, Settings]) -> None:
    """Count the uploads of the deployment that await a file, and those that `watch` may delete."""
    watch = settings.get("watch")
    if watch is None or watch.cleanup == "off" or "abandoned" not in watch.watch:
        return
    try:
        awaiting = [video for video in _awaiting(account) if _is_ours(watch, video)]
    except NotAnswered as fault:
        report.could_not_check(SUBJECT, f"VOD did not answer ({fault})")
        return
    except ServiceRefused as refusal:
        report.was_not_checked(SUBJECT, f"this key may not list videos: {refusal}")
        return
    except UpstreamError:
        report.could_not_check(SUBJECT, "VOD's list of videos cannot be read")
        return
    deletions = sum(may_delete(watch, video) for video in awaiting)
    if not too_many(deletions, len(awaiting)):
        report.is_sound(SUBJECT, f"{deletions} of {len(awaiting)} uploads may be deleted")
        return
    forced = watch.cleanup_force
    report.find(
        "clean-up",
        SUBJECT,
        f"{deletions} of {len(awaiting)} uploads that await a file may be deleted. "
        + ("VODPASS_CLEANUP_FORCE=1 allows it." if forced else "`watch` deletes none of them."),
        why=f"More than {MANY} at once and more than {LARGE_PART:.0%} are most often the result of "
        "a wrong setting, or of a time without `watch`.",
        fix="Set VODPASS_CLEANUP=dry-run and read in the log which ones they are. "
        + (
            "Then unset VODPASS_CLEANUP_FORCE."
            if forced
            else "To delete them, set VODPASS_CLEANUP_FORCE=1 until a run has deleted them."
        ),
        severity="warning",
    )


def _awaiting(account: Account) -> Iterator[Video]:
    """The uploads of all deployments that await a file, as far back as `watch` looks."""
    since = time.time() - LONGEST_UPLOAD_WINDOW - CLEANUP_AFTER - LOOK_BACK
    for number in range(1, MAX_VIDEOS // PAGE_SIZE + 1):
        answer = account.vod(
            "GetVideoList",
            status=AWAITING_FILE,
            start_time=utc_text(since),
            sort_by="CreationTime:Desc",
            page_no=number,
            page_size=PAGE_SIZE,
        )
        now = clock.date_of(answer.headers) or time.time()
        videos, total = records.page(OperationAnswer(answer.body, now, 0.0))
        yield from (video for video in videos if video is not None)  # None: unreadable
        if not videos or number * PAGE_SIZE >= total:
            return


def _is_ours(settings: Settings, video: Video) -> bool:
    same_application = video.app_id in ("", settings.application)
    return same_application and declaration_of(settings, video) is not None
