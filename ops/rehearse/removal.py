"""Removes functions as `s remove` does, through the official client."""

from __future__ import annotations

from collections.abc import Iterable

from ops.account import Account, ServiceRefused


def remove(account: Account, functions: Iterable[str]) -> None:
    """Remove functions, each after its triggers. One that is not there is no fault.

    Raises ServiceRefused or NotAnswered.
    """
    for name in functions:
        _remove(account, name)


def _remove(account: Account, name: str) -> None:
    try:
        listed = account.fc("ListTriggers", name).body.get("triggers") or ()
    except ServiceRefused as refusal:
        if refusal.status == 404:
            return
        raise
    for trigger in listed:
        account.fc("DeleteTrigger", name, str(trigger["triggerName"]))
    for config in ("DeleteAsyncInvokeConfig", "DeleteConcurrencyConfig"):
        _without(account, config, name)
    account.fc("DeleteFunction", name)


def _without(account: Account, operation: str, name: str) -> None:
    given = {"qualifier": "LATEST"} if operation == "DeleteAsyncInvokeConfig" else {}
    try:
        account.fc(operation, name, **given)
    except ServiceRefused as refusal:
        if refusal.status != 404:
            raise
