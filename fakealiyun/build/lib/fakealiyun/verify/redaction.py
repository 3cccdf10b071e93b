"""Replaces what must not leave the account: secrets, the account, buckets, ids and URLs.

Both sides are replaced in the same way. So what differs only by its id is equal.
"""

from __future__ import annotations

import re

from fakealiyun.verify.probe import Seen

_SHORTEST = 4
_WHOLE = (
    (re.compile(r"\b(?:https?|oss|acs)://[^\s\"'<>]+", re.IGNORECASE), "<url>"),
    (re.compile(r"\bacs:[a-z]+:[^\s\"'<>]*"), "<arn>"),
)
"""Forms that are replaced before the known values, because these are inside them."""
_PATTERNS = (
    (re.compile(r"\b[a-z0-9.-]+\.(?:aliyuncs|aliyun-inc|fcapp)\.(?:com|run)\b(?::\d+)?"), "<host>"),
    (re.compile(r"(?:127\.0\.0\.1|\blocalhost|\[::1\]):\d+"), "<host>"),
    (re.compile(r"\b(?:LTAI|STS\.)[A-Za-z0-9]{8,}"), "<access key id>"),
    (re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"), "<id>"),
    (re.compile(r"fakealiyun-verify-[0-9a-f]{16}"), "<name>"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z"), "<time>"),
    (re.compile(r"(?<![A-Za-z0-9])[0-9A-Fa-f]{24,}(?![A-Za-z0-9])"), "<id>"),
    (re.compile(r"(?<!\d)\d{12,20}(?!\d)"), "<number>"),
    (re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}"), "<text>"),
)


class Redaction:
    """What is known about one side."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def learn(self, what: str, value: str | None) -> None:
        """Replace `value` by `<what>` from now on. Short values are too common for that."""
        if value is not None and len(value) >= _SHORTEST:
            self._known[value] = f"<{what}>"

    def text(self, text: str) -> str:
        """The text without what is known, and without what has the form of an id or a URL."""
        for pattern, replacement in _WHOLE:
            text = pattern.sub(replacement, text)
        text = self.known(text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def known(self, text: str) -> str:
        """The text without what is known."""
        for value in sorted(self._known, key=len, reverse=True):
            text = text.replace(value, self._known[value])
        return text

    def seen(self, value: Seen) -> Seen:
        """The same for every text inside a value, also for the names in a mapping."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.seen(item) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self.seen(item) for name, item in value.items()}
        return value
