"""Reads the event of a queue trigger: the messages that EventBridge hands to a function."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any


def messages(event: Any) -> Iterator[tuple[str, str]]:
    """The messages in a parsed event, each as (message id, text).

    The event holds CloudEvents of an SMQ queue, one or a list. The text is plain, or base64 if
    EventBridge was told not to decode it. An item that is no such event becomes an empty text, so
    that it is not silently skipped.
    """
    for item in event if isinstance(event, list) else [event]:
        data = item.get("data") if isinstance(item, dict) else None
        body = data.get("messageBody") if isinstance(data, dict) else None
        identifier = data.get("messageId") if isinstance(data, dict) else None
        if not identifier and isinstance(item, dict):
            identifier = item.get("id")
        yield str(identifier or ""), _plain(body)


def _plain(body: Any) -> str:
    if isinstance(body, dict):
        return json.dumps(body)
    if not isinstance(body, str):
        return ""
    if body.lstrip().startswith("{"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
