"""Compare the functions' roles and the clients' roles with `ram/`.

There are two ways. A key that may read RAM gets the attached policies from RAM. `--as-role` tries
to assume each role. Only Function Compute should be able to, so success is a finding; calls that
only read then show what the role may do.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fakealiyun.ram.policy import PolicyGrammarError
from ops.account import Account, Key, NotAnswered, ServiceAnswer, ServiceRefused
from ops.account.roles import WATCH_QUEUE, extras, folder
from ops.doctor import policies
from ops.doctor.deployment import Deployment
from ops.doctor.policies import RoleFiles
from ops.doctor.report import Report
from shared.config.settings import Settings

_FIX = (
    "`python -m ops.account apply` makes and corrects roles that are marked as this deployment's; "
    "--adopt gives it others. By hand: ram/README.md."
)
_CLIENT_ROLES = {"upload": "sts_upload_role", "play": "sts_play_role", "oss": "sts_oss_role"}
_NOBODY = secrets.token_hex(16)  # no video has this VideoId
_READS: Mapping[str, Mapping[str, Any]] = {
    "GetVideoInfo": {"video_id": _NOBODY},
    "GetVideoInfos": {"video_ids": _NOBODY},
    "GetMezzanineInfo": {"video_id": _NOBODY},
    "GetVideoPlayAuth": {"video_id": _NOBODY},
    "GetPlayInfo": {"video_id": _NOBODY},
    "GetVideoList": {"page_no": 1, "page_size": 1},
    "GetMessageCallback": {},
}
"""Operations of VOD that only read. Their answers show whether a role may call them."""


@dataclass(frozen=True)
class Role:
    """A role by its name in the account, and its folder in `ram/`."""

    name: str
    folder: str


def check(
    report: Report,
    account: Account,
    deployment: Deployment,
    settings: Mapping[str, Settings],
    account_id: str,
    *,
    as_role: bool,
) -> None:
    """Check each role of the deployment as far as the key allows."""
    events, sts = settings.get("events"), settings.get("sts")
    values = {
        "AccountId": account_id,
        "Name": deployment.name or "vodpass",
        "WatchQueue": WATCH_QUEUE,
    }
    if events is not None and events.watch_queue:
        values["WatchQueue"] = events.watch_queue
    if sts is not None and sts.oss_bucket and sts.oss_prefix:
        values |= {"Bucket": sts.oss_bucket, "Prefix": sts.oss_prefix.rstrip("/")}
    for role in of(deployment, sts):
        files = policies.read(role.folder, values, _further(role, deployment))
        if files is None:
            report.was_not_checked(
                role.name, f"ram/{role.folder} has no files for it, or a value in them is not known"
            )
            continue
        if account.offers("ram"):
            _by_ram(report, account, role, files)
        else:
            report.was_not_checked(role.name, "its policies: this rehearsal has no --ram-endpoint")
        if as_role:
            _by_becoming_it(report, account, role, files, account_id)
    if not as_role:
        report.was_not_checked("roles", "whether this key can assume one: no --as-role")


def _further(role: Role, deployment: Deployment) -> tuple[str, ...]:
    end = role.folder.removeprefix(folder(""))
    function = deployment.functions.get(end)
    return () if function is None else extras(end, function.environment)


def of(deployment: Deployment, sts: Settings | None) -> Iterator[Role]:
    """The roles of the functions and, if STS tokens are switched on, of their clients."""
    for function in deployment.functions.values():
        yield Role(function.role or f"vodpass-{function.name}", f"vodpass-{function.name}")
    for kind, attribute in _CLIENT_ROLES.items():
        arn = getattr(sts, attribute, "")
        if arn:
            yield Role(arn.rpartition("/")[2], f"vodpass-client-{kind}")


def _by_ram(report: Report, account: Account, role: Role, files: RoleFiles) -> None:
    try:
        found = account.ram("GetRole", role_name=role.name).body["Role"]
        trust = policies.parsed(found["AssumeRolePolicyDocument"])
        listed = account.ram("ListPoliciesForRole", role_name=role.name).body["Policies"]["Policy"]
        attached = [
            policies.parsed(_version(account, one).body["PolicyVersion"]["PolicyDocument"])
            for one in listed
        ]
        lacking = policies.missing(files.policy, attached)
    except ServiceRefused as refusal:
        if refusal.code.startswith("EntityNotExist.Role"):
            _absent(report, role)
        else:
            report.was_not_checked(role.name, f"this key may not read it in RAM: {refusal}")
        return
    except NotAnswered as fault:
        report.could_not_check(role.name, f"RAM did not answer ({fault})")
        return
    except (KeyError, TypeError, PolicyGrammarError):
        report.could_not_check(role.name, "RAM's answer cannot be read")
        return
    before = len(report.findings)
    if lacking:
        _lacks(report, role, lacking)
    more = policies.beyond(files.policy, attached)
    if more:
        _may_more(report, role, f"It may also do {'; '.join(more)}.")
    _compare_trust(report, role, policies.principals(files.trust), policies.principals(trust))
    if len(report.findings) == before:
        report.is_sound(role.name, f"its policies and trust match ram/{role.folder}")


def _version(account: Account, listed: Mapping[str, str]) -> ServiceAnswer:
    return account.ram(
        "GetPolicyVersion",
        policy_type=listed["PolicyType"],
        policy_name=listed["PolicyName"],
        version_id=listed["DefaultVersion"],
    )


def _compare_trust(report: Report, role: Role, wanted: set[str], given: set[str]) -> None:
    if wanted - given:
        report.find(
            "role-untrusting",
            role.name,
            f"Its trust policy does not name {', '.join(sorted(wanted - given))}.",
            why="They cannot assume the role. A function then has no key, and answers 500.",
            fix=_FIX,
        )
    if given - wanted:
        _trusts_more(
            report, role, f"Its trust policy also names {', '.join(sorted(given - wanted))}"
        )


def _by_becoming_it(
    report: Report, account: Account, role: Role, files: RoleFiles, account_id: str
) -> None:
    try:
        answer = account.sts(
            "AssumeRole",
            role_arn=f"acs:ram::{account_id}:role/{role.name}",
            role_session_name="vodpass-doctor",
            duration_seconds=900,
        )
    except NotAnswered as fault:
        report.could_not_check(role.name, f"STS did not answer ({fault})")
        return
    except ServiceRefused as refusal:
        if refusal.code.startswith("EntityNotExist.Role"):
            _absent(report, role)
        elif refusal.for_permission:
            report.was_not_checked(
                role.name,
                "what it may do, by assuming it: this key may not assume it, as it should be",
            )
        else:
            report.could_not_check(role.name, f"STS refused: {refusal}")
        return
    _trusts_more(report, role, "The doctor's own key can assume it")
    given = answer.body["Credentials"]
    key = Key(given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])
    _try_reads(report, account.as_session(key), role, files)


def _try_reads(report: Report, session: Account, role: Role, files: RoleFiles) -> None:
    for operation, fields in _READS.items():
        meant = not policies.missing(_one(f"vod:{operation}"), [files.policy])
        try:
            session.vod(operation, **fields)
            may = True
        except NotAnswered as fault:
            report.could_not_check(role.name, f"{operation}: VOD did not answer ({fault})")
            continue
        except ServiceRefused as refusal:
            may = not refusal.for_permission
        if meant and not may:
            _lacks(report, role, [f"vod:{operation}"])
        if may and not meant:
            _may_more(report, role, f"It may also call vod:{operation}.")
    report.was_not_checked(role.name, "what it may change: the doctor only makes calls that read")


def _one(action: str) -> Mapping[str, object]:
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def _absent(report: Report, role: Role) -> None:
    report.find(
        "role-absent",
        role.name,
        "There is no such role in the account.",
        why="The function gets no key, and answers 500 to everyone.",
        fix=_FIX,
    )


def _lacks(report: Report, role: Role, actions: list[str]) -> None:
    report.find(
        "role-lacks",
        role.name,
        f"It may not {', '.join(actions)}.",
        why="VOD or STS refuses the call, and the caller gets 500 Misconfigured.",
        fix=_FIX,
    )


def _may_more(report: Report, role: Role, what: str) -> None:
    report.find(
        "role-may-more",
        role.name,
        what,
        why="VOD's permissions cover every video. A role should allow only what its function "
        "needs, so that a defect in it can do no more.",
        fix="Detach the other policies. " + _FIX,
    )


def _trusts_more(report: Report, role: Role, what: str) -> None:
    report.find(
        "role-trusts-more",
        role.name,
        f"{what}.",
        why="Anyone who can assume the role can do what the function can, without its checks.",
        fix=_FIX,
    )
