"""UploadAddress and UploadAuth: the credential with which a client uploads exactly one object."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.identity import Credential, Identities, Principal
from fakealiyun.vod.permissions import allow

# The OSS operations that the vendor lists for the upload credentials of VOD (2019). The policy in a
# real credential is not public. The list does not allow reading the object.
_ACTIONS = (
    "oss:PutObject",
    "oss:PostObject",
    "oss:AppendObject",
    "oss:InitiateMultipartUpload",
    "oss:UploadPart",
    "oss:CompleteMultipartUpload",
    "oss:AbortMultipartUpload",
    "oss:ListMultipartUploads",
    "oss:ListParts",
    "oss:GetObjectMeta",
    "oss:HeadObject",
    # Not in the vendor's list. Copied client code sends `x-oss-object-acl: private` and
    # `x-oss-tagging` with these credentials, and nobody reports a refusal.
    "oss:PutObjectAcl",
    "oss:PutObjectTagging",
)


def pack(value: Mapping[str, Any]) -> str:
    """Compact JSON in padded standard base64, the form of every VOD credential."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def upload_address(endpoint: str, bucket: str, key: str, prefix: str | None) -> str:
    """`UploadAddress`. `endpoint` has a scheme, and no bucket in its host.

    `prefix` is the ObjectPrefix, which official SDKs use for the segments of an m3u8, or None.
    """
    address = {"Endpoint": endpoint, "Bucket": bucket, "FileName": key}
    return pack(address if prefix is None else {**address, "ObjectPrefix": prefix})


def upload_keys(
    identities: Identities, issuer: Principal, bucket: str, key: str, lifetime: int
) -> Credential:
    """New keys, valid for `lifetime` seconds of cloud time.

    `key` is an object, or a prefix followed by `*`.
    """
    policy = allow(_ACTIONS, f"acs:oss:*:*:{bucket}/{key}")
    return identities.issue(issuer, (policy,), lifetime)


def upload_auth(keys: Credential, region: str, expiration_text: str) -> str:
    """`UploadAuth`. `Expiration` is a duration as text, `ExpireUTCTime` is the time of expiry."""
    return pack(
        {
            "SecurityToken": keys.security_token,
            "AccessKeyId": keys.access_key_id,
            "ExpireUTCTime": utc(keys.expires_at or 0),
            "AccessKeySecret": keys.access_key_secret,
            "Expiration": expiration_text,
            "Region": region,
        }
    )
