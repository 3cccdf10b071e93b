"""Decides which service gets a request that is not for the control routes.

First the host name decides:

BUCKET.oss-REGION.*                    OSS, whatever the bucket is called
vod.*, sts.*, ram.*, mns-open.*,
resourcemanager.*, cas.*               OpenAPI gateway
fc.*, fcv3.*, ACCOUNT.REGION.fc.*      Function Compute
ACCOUNT.mns.REGION.*                   SMQ
[PROJECT.]REGION.log.*                 Simple Log Service
any other name                         OSS (BUCKET.*, oss*.*)

On 127.0.0.1, [::1] and localhost, the request decides:

signed `MNS …`, or with x-mns-version  SMQ
signed `LOG …`                         Simple Log Service
path /                                 OpenAPI gateway, unless it is signed or posted as for OSS
paths /2023-03-30/*, /2021-04-06/*, …  Function Compute, with the same exception
any other path                         OSS
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from fakealiyun.guard import split_host

ServiceName = Literal["openapi", "fc", "mns", "sls", "oss"]

_API_LABELS = ("vod", "sts", "ram", "resourcemanager", "cas", "mns-open", "vod-vpc", "sts-vpc")
_BUCKET_NAME = re.compile(
    r"(?!oss-)[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]\.oss-[a-z0-9-]{2,40}\.(aliyuncs\.com|localhost)"
)
_FC_NAME = re.compile(r"(fc|fcv3|[0-9]{1,20}\.[a-z0-9-]+\.fc)\.")
_MNS_PATH = re.compile(r"/(queues|topics)(?![^/?])")
_MNS_NAME = re.compile(r"[0-9]{1,20}\.mns\.")
_SLS_NAME = re.compile(r"(?:[a-z0-9-]{3,63}\.)?[a-z]{2}-[a-z0-9-]+\.log\.(aliyuncs\.com|localhost)")
_FC_PATH = re.compile(r"/(2023-03-30|2021-04-06|2016-08-15)/")
_PLAIN_NAMES = ("127.0.0.1", "localhost", "[::1]")


def service_of(target: str, headers: Mapping[str, str], *, by_host: bool = True) -> ServiceName:
    """The service that answers a request.

    `target` is the request target as sent, `headers` ignores the case of names. With `by_host`
    False, the request alone decides, as on 127.0.0.1.
    """
    named = _by_name(headers.get("Host", "")) if by_host else None
    if named is not None:
        return named
    if headers.get("Authorization", "").startswith("MNS "):
        return "mns"
    if headers.get("Authorization", "").startswith("LOG "):
        return "sls"
    if "x-mns-version" in headers and _MNS_PATH.match(target):
        return "mns"
    path, _, query = target.partition("?")
    if path != "/" and not _FC_PATH.match(target):
        return "oss"
    if _is_marked_for_oss(query, headers):
        return "oss"
    return "openapi" if path == "/" else "fc"


@lru_cache(maxsize=64)
def is_bucket_host(host: str) -> bool:
    """Whether a `Host` header is the name that Alibaba Cloud gives to a bucket.

    `BUCKET.oss-REGION.aliyuncs.com`. ali-oss on Node sends such a Host to an endpoint that is an IP
    address. Nobody but Alibaba Cloud can point such a name to this machine.
    """
    parts = split_host(host)
    return parts is not None and _is_bucket_name(parts[0]) and parts[0].endswith(".com")


def _is_bucket_name(name: str) -> bool:
    return _BUCKET_NAME.fullmatch(name) is not None


@lru_cache(maxsize=64)  # asked for every request
def _by_name(host: str) -> ServiceName | None:
    """The service that a host name belongs to; None for a plain name, which every service has."""
    parts = split_host(host)
    name = "" if parts is None else parts[0]
    if name in _PLAIN_NAMES:
        return None
    if _is_bucket_name(name):
        return "oss"
    if _MNS_NAME.match(name):
        return "mns"
    if _SLS_NAME.fullmatch(name):
        return "sls"
    if _FC_NAME.match(name):
        return "fc"
    return "openapi" if name.partition(".")[0] in _API_LABELS else "oss"


def _is_marked_for_oss(query: str, headers: Mapping[str, str]) -> bool:
    content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        headers.get("Authorization", "").startswith("OSS")
        or content_type == "multipart/form-data"
        or "OSSAccessKeyId=" in query
        or "x-oss-signature=" in query
    )
