"""Check that the deployment's SMQ queues exist and keep messages long enough."""

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
_RETENTION = re.compile(rb"<MessageRetentionPeriod>([0-9]{1,9})</MessageRetentionPeriod>")
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,100})</Code>")
_FIX = "`python -m ops.account apply` creates it. Or name another queue."


@dataclass(frozen=True)
class _Queue:
    name: str
    use: str
    least: int
    """Seconds for which it must keep a message."""


def check(report: Report, account: Account, deployment: Deployment, account_id: str) -> None:
    """Read the attributes of each queue that a trigger reads or that holds dead letters."""
    if deployment.document is None:
        report.was_not_checked("queues", "only `s preview` says which queues the deployment uses")
        return
    for queue in sorted(set(_queues(deployment)), key=lambda one: one.name):
        _check(report, account, queue, account_id)


def _queues(deployment: Deployment) -> Iterator[_Queue]:
    for name in deployment.functions:
        for queue in deployment.queues(name):
            yield _Queue(queue, f"{name} reads it", deployment.least_kept(queue))
        for queue in deployment.dead_letters(name):
            use = "it is for messages that no function accepted"
            yield _Queue(queue, use, deployment.least_kept(queue))


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
            f"There is no such queue in {account.region}; {queue.use}.",
            why="Messages cannot pass through it: events are lost, or retried for a day.",
            fix=_FIX,
        )
    elif code == "AccessDenied":
        report.was_not_checked(subject, "this key may not read it (AliyunMNSReadOnlyAccess)")
    elif answer.status != 200:
        report.could_not_check(subject, f"SMQ answers {answer.status} {code}")
    else:
        _check_retention(report, subject, queue.least, answer)


def _check_retention(report: Report, subject: str, least: int, answer: HttpAnswer) -> None:
    found = _RETENTION.search(answer.body)
    if found is None:
        report.could_not_check(subject, "SMQ's answer has no MessageRetentionPeriod")
    elif int(found[1]) < least:
        report.find(
            "queue-retention",
            subject,
            f"It keeps a message for {int(found[1])} seconds.",
            why="EventBridge retries a message for a day, and a recheck waits in the queue before "
            "that. The queue silently drops older messages.",
            fix=f"Set its MessageRetentionPeriod to {least} seconds or more.",
        )
    else:
        report.is_sound(subject, "exists, and keeps messages long enough")


def _attributes(account: Account, name: str, account_id: str) -> HttpAnswer:
    """GetQueueAttributes. Raises TransportError."""
    host, tls = account.queue_host(account_id)
    path = f"/queues/{name}"
    key: Key = account.key
    with Once() as transport:
        return transport.exchange(
            "GET", host, path, signed_headers(key, "GET", path, ""), b"", tls=tls, timeout=TIMEOUT
        )
