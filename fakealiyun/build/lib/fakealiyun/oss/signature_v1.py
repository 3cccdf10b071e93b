"""OSS signature version 1: HMAC-SHA1 over a few headers and the resource.

Pure functions: the text that is signed, and its signature. `authentication` decides about them.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

#: Query parameters that are part of the signed resource. All others are not signed. Source: the
#: lists in the vendor's documentation, oss2 and oss-v2 together.
SUBRESOURCES = frozenset(
    """
    accessPoint accessPointPolicy acl append asyncFetch bucketArchiveDirectRead bucketInfo
    callback callback-var cloudboxes cname comp continuation-token cors delete encryption endTime
    group httpsConfig img inventory inventoryId lifecycle link live location logging metaQuery
    objectInfo objectMeta partNumber policy policyStatus position publicAccessBlock qos qosInfo
    qosRequester redundancyTransition referer regionList replication replicationLocation
    replicationProgress requestPayment requesterQosInfo resourceGroup resourcePool
    resourcePoolBuckets resourcePoolInfo response-cache-control response-content-disposition
    response-content-encoding response-content-language response-content-type response-expires
    restore security-token sequential startTime stat status style styleName symlink tagging
    transferAcceleration uploadId uploads versionId versioning versions vod website worm
    wormExtend wormId x-oss-ac-forward-allow x-oss-ac-source-ip x-oss-ac-subnet-mask
    x-oss-ac-vpc-id x-oss-access-point-name x-oss-async-process x-oss-enable-md5
    x-oss-enable-sha1 x-oss-enable-sha256 x-oss-hash-ctx x-oss-md5-ctx x-oss-process
    x-oss-redundancy-transition-taskid x-oss-request-payer x-oss-target-redundancy-type
    x-oss-traffic-limit x-oss-write-get-object-response
    """.split()
)


def string_to_sign(
    method: str,
    bucket: str | None,
    key: str,
    *,
    date: str,
    headers: Iterable[tuple[str, str]],
    query: Iterable[tuple[str, str]],
) -> bytes:
    """The text that V1 signs.

    `date` is the Date (or x-oss-date) header as sent, or Expires of a signed URL. Header names are
    lower case. `bucket` is None only for calls on the service itself.
    """
    plain = dict(headers)
    lines = [method, plain.get("content-md5", ""), plain.get("content-type", ""), date]
    lines += [f"{name}:{plain[name]}" for name in sorted(plain) if name.startswith("x-oss-")]
    signed = sorted((name, value) for name, value in query if name in SUBRESOURCES)
    resource = f"/{key}" if bucket is None else f"/{bucket}/{key}"
    if signed:
        resource += "?" + "&".join(f"{n}={v}" if v else n for n, v in signed)
    return "\n".join([*lines, resource]).encode("utf-8", "surrogateescape")


def signature(secret: str, message: bytes) -> str:
    """base64(HMAC-SHA1(secret, message))."""
    return base64.b64encode(hmac.new(secret.encode(), message, "sha1").digest()).decode()
