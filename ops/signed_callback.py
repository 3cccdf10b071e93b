"""The headers with which VOD signs a callback, for tools that send one as VOD would.

VOD signs with MD5 over the CallbackURL, a timestamp and the AuthKey. It does not sign the body
(VOD's documentation of HTTP callbacks).
"""

import hashlib
from collections.abc import Mapping


def headers(callback_url: str, timestamp: int, auth_key: str) -> Mapping[str, str]:
    """The headers of a JSON callback to `callback_url`; `timestamp` in epoch seconds."""
    signed = f"{callback_url}|{timestamp}|{auth_key}".encode()
    return {
        "Content-Type": "application/json",
        "X-VOD-TIMESTAMP": str(timestamp),
        # MD5 is VOD's choice.
        "X-VOD-SIGNATURE": hashlib.md5(signed, usedforsecurity=False).hexdigest(),
    }
