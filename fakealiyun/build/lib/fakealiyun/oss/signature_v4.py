"""OSS signature version 4: HMAC-SHA256 with a key that is derived for one day and region.

Pure functions, as in `signature_v1`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote

ALGORITHM = "OSS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_ALWAYS_SIGNED = ("content-md5", "content-type")


def canonical_request(
    method: str,
    bucket: str | None,
    key: str,
    *,
    headers: Iterable[tuple[str, str]],
    query: Iterable[tuple[str, str]],
    additional: Sequence[str] = (),
) -> bytes:
    """The canonical request, which is hashed.

    Header names are lower case. `query` is decoded and does not contain the signature. `additional`
    are more headers that the client signed, in lower case and sorted.
    """
    path = f"/{key}" if bucket is None else f"/{bucket}/{key}"
    pairs = sorted((_encode(name), _encode(value)) for name, value in query)
    signed = sorted(
        (name, value)
        for name, value in headers
        if name.startswith("x-oss-") or name in _ALWAYS_SIGNED or name in additional
    )
    lines = [
        method,
        quote(path, safe="/~"),
        "&".join(f"{name}={value}" if value else name for name, value in pairs),
        "".join(f"{name}:{value}\n" for name, value in signed),
        ";".join(additional),
        UNSIGNED_PAYLOAD,
    ]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def string_to_sign(date_time: str, region: str, canonical: bytes, day: str = "") -> bytes:
    """The text that V4 signs.

    `date_time` is the date header as sent. For x-oss-date it is like `20261124T080000Z` and starts
    with the day. For Date the `day` must be given (`yyyymmdd`).
    """
    scope = f"{day or date_time[:8]}/{region}/oss/aliyun_v4_request"
    digest = hashlib.sha256(canonical).hexdigest()
    return f"{ALGORITHM}\n{date_time}\n{scope}\n{digest}".encode()


@lru_cache(maxsize=64)  # a client uses the same key all day
def signing_key(secret: str, date: str, region: str) -> bytes:
    """The signing key of one day (`yyyymmdd`) and region (`cn-shanghai`)."""
    key = f"aliyun_v4{secret}".encode()
    for step in (date, region, "oss", "aliyun_v4_request"):
        key = hmac.new(key, step.encode(), "sha256").digest()
    return key


def signature(secret: str, date: str, region: str, message: bytes) -> str:
    """Hexadecimal HMAC-SHA256 of `message` under the derived key."""
    return hmac.new(signing_key(secret, date, region), message, "sha256").hexdigest()


def _encode(value: str) -> str:
    return quote(value, safe="~")
