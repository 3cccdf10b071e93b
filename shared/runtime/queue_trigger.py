"""Reads the event of a queue trigger: the messages that EventBridge hands to a function."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any


def parse(event: bytes) -> Any:
    """The event of a trigger, parsed. Raises ValueError if it is not JSON.

    An item of a list that is nested too deep to be parsed becomes None. The others are kept.
    """
    try:
        return json.loads(event)
    except RecursionError:
        items = [_parsed(item) for item in _items(event.decode("utf-8"))]
        if not items:
            raise ValueError("no item") from None
        return items


def _parsed(item: str) -> Any:
    try:
        return json.loads(item)
    except (ValueError, RecursionError):
        return None


def _items(text: str) -> Iterator[str]:
    """The texts of the items of a JSON array. It is read without recursion, and not checked."""
    depth, begin = 0, 0
    for mark in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', text):
        found = mark[0]
        if depth == 1 and found in ",]":
            yield text[begin : mark.start()]
            begin = mark.end()
        if found in "[{":
            depth += 1
            begin = mark.end() if depth == 1 else begin
        elif found in "]}":
            depth -= 1


def messages(event: Any) -> Iterator[tuple[str, str]]:
    """The messages in a parsed event, each as (message id, text).

    The event holds CloudEvents of an SMQ queue, one or a list. The text is plain, or base64 if
    EventBridge was told not to decode it; base64 may have line breaks. An item that is no such
    event becomes an empty text, so that it is not silently skipped.
    """
    for item in event if isinstance(event, list) else [event]:
        data = item.get("data") if isinstance(item, dict) else None
        body = data.get("messageBody") if isinstance(data, dict) else None
        identifier = data.get("messageId") if isinstance(data, dict) else None
        if not identifier and isinstance(item, dict):
            identifier = item.get("id")
        yield identifier if isinstance(identifier, str) else "", _plain(body)


def _plain(body: Any) -> str:
    """The text of a message body, decoded; "" if it has none."""
    try:
        if isinstance(body, dict):
            return json.dumps(body)
        if not isinstance(body, str):
            return ""
        if body.lstrip().startswith("{"):
            return body
        return base64.b64decode("".join(body.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError, RecursionError):
        return ""
