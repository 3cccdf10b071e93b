"""The answer of `/upload` and `/refresh`, which carries an upload credential."""

from __future__ import annotations

from typing import Any

from shared.alibaba.session import utc_text
from shared.alibaba.vod.records import UploadCredential


def members(credential: UploadCredential, id_name: str, request_id: str) -> dict[str, Any]:
    """The members of the JSON answer, in the names and forms that Alibaba's client samples expect.

    ``id_name``: what the answer calls the media id, for example VideoId.
    """
    return {
        "RequestId": request_id,
        id_name: credential.media_id,
        **credential.urls,
        "UploadAddress": credential.upload_address,
        "UploadAuth": credential.upload_auth,
        "ExpireUTCTime": utc_text(credential.expires_at),
        "ExpiresIn": credential.expires_in,
    }
