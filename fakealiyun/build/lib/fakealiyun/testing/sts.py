"""Calls STS with its two official clients, and makes policy documents for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alibabacloud_sts20150401 import models
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential


@dataclass(frozen=True)
class Keys:
    """The AccessKey of a client, with its token if it is temporary."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)

    @classmethod
    def told(cls, answer: Mapping[str, Any]) -> Keys:
        """The temporary AccessKey in an answer of AssumeRole."""
        given = answer["Credentials"]
        return cls(given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])


class Sts:
    """STS for one caller, through `alibabacloud_sts20150401`."""

    def __init__(
        self, cloud: FakeCloud, key: Keys | Credential, algorithm: str | None = None
    ) -> None:
        config = Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token,
            endpoint=cloud.endpoint,
            protocol="http",
            signature_algorithm=algorithm,
        )
        self._client = Client(config)

    def assume(self, role_arn: str | None, name: str | None = "alice", **more: Any) -> Any:
        """The answer of AssumeRole as a mapping."""
        if isinstance(more.get("policy"), dict):
            more["policy"] = json.dumps(more["policy"])
        request = models.AssumeRoleRequest(role_arn=role_arn, role_session_name=name, **more)
        return self._client.assume_role(request).body.to_map()

    def whoami(self) -> Any:
        """The answer of GetCallerIdentity as a mapping."""
        return self._client.get_caller_identity().body.to_map()


class OldSts:
    """STS for one caller, through `aliyun-python-sdk-core`, which signs with RPC V1."""

    def __init__(self, cloud: FakeCloud, key: Keys | Credential) -> None:
        if key.security_token is None:
            self._client = AcsClient(key.access_key_id, key.access_key_secret, "cn-shanghai")
        else:
            token = StsTokenCredential(key.access_key_id, key.access_key_secret, key.security_token)
            self._client = AcsClient(region_id="cn-shanghai", credential=token)
        self._endpoint = cloud.endpoint

    def call(self, action: str, **parameters: str) -> Any:
        request = RpcRequest("Sts", "2015-04-01", action)
        request.set_endpoint(self._endpoint)
        request.set_protocol_type("http")
        request.set_accept_format("JSON")
        for name, value in parameters.items():
            request.add_query_param(name, value)
        try:
            return json.loads(self._client.do_action_with_exception(request))
        finally:
            self._client.session.close()

    def assume(self, role_arn: str, name: str = "alice", **more: str) -> Any:
        return self.call("AssumeRole", RoleArn=role_arn, RoleSessionName=name, **more)

    def whoami(self) -> Any:
        return self.call("GetCallerIdentity")


def allow(*actions: str, resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A policy with one Allow statement."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return {"Version": "1", "Statement": [statement]}


def trust(*callers: str, **more: Any) -> dict[str, Any]:
    """A trust policy for the users, roles or accounts with these ARNs."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": list(callers)},
        **more,
    }
    return {"Version": "1", "Statement": [statement]}
