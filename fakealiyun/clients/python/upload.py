"""Uploads a file with the credential of VOD, as a server does: by oss2."""

from __future__ import annotations

import base64
import json

import oss2


def send(upload_address: str, upload_auth: str, path: str) -> None:
    """PutObject of the file at `path`."""
    address = json.loads(base64.b64decode(upload_address))
    auth = json.loads(base64.b64decode(upload_auth))
    keys = (auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
    bucket = oss2.Bucket(oss2.StsAuth(*keys), address["Endpoint"], address["Bucket"])
    bucket.put_object_from_file(address["FileName"], path)
