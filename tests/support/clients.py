"""What a client does with its credentials, through the official libraries."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

import alibabacloud_oss_v2 as oss_v2
import oss2
from alibabacloud_tea_openapi.utils import Utils

from fakealiyun import FakeCloud
from tests.support.reply import Reply, send


def decoded(text: str) -> dict[str, Any]:
    """The JSON object inside a credential. Its base64 must be valid."""
    value = json.loads(base64.b64decode(text, validate=True))
    assert isinstance(value, dict)
    return value


def bucket(answer: Mapping[str, Any]) -> oss2.Bucket:
    """The bucket of a response of `/upload` or `/refresh`, through `oss2` (signature V1)."""
    auth, address = decoded(answer["UploadAuth"]), decoded(answer["UploadAddress"])
    keys = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
    return oss2.Bucket(keys, address["Endpoint"], address["Bucket"])


def object_key(answer: Mapping[str, Any]) -> str:
    """The key of the object to upload."""
    return str(decoded(answer["UploadAddress"])["FileName"])


def put(answer: Mapping[str, Any], content: bytes) -> None:
    """Upload a file in one request."""
    bucket(answer).put_object(object_key(answer), content)


def v4_client(answer: Mapping[str, Any]) -> oss_v2.Client:
    """An OSS client of `alibabacloud-oss-v2` (signature V4)."""
    auth, address = decoded(answer["UploadAuth"]), decoded(answer["UploadAddress"])
    config = oss_v2.config.load_default()
    config.credentials_provider = oss_v2.credentials.StaticCredentialsProvider(
        auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"]
    )
    config.region = auth["Region"]
    config.endpoint = address["Endpoint"]
    return oss_v2.Client(config)


def play_info(cloud: FakeCloud, play_auth: str, **changes: str) -> Reply:
    """GetPlayInfo as the web player calls it: RPC V1, signed with the keys inside a PlayAuth."""
    inner = decoded(play_auth)
    parameters = {
        "Action": "GetPlayInfo",
        "Version": "2017-03-21",
        "Format": "JSON",
        "VideoId": inner["VideoMeta"]["VideoId"],
        "AuthInfo": inner["AuthInfo"],
        "AuthTimeout": "7200",
        "Channel": "HTML5",
        "StreamType": "video",
        "PlayConfig": "{}",
        "ReAuthInfo": "{}",
        "AccessKeyId": inner["AccessKeyId"],
        "SecurityToken": inner["SecurityToken"],
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **changes,
    }
    signature = Utils.get_rpcsignature(parameters, "GET", inner["AccessKeySecret"])
    return send(cloud.port, "GET", "/?" + urlencode({**parameters, "Signature": signature}))


def download(url: str, cloud: FakeCloud) -> bytes:
    """The bytes at a PlayURL, which must be a URL of the cloud."""
    assert url.startswith(cloud.url + "/"), url
    answer = send(cloud.port, "GET", url.removeprefix(cloud.url))
    assert answer.status == 200, answer.body
    return answer.body
