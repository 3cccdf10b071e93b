"""Signed URLs (V1), which VOD returns for playback."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from fakealiyun.oss.signature_v1 import signature, string_to_sign

if TYPE_CHECKING:
    from fakealiyun.identity import Credential


def sign_url(
    credential: Credential, method: str, base_url: str, bucket: str, key: str, expires_at: int
) -> str:
    """A path-style URL that allows `method` on one object.

    `base_url` is scheme and host without a path. `expires_at` is in epoch seconds: cloud time for
    the own key of a service, wall time for other keys (see OssAuthenticator). With an STS
    credential the URL expires with the credential, if that is earlier.
    """
    query = {"OSSAccessKeyId": credential.access_key_id, "Expires": str(expires_at)}
    if credential.security_token is not None:
        query["security-token"] = credential.security_token
    message = string_to_sign(
        method, bucket, key, date=str(expires_at), headers=(), query=query.items()
    )
    query["Signature"] = signature(credential.access_key_secret, message)
    path = quote(f"/{bucket}/{key}", safe="/~")
    return f"{base_url.rstrip('/')}{path}?{urlencode(query, quote_via=quote, safe='')}"
