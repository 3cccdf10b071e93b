"""Finds the bucket and the object of a request from its Host and path.

Clients use three forms:

    bucket host   PUT /dir/a.mp4            Host: bkt.oss-cn-shanghai.localhost:9001
    path style    PUT /bkt/dir%2Fa.mp4      Host: 127.0.0.1:9001    (oss2, oss-v2)
    bucket-less   PUT /dir/a.mp4            Host: 127.0.0.1:9001    (ali-oss in a browser)

The last two forms look the same. The signature covers the bucket, so every possible address is
tried, the most likely first, and the signature shows which one the client meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from fakealiyun.oss.errors import OssError
from fakealiyun.oss.state import is_bucket_name

_SUFFIXES = (".localhost", ".aliyuncs.com")
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
#: First labels of a host that name a service, not a bucket.
_SERVICES = frozenset({"oss", "vod", "sts", "fc", "ram", "www"})
_MAX_KEY = 1023


@dataclass(frozen=True)
class Address:
    """A bucket and a key in it.

    `bucket` is None for the service itself, and `key` is empty for the bucket itself. `named` says
    whether the host or the path of the request names the bucket.
    """

    bucket: str | None
    key: str
    named: bool = True


def host_name(host: str) -> str:
    """The Host header without its port, in lower case."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].rstrip(".")


def bucket_of_host(host: str) -> str | None:
    """The bucket that a Host header names; None if it names no bucket.

    `bkt.oss-cn-shanghai.aliyuncs.com`, `bkt.oss-cn-shanghai.localhost`, `bkt.oss.localhost` and
    `bkt.localhost` all name `bkt`.
    """
    name = host_name(host)
    suffix = next((end for end in _SUFFIXES if name.endswith(end)), None)
    if suffix is None:
        return None
    label, _, rest = name[: -len(suffix)].partition(".")
    if label in _SERVICES or label.startswith("oss-") or not is_bucket_name(label):
        return None
    if suffix == ".aliyuncs.com" and not rest.startswith("oss"):
        return None
    return label


def region_of_host(host: str) -> str | None:
    """The region in a Host like `bkt.oss-cn-shanghai.localhost`; None if there is none.

    The accelerate endpoint, `oss-accelerate`, serves the buckets of every region.
    """
    for label in host_name(host).split(".")[:2]:
        if label.startswith("oss-") and label != "oss-accelerate":
            return label[len("oss-") :].removesuffix("-internal")
    return None


def _misnamed(host: str) -> str | None:
    """What a host name has in the place of the bucket, if no bucket can have that name."""
    label, _, rest = host.strip().partition(":")[0].partition(".")
    below = rest.lower().startswith("oss-") and rest.lower().rstrip(".").endswith(_SUFFIXES)
    return label if below and not is_bucket_name(label) else None


def addresses(host: str, raw_path: str, known: Iterable[str]) -> tuple[Address, ...]:
    """The possible addresses of a request, the most likely first; never empty.

    `raw_path` is the encoded path from the request. `known` are the names of all existing buckets.
    Raises OssError InvalidURI for a path that is not well-formed, and InvalidBucketName if the host
    names a bucket that cannot exist.
    """
    if not raw_path.startswith("/"):
        raise OssError("InvalidURI")
    misnamed = _misnamed(host)
    if misnamed is not None:
        raise OssError("InvalidBucketName", details={"BucketName": misnamed})
    whole = raw_path[1:]
    named = bucket_of_host(host)
    if named is not None:
        return (Address(named, decode(whole)),)
    first, _, rest = whole.partition("/")
    first = decode(first)
    buckets = tuple(known)
    key = decode(whole)
    bucketless = [Address(name, key, named=False) for name in buckets]
    if not whole:
        return (Address(None, ""), *bucketless)
    by_path = Address(first, decode(rest))
    if first in buckets:
        return (by_path, *bucketless)
    return (*bucketless, by_path)


def decode(raw: str) -> str:
    """Percent-decoded once. `+` is a space, as in a form: the official Go SDK 1.5 sends it so.

    Raises OssError InvalidURI for a broken escape, and InvalidArgument if it is not UTF-8.
    """
    if raw.isascii() and "%" not in raw and "+" not in raw:
        return raw
    if _BROKEN_ESCAPE.search(raw):
        raise OssError("InvalidURI")
    try:
        plain = raw.replace("+", " ").encode("utf-8", "surrogateescape")
        return unquote_to_bytes(plain).decode("utf-8")
    except UnicodeDecodeError:
        raise OssError("InvalidArgument", "The characters encoding must be utf-8.") from None


def check_key(key: str) -> None:
    """Raises OssError InvalidObjectName for a key that OSS does not allow."""
    if len(key.encode()) > _MAX_KEY or key.startswith(("/", "\\")) or "\0" in key:
        raise OssError(
            "InvalidObjectName",
            f"The object key must be 1 to {_MAX_KEY} bytes of UTF-8 and not begin with / or \\.",
            details={"ObjectName": key},
        )
