"""A client with an STS token from `/sts`, which calls the cloud through the official SDKs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest
from darabonba.core import DaraCore
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.testing.sts import Keys
from tests.support.house import House
from tests.support.reply import Reply
from tests.support.tokens import SCOPES

PURPOSES = ("vod-upload", "vod-play", "oss-upload")
EVERY_GRANT = {"sts": list(PURPOSES), "play": "*"}
DENIED = frozenset({"Forbidden.RAM", "NoPermission"})

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "CreateUploadVideo": {"Title": "A film", "FileName": "film.mp4"},
    "CreateUploadImage": {"ImageType": "default", "ImageExt": "png"},
    "CreateUploadAttachedMedia": {"BusinessType": "subtitle", "MediaExt": "srt"},
}
"""The parameters that an operation needs besides a VideoId."""


def sts_token(house: House, sub: Any = "alice", **changes: Any) -> str:
    """A caller's token with the scope `vod:sts` and every grant, with these changes."""
    claims = {"scope": f"{SCOPES} vod:sts", "vod": EVERY_GRANT, **changes}
    return house.issuer.token(sub, **claims)


def ask(house: House, token: str | None, purpose: Any, /, **more: Any) -> Reply:
    """POST /sts."""
    return house.post("/sts", token, {"Purpose": purpose, **more})


@dataclass(frozen=True)
class Holder:
    """A client that has only one response of `/sts`."""

    cloud: FakeCloud
    answer: Mapping[str, Any]

    @classmethod
    def of(cls, house: House, token: str, purpose: str, **more: Any) -> Holder:
        """The caller with this `token`, after it got an STS token for `purpose`."""
        reply = ask(house, token, purpose, **more)
        assert reply.status == 200, reply.body
        return cls(house.cloud, reply.json())

    @property
    def keys(self) -> Keys:
        answer = self.answer
        return Keys(answer["AccessKeyId"], answer["AccessKeySecret"], answer["SecurityToken"])

    @property
    def prefix(self) -> str:
        """The prefix of the keys that the holder may write."""
        return str(self.answer["KeyPrefix"])

    def vod(self, action: str, **fields: Any) -> dict[str, Any]:
        """Call an operation of VOD through `alibabacloud_vod20170321`. Raises TeaException."""
        client = Client(
            Config(
                access_key_id=self.keys.access_key_id,
                access_key_secret=self.keys.access_key_secret,
                security_token=self.keys.security_token,
                endpoint=self.cloud.endpoint,
                protocol="http",
            )
        )
        name = "".join(f"_{letter}" if letter.isupper() else letter for letter in action)
        request = getattr(models, f"{action}Request")(**fields)
        body = getattr(client, name.lower().lstrip("_"))(request).body.to_map()
        assert isinstance(body, dict)
        return body

    def refused(self, action: str, **fields: Any) -> tuple[int, str]:
        """Status and code of an operation of VOD, which must be refused."""
        try:
            answer = self.vod(action, **fields)
        except TeaException as error:
            return int(error.statusCode), str(error.code)
        raise AssertionError(f"{action} was accepted: {sorted(answer)}")

    def by_the_old_sdk(self, action: str, **parameters: str) -> dict[str, Any]:
        """Call an operation of VOD through `aliyun-python-sdk-core`, which signs as RPC V1.

        Raises the SDK's ServerException.
        """
        keys = self.keys
        credential = StsTokenCredential(
            keys.access_key_id, keys.access_key_secret, keys.security_token
        )
        client = AcsClient(region_id="cn-shanghai", credential=credential)
        request = RpcRequest("vod", "2017-03-21", action)
        request.set_endpoint(self.cloud.endpoint)
        request.set_protocol_type("http")
        request.set_accept_format("JSON")
        for name, value in parameters.items():
            request.add_query_param(name, value)
        try:
            answer = json.loads(client.do_action_with_exception(request))
        finally:
            client.session.close()
        assert isinstance(answer, dict)
        return answer

    def vod_actions(self, video_id: str) -> set[str]:
        """Those operations of VOD in the cloud that RAM does not refuse."""
        return {
            action for action in self.cloud.vod.operations if not self._is_denied(action, video_id)
        }

    def _is_denied(self, action: str, video_id: str) -> bool:
        parameters = {"VideoId": video_id, "VideoIds": video_id, **PARAMETERS.get(action, {})}
        try:
            self.by_the_old_sdk(action, **parameters)
        except ServerException as error:
            return error.get_http_status() == 403 and error.get_error_code() in DENIED
        return False

    def bucket(self, name: str | None = None) -> oss2.Bucket:
        """The bucket of the response, through `oss2` (signature V1)."""
        keys = self.keys
        auth = oss2.StsAuth(keys.access_key_id, keys.access_key_secret, keys.security_token)
        endpoint = self.answer.get("Endpoint", self.cloud.url)
        return oss2.Bucket(auth, endpoint, name or self.answer["Bucket"])

    def v4_client(self) -> oss_v2.Client:
        """An OSS client of `alibabacloud-oss-v2` (signature V4)."""
        keys = self.keys
        config = oss_v2.config.load_default()
        config.credentials_provider = oss_v2.credentials.StaticCredentialsProvider(
            keys.access_key_id, keys.access_key_secret, keys.security_token
        )
        config.region = self.answer["Region"]
        config.endpoint = self.answer["Endpoint"]
        return oss_v2.Client(config)


def hang_up(endpoint: str) -> None:
    """Close the connections that the official client keeps open in this process."""
    for key in [key for key in DaraCore._sessions if f"//{endpoint}:" in f"{key}:"]:
        DaraCore._sessions.pop(key).close()
