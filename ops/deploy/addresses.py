"""At which addresses the deployed functions answer, and where VOD's callbacks go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ops.account import Account, ServiceRefused

NOT_KNOWN = ".invalid"
"""How the host of a CallbackURL ends until the first deployment."""


def of_domain(props: Mapping[str, Mapping[str, Any]]) -> str:
    """The address of the custom domain, without a slash at its end; empty if there is none."""
    for own in props.values():
        if "customDomain" in own:
            return f"https://{own['customDomain']['domainName']}"
    return ""


def called(props: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The functions that have an HTTP trigger."""
    return [
        name
        for name, own in props.items()
        if any(trigger["triggerType"] == "http" for trigger in own["triggers"])
    ]


def of_triggers(account: Account, props: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The address of each HTTP trigger that is deployed; a function that is not has none.

    Raises ServiceRefused for any other refusal, or NotAnswered.
    """
    found: dict[str, str] = {}
    for name in called(props):
        try:
            listed = account.fc("ListTriggers", str(props[name]["functionName"])).body
        except ServiceRefused as refusal:
            if refusal.status == 404:
                continue
            raise
        for trigger in listed.get("triggers") or []:
            url = str((trigger.get("httpTrigger") or {}).get("urlInternet") or "")
            if url:
                found[name] = url.rstrip("/")
    return found


def is_not_known(url: str) -> bool:
    """Whether a CallbackURL waits for the address of `events`."""
    return (urlsplit(url).hostname or "").endswith(NOT_KNOWN)


def moved(url: str, address: str) -> str:
    """The CallbackURL at another address, with the same secret end."""
    return f"{address}/{url.rpartition('/')[2]}"
