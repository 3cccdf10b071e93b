"""Conditional and partial reads: If-* headers and Range, as OSS handles them."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from fakealiyun.oss.errors import OssError
from fakealiyun.oss.request import RequestHead
from fakealiyun.oss.state import StoredObject

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})(?:,.*)?")


def check(head: RequestHead, stored: StoredObject, prefix: str = "") -> None:
    """Raises OssError PreconditionFailed (412) or NotModified (304) if a condition fails.

    `prefix` is before the names of the headers in a copy.
    """
    match, none_match = head.header(f"{prefix}if-match"), head.header(f"{prefix}if-none-match")
    if match is not None and not _names(match, stored.etag):
        raise OssError("PreconditionFailed", details={"Condition": "If-Match"})
    unmodified = _seconds(head.header(f"{prefix}if-unmodified-since"))
    if unmodified is not None and int(stored.last_modified) > unmodified:
        raise OssError("PreconditionFailed", details={"Condition": "If-Unmodified-Since"})
    if none_match is not None:
        if _names(none_match, stored.etag):
            raise OssError("NotModified")
        return
    modified = _seconds(head.header(f"{prefix}if-modified-since"))
    if modified is not None and int(stored.last_modified) <= modified:
        raise OssError("NotModified")


def byte_range(head: RequestHead, size: int) -> tuple[int, int] | None:
    """The first and the last requested byte; None for the whole object.

    OSS ignores a range that is malformed or not completely inside the object. It uses the first of
    several ranges. With `x-oss-range-behavior: standard` it shortens a range that is too long, and
    raises OssError InvalidRange (416) for a start outside the object.
    """
    raw = head.header("range")
    if raw is None:
        return None
    found = _RANGE.fullmatch(raw.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        first = int(found[1])
        last = int(found[2]) if found[2] else size - 1
        if found[2] and last < first:
            return None
    else:
        first, last = size - int(found[2]), size - 1
    if head.header("x-oss-range-behavior") == "standard":
        if first >= size or first > last:
            raise OssError("InvalidRange", headers={"Content-Range": f"bytes */{size}"})
        return max(first, 0), min(last, size - 1)
    return (first, last) if 0 <= first <= last < size else None


def _names(listed: str, etag: str) -> bool:
    if listed.strip() == "*":
        return True
    return etag in {item.strip().removeprefix("W/").strip('"') for item in listed.split(",")}


def _seconds(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
