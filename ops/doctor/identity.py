"""Check the doctor's own key, and that the settings name roles of the same account."""

from __future__ import annotations

from ops.account import Account, NotAnswered, ServiceRefused
from ops.doctor.report import Report
from shared.config.settings import Settings

_ROLES = ("sts_upload_role", "sts_play_role", "sts_oss_role")


def check(report: Report, account: Account, settings: dict[str, Settings]) -> str | None:
    """GetCallerIdentity: the account's id, or None where the key does not work."""
    try:
        answer = account.sts("GetCallerIdentity")
    except ServiceRefused as refusal:
        report.find(
            "key",
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            f"STS refuses the key: {refusal}.",
            why="The account cannot be checked with this key.",
            fix="Use an active key of this account that may read.",
        )
        return None
    except NotAnswered as fault:
        report.could_not_check("identity", f"STS did not answer ({fault})")
        return None
    account_id, kind = str(answer.body.get("AccountId")), answer.body.get("IdentityType")
    report.is_sound("identity", f"the key belongs to a {kind} of account {account_id}")
    if kind == "Account":
        report.find(
            "root-key",
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "The key belongs to the account itself.",
            why="It may do everything, and no policy can limit it.",
            fix="Create a RAM user with AliyunVODReadOnlyAccess, AliyunRAMReadOnlyAccess and "
            "AliyunFCReadOnlyAccess, and delete the account's key.",
            severity="warning",
        )
    for attribute in _ROLES:
        arn = getattr(settings.get("sts"), attribute, "")
        if arn and arn.split(":")[3] != account_id:
            report.find(
                "role-account",
                f"sts VODPASS_{attribute.upper()}",
                "The role belongs to another account.",
                why="Clients would get keys of another account than the deployment's.",
                fix=f"Name a role of account {account_id}, or use a key of the other account.",
            )
    return account_id
