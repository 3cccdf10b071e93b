"""Check that VOD is open in the region, and has what the settings name."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from functools import partial

from ops.account import Account, NotAnswered, ServiceAnswer, ServiceRefused
from ops.doctor import clock
from ops.doctor.report import Report
from shared.config.settings import Settings

_ABSENT = "InvalidVideo.NotFound"
_NOT_OFFERED = ("InvalidAction", "InvalidApi")
_FIX = "Open ApsaraVideo VOD in this region, pay an overdue bill, or correct VODPASS_REGION."
_FIXES: Mapping[str, str] = {
    "OperationDenied.Suspended": "VOD is suspended in this account. Pay the overdue bill.",
    "UserNotFound": "Open ApsaraVideo VOD in this region, or correct VODPASS_REGION.",
    "OperationDenied": "Open ApsaraVideo VOD in this region, or correct VODPASS_REGION.",
}
_REGION_IN_HOST = re.compile(r"\.oss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com$")


def check(report: Report, account: Account, settings: Mapping[str, Settings]) -> bool:
    """Whether VOD answers in the region. It reads a list of one video, or an absent video."""
    try:
        listed = account.vod("GetVideoList", page_no=1, page_size=1)
    except NotAnswered as fault:
        report.could_not_check("VOD", f"it did not answer in {account.region} ({fault})")
        return False
    except ServiceRefused as refusal:
        if not _reads_absent_video(report, account, refusal):
            return False
    else:
        report.is_sound("VOD", f"answers in {account.region}")
        clock.check(report, "VOD", listed.headers, rehearsal=account.rehearsal)
    upload = settings.get("upload")
    if upload is not None:
        _check_storage(report, account, upload)
        _check_named(report, account, upload)
    return True


def _reads_absent_video(report: Report, account: Account, first: ServiceRefused) -> bool:
    """Whether VOD answers for an absent video: the key may be allowed to read, but not to list."""
    try:
        account.vod("GetVideoInfo", video_id=secrets.token_hex(16))
    except NotAnswered as fault:
        report.could_not_check("VOD", f"it did not answer in {account.region} ({fault})")
        return False
    except ServiceRefused as refusal:
        if refusal.code == _ABSENT:
            report.is_sound("VOD", f"answers in {account.region}")
            report.was_not_checked("VOD", "clock: this key may not list videos")
            return True
        if refusal.for_permission and first.for_permission:
            report.could_not_check("VOD", f"RAM does not allow this key to read VOD ({refusal})")
            return False
        report.find(
            "vod",
            "VODPASS_REGION",
            f"VOD refuses every call in {account.region}: {refusal}.",
            why="The functions get the same answer, and issue no credentials.",
            fix=_FIXES.get(refusal.code, _FIX),
        )
        return False
    return True


def _check_storage(report: Report, account: Account, upload: Settings) -> None:
    location = upload.storage_location
    if not location:
        return
    subject = "upload VODPASS_STORAGE_LOCATION"
    named = _REGION_IN_HOST.search(location)
    if named is not None and named[1] != account.region:
        report.find(
            "storage-region",
            subject,
            f"The bucket is in {named[1]}, but the functions call VOD in {account.region}.",
            why="VOD accepts only storage of its own region, so it refuses every upload. (Old "
            "accounts in cn-shanghai that added storage in cn-beijing are an exception.)",
            fix=f"Name a bucket of {account.region} as VOD's console shows it, or correct "
            "VODPASS_REGION.",
            severity="warning",
        )
        return
    report.was_not_checked(subject, "whether VOD has this bucket: no call that reads shows it")


def _check_named(report: Report, account: Account, upload: Settings) -> None:
    """Check the template groups and the categories with calls that read them."""
    groups = [("VODPASS_TEMPLATE_GROUP_ID", upload.template_group_id)]
    groups += [("VODPASS_TEMPLATE_GROUP_IDS", one) for one in upload.template_group_ids]
    for name, group in groups:
        if group:
            _read(
                report,
                f"upload {name}",
                partial(
                    account.vod, "GetTranscodeTemplateGroup", transcode_template_group_id=group
                ),
            )
    categories = [("VODPASS_CATE_ID", upload.cate_id)]
    categories += [("VODPASS_CATE_IDS", one) for one in upload.cate_ids]
    for name, category in categories:
        if category is not None:
            _read(report, f"upload {name}", partial(account.vod, "GetCategories", cate_id=category))


def _read(report: Report, subject: str, call: Callable[[], ServiceAnswer]) -> None:
    try:
        call()
    except NotAnswered as fault:
        report.could_not_check(subject, f"VOD did not answer ({fault})")
    except ServiceRefused as refusal:
        if refusal.for_permission or refusal.code.startswith(_NOT_OFFERED):
            report.was_not_checked(subject, f"this key may not read it: {refusal}")
            return
        # The documentation does not say for every region which code an absent one gets.
        report.find(
            "vod-setting",
            subject,
            f"VOD does not find it: {refusal}.",
            why="VOD refuses every upload that names it.",
            fix="Copy the id from VOD's console, in this region and account.",
        )
    else:
        report.is_sound(subject, "VOD has it")
