"""Calls to the operator's account with Alibaba Cloud's official clients."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ops.account.answers import ServiceAnswer, answer_of
from ops.account.key import Key

LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):[1-9][0-9]{0,4}")

_CONNECT, _READ = 5_000, 15_000  # milliseconds


def silence_clients() -> None:
    """Keep the SDK from printing its requests, which DEBUG turns on.

    They hold a signature, and parameters such as the PlayKey. Every Account calls this.
    """
    os.environ.pop("DEBUG", None)


class Account:
    """The services of one account in one region, called with one key.

    `endpoint`, `ram_endpoint` and `fc_endpoint` are loopback addresses (`127.0.0.1:9001`) of a fake
    cloud, for a rehearsal. A rehearsal uses http, and calls no service without an address.
    """

    def __init__(
        self,
        key: Key,
        region: str,
        *,
        endpoint: str = "",
        ram_endpoint: str = "",
        fc_endpoint: str = "",
    ) -> None:
        silence_clients()
        self.key = key
        self.region = region
        self._endpoints = {
            "vod": endpoint,
            "sts": endpoint,
            "ram": ram_endpoint,
            "fc": fc_endpoint,
            "mns": endpoint,
            "cas": endpoint,
            # The client puts the project in front of this name.
            "sls": f"{region}.log.localhost:{endpoint.rpartition(':')[2]}" if endpoint else "",
        }
        self._clients: dict[str, Any] = {}

    @property
    def rehearsal(self) -> bool:
        """Whether this account calls a fake cloud."""
        return any(self._endpoints.values())

    def offers(self, service: str) -> bool:
        """Whether a service can be called: in a rehearsal, only one with an address."""
        return not self.rehearsal or bool(self._endpoints[service])

    def as_session(self, key: Key) -> Account:
        """The same account, called with another key."""
        given = self._endpoints
        return Account(
            key,
            self.region,
            endpoint=given["vod"],
            ram_endpoint=given["ram"],
            fc_endpoint=given["fc"],
        )

    def queue_host(self, account_id: str) -> tuple[str, bool]:
        """The host of the account's SMQ queues, and whether to use TLS."""
        rehearsed = self._endpoints["vod"]
        return rehearsed or f"{account_id}.mns.{self.region}.aliyuncs.com", not rehearsed

    def vod(self, operation: str, **fields: Any) -> ServiceAnswer:
        """Call an operation of VOD; fields have the SDK's names.

        Raises ServiceRefused or NotAnswered.
        """
        from alibabacloud_vod20170321 import models
        from alibabacloud_vod20170321.client import Client

        return self._ask("vod", Client, models, operation, fields)

    def sts(self, operation: str, **fields: Any) -> ServiceAnswer:
        """Call an operation of STS. Raises ServiceRefused or NotAnswered."""
        from alibabacloud_sts20150401 import models
        from alibabacloud_sts20150401.client import Client

        if operation == "GetCallerIdentity":  # its request has no model
            client = self._client("sts", Client)
            return answer_of(lambda: client.get_caller_identity_with_options(_options()))
        return self._ask("sts", Client, models, operation, fields)

    def ram(self, operation: str, **fields: Any) -> ServiceAnswer:
        """Call an operation of RAM; fields have the SDK's names, `tag` is a mapping. Raises as
        `vod`."""
        from alibabacloud_ram20150501 import models
        from alibabacloud_ram20150501.client import Client

        return self._ask("ram", Client, models, operation, _with_tags(models, operation, fields))

    def mns(self, operation: str, **fields: Any) -> ServiceAnswer:
        """Call an operation of SMQ's control API; as `ram`."""
        from alibabacloud_mns_open20220119 import models
        from alibabacloud_mns_open20220119.client import Client

        return self._ask("mns", Client, models, operation, _with_tags(models, operation, fields))

    def sls(self, operation: str, *path: str, **fields: Any) -> ServiceAnswer:
        """Call an operation of Simple Log Service; `path` has the project and the store.

        Raises as `vod`.
        """
        from alibabacloud_sls20201230 import models
        from alibabacloud_sls20201230.client import Client

        client = self._client("sls", Client)
        if operation == "CreateIndex":
            fields = {"body": models.Index().from_map(fields)}
        call = getattr(client, f"{_snake(operation)}_with_options")
        kind = getattr(models, f"{operation}Request", None)
        parts = (*path,) if kind is None else (*path, kind(**fields))
        return answer_of(lambda: call(*parts, {}, _options()))

    def cas(self, operation: str, **fields: Any) -> ServiceAnswer:
        """Call an operation of Certificate Management Service; fields have the API's names.

        Its answers may hold a private key: keep nothing of it. Raises as `vod`.
        """
        from alibabacloud_tea_openapi.client import Client
        from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params

        client = self._client("cas", Client)
        params = Params(
            action=operation,
            version="2018-07-13",
            protocol=self._protocol("cas"),
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        return answer_of(lambda: client.call_api(params, OpenApiRequest(query=fields), _options()))

    def fc(self, operation: str, *path: str, **fields: Any) -> ServiceAnswer:
        """Call an operation of Function Compute 3.0; `path` has the parameters in the URL's path.

        Raises as `vod`.
        """
        from alibabacloud_fc20230330 import models
        from alibabacloud_fc20230330.client import Client

        client = self._client("fc", Client)
        call = getattr(client, f"{_snake(operation)}_with_options")
        # An operation whose parameters are all in the path has no model for its request.
        kind = getattr(models, f"{operation}Request", None)
        parts = (*path,) if kind is None else (*path, kind(**fields))
        return answer_of(lambda: call(*parts, {}, _options()))

    def _ask(
        self, service: str, client: Any, models: Any, operation: str, fields: Mapping[str, Any]
    ) -> ServiceAnswer:
        made = self._client(service, client)
        request = getattr(models, f"{operation}Request")(**fields)
        call = getattr(made, f"{_snake(operation)}_with_options")
        return answer_of(lambda: call(request, _options()))

    def _client(self, service: str, kind: Any) -> Any:
        from alibabacloud_tea_openapi.utils_models import Config

        if service not in self._clients:
            config = Config(
                access_key_id=self.key.access_key_id,
                access_key_secret=self.key.access_key_secret,
                security_token=self.key.security_token or None,
                region_id=self.region,
                endpoint=self._endpoints[service] or _endpoint(service, self.region),
                protocol=self._protocol(service),
                user_agent="vodpass-ops",
            )
            self._clients[service] = kind(config)
        return self._clients[service]

    def _protocol(self, service: str) -> str:
        return "http" if self._endpoints[service] else "https"


def _endpoint(service: str, region: str) -> str | None:
    """The service's host; None if its client knows it."""
    if service == "ram":
        return "ram.aliyuncs.com"  # the same in every region
    if service == "cas":
        return "cas.aliyuncs.com"
    if service == "fc":
        # As in the client's own map, except that its entry for ap-southeast-5 ends with a tab.
        new = region == "me-central-1"
        return f"{region}.fc.aliyuncs.com" if new else f"fcv3.{region}.aliyuncs.com"
    return None


def _snake(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def _options() -> Any:
    from darabonba.runtime import RuntimeOptions

    return RuntimeOptions(connect_timeout=_CONNECT, read_timeout=_READ)


def _with_tags(models: Any, operation: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields with their `tag`, a mapping, as the objects of the SDK."""
    if "tag" not in fields:
        return fields
    kind = getattr(models, f"{operation}RequestTag")
    return {**fields, "tag": [kind(key=key, value=one) for key, one in fields["tag"].items()]}
