"""The queues of SMQ that the deployment names: are they there, and do they keep what is put in?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ops.account import Account, Key
from ops.doctor.deployment import Deployment
from ops.doctor.report import Report
from ops.doctor.web import Once
from shared.alibaba.queue import signed_headers
from shared.transport import HttpAnswer, TransportError

TIMEOUT = 15.0  # seconds
DAY = 86_400
"""Seconds for which EventBridge tries a message, which its queue must outlast."""

_RETENTION = re.compile(rb"<MessageRetentionPeriod>([0-9]{1,9})</MessageRetentionPeriod>")
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,100})</Code>")
_MEND = "Make the queue in the functions' region, or name another: docs/deploy.md, 3."


@dataclass(frozen=True)
class _Queue:
    name: str
    use: str


def check(report: Report, account: Account, deployment: Deployment, account_id: str) -> None:
    """Ask SMQ for the attributes of each queue that a trigger reads, or that keeps dead letters."""
    if deployment.document is None:
        report.was_not_checked("queues", "`s preview` tells which there are to be")
        return
    for queue in sorted(set(_queues(deployment)), key=lambda one: one.name):
        _check(report, account, queue, account_id)


def _queues(deployment: Deployment) -> Iterator[_Queue]:
    for name in deployment.functions:
        for queue in deployment.queues(name):
            yield _Queue(queue, f"which {name} reads")
        for queue in deployment.dead_letters(name):
            yield _Queue(queue, "for what nobody took")


def _check(report: Report, account: Account, queue: _Queue, account_id: str) -> None:
    subject = f"queue {queue.name}"
    try:
        answer = _attributes(account, queue.name, account_id)
    except TransportError as fault:
        report.could_not_check(subject, f"SMQ did not answer ({fault})")
        return
    found = _CODE.search(answer.body)
    code = found[1].decode("ascii") if found else ""
    if code == "QueueNotExist":
        report.find(
            "queue-absent",
            subject,
            f"There is no such queue in {account.region}, {queue.use}.",
            why="What is to go through it goes nowhere: events are lost, or repeated for a day.",
            mend=_MEND,
        )
    elif code == "AccessDenied":
        report.was_not_checked(subject, "this key may not read it (AliyunMNSReadOnlyAccess)")
    elif answer.status != 200:
        report.could_not_check(subject, f"SMQ answers {answer.status} {code}")
    else:
        _check_retention(report, subject, answer)


def _check_retention(report: Report, subject: str, answer: HttpAnswer) -> None:
    found = _RETENTION.search(answer.body)
    if found is None:
        report.could_not_check(subject, "SMQ's answer has no MessageRetentionPeriod")
    elif int(found[1]) < DAY:
        report.find(
            "queue-retention",
            subject,
            f"It keeps a message for {int(found[1])} seconds.",
            why="A message is tried for a day, and one for a second look waits for an hour before: "
            "what is older than that the queue drops without a word.",
            mend=f"Set its MessageRetentionPeriod to {DAY} seconds or more.",
        )
    else:
        report.is_sound(subject, "is there, and keeps its messages long enough")


def _attributes(account: Account, name: str, account_id: str) -> HttpAnswer:
    """GetQueueAttributes. Raises TransportError."""
    host, tls = account.queue_host(account_id)
    path = f"/queues/{name}"
    key: Key = account.key
    with Once() as transport:
        return transport.exchange(
            "GET", host, path, signed_headers(key, "GET", path, ""), b"", tls=tls, timeout=TIMEOUT
        )
