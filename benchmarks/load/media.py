"""Makes a video in the fake cloud, through the API and with the official clients."""

from __future__ import annotations

import base64
import json

import oss2
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client


def upload(endpoint: str, access_key_id: str, access_key_secret: str, content: bytes) -> str:
    """The VideoId of a new video with this content. ``endpoint``: the fake cloud's."""
    client = Client(
        Config(
            access_key_id=access_key_id,
            access_key_secret=access_key_secret,
            endpoint=endpoint,
            protocol="http",
        )
    )
    request = models.CreateUploadVideoRequest(file_name="film.mp4", title="film")
    created = client.create_upload_video(request).body
    address, keys = (
        json.loads(base64.b64decode(part)) for part in (created.upload_address, created.upload_auth)
    )
    auth = oss2.StsAuth(
        keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"], auth_version="v1"
    )
    bucket = oss2.Bucket(auth, address["Endpoint"], address["Bucket"])
    bucket.put_object(address["FileName"], content)
    return str(created.video_id)
