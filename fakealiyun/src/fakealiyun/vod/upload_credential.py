"""UploadAddress and UploadAuth: what a client needs to store exactly one object."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.identity import Credential, Identities, Principal
from fakealiyun.ram.policy import Policy
from fakealiyun.vod.settings import UPLOAD_LIFETIME

# The OSS operations that the vendor lists for the upload credentials of VOD (2019). The text of
# the policy inside a real one is not public. Reading the object back is not among them.
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
)


def pack(value: Mapping[str, Any]) -> str:
    """Padded standard base64 of compact JSON, the form of every credential VOD hands out."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def upload_address(endpoint: str, bucket: str, key: str) -> str:
    """`UploadAddress`. `endpoint` has its scheme and lacks the bucket."""
    return pack({"Endpoint": endpoint, "Bucket": bucket, "FileName": key})


def upload_keys(identities: Identities, issuer: Principal, bucket: str, key: str) -> Credential:
    """New keys for one object, good for 3000 s of cloud time."""
    policy = Policy.parse(
        {
            "Version": "1",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": list(_ACTIONS),
                    "Resource": f"acs:oss:*:*:{bucket}/{key}",
                }
            ],
        }
    )
    return identities.issue(issuer, (policy,), UPLOAD_LIFETIME)


def upload_auth(keys: Credential, region: str, expiration_text: str) -> str:
    """`UploadAuth`. `Expiration` is a text and a duration, `ExpireUTCTime` the moment."""
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
