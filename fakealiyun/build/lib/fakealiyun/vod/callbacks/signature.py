"""X-VOD-TIMESTAMP and X-VOD-SIGNATURE: MD5 over the URL, the time and the key.

The signature does not cover the body. If an upload has its own callback URL, it is not documented
which URL is hashed. This fake hashes the URL that it calls, or that of the application (a setting).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def sign(url: str, timestamp: int, key: str) -> str:
    """The signature: 32 lower-case hexadecimal digits.

    `timestamp` is in epoch seconds. `url` is exactly the configured text.
    """
    text = f"{url}|{timestamp}|{key}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def headers(url: str, timestamp: int, key: str | None) -> Mapping[str, str]:
    """The signature headers of one callback; empty without a key."""
    if key is None:
        return {}
    return {"X-VOD-TIMESTAMP": str(timestamp), "X-VOD-SIGNATURE": sign(url, timestamp, key)}
