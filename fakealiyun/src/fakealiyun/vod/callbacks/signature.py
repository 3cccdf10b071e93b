"""X-VOD-TIMESTAMP and X-VOD-SIGNATURE: MD5 over the URL, the time and the key.

The body is not covered. Which URL is hashed where an upload has its own is not documented: here
the one that is called.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def sign(url: str, timestamp: int, key: str) -> str:
    """32 lower-case hexadecimal digits. `timestamp` in epoch seconds, `url` byte for byte as it
    was configured."""
    text = f"{url}|{timestamp}|{key}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def headers(url: str, timestamp: int, key: str | None) -> Mapping[str, str]:
    """The headers of one callback; none without a key."""
    if key is None:
        return {}
    return {"X-VOD-TIMESTAMP": str(timestamp), "X-VOD-SIGNATURE": sign(url, timestamp, key)}
