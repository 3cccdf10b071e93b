"""The calls that the deployment tool makes, in its order (Function Compute's documentation).

Through the official Python SDK; the tool itself needs its component, which is not on npm. Its
component's habits are followed: the role becomes a lower-case ARN, what the API keeps apart leaves
the function, blanks are sent along, the package is put into a temporary bucket.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import oss2
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.testing.fc import config, shown, upload_key
from ops.rehearse.with_sdk import function_fields


class Tool:
    """Deploys, shows, invokes and removes one resource of `s.yaml`, from its rendered props."""

    def __init__(self, cloud: FakeCloud, props: Mapping[str, Any]) -> None:
        self._cloud = cloud
        self._props = props
        self._sdk = Client(config(cloud))
        self.name: str = props["functionName"]

    def plan(self) -> dict[str, Any]:
        """Read what is deployed. Each read may find nothing."""
        name = self.name
        latest = {"qualifier": "LATEST"}
        found = {
            "function": self._maybe(
                lambda: self._sdk.get_function(name, models.GetFunctionRequest())
            ),
            "async": self._maybe(
                lambda: self._sdk.get_async_invoke_config(
                    name, models.GetAsyncInvokeConfigRequest(**latest)
                )
            ),
            "vpc": self._maybe(lambda: self._sdk.list_vpc_bindings(name)),
            "scaling": self._maybe(
                lambda: self._sdk.get_scaling_config(name, models.GetScalingConfigRequest(**latest))
            ),
            "provision": self._maybe(
                lambda: self._sdk.get_provision_config(
                    name, models.GetProvisionConfigRequest(**latest)
                )
            ),
            "concurrency": self._maybe(lambda: self._sdk.get_concurrency_config(name)),
        }
        for trigger in self._props.get("triggers", []):
            found[trigger["triggerName"]] = self._trigger(trigger["triggerName"])
        return found

    def deploy(self, package: bytes) -> dict[str, Any]:
        """`s deploy -y`. Returns what `s info` shows."""
        self.plan()
        code = self._upload(package)
        there = self._maybe(lambda: self._sdk.get_function(self.name, models.GetFunctionRequest()))
        if there is None:
            given = models.CreateFunctionInput().from_map({**self._function(), "code": code})
            self._sdk.create_function(models.CreateFunctionRequest(body=given))
        else:
            fields = {**self._function(), "code": code}
            del fields["functionName"]
            changed = models.UpdateFunctionInput().from_map(fields)
            self._sdk.update_function(self.name, models.UpdateFunctionRequest(body=changed))
        for trigger in self._props.get("triggers", []):
            self._deploy_trigger(trigger)
        if "asyncInvokeConfig" in self._props:
            body = models.PutAsyncInvokeConfigInput().from_map(self._props["asyncInvokeConfig"])
            self._sdk.put_async_invoke_config(
                self.name, models.PutAsyncInvokeConfigRequest(qualifier="LATEST", body=body)
            )
        if "concurrencyConfig" in self._props:
            reserved = models.PutConcurrencyInput().from_map(self._props["concurrencyConfig"])
            self._sdk.put_concurrency_config(
                self.name, models.PutConcurrencyConfigRequest(body=reserved)
            )
        return self.info()

    def info(self) -> dict[str, Any]:
        """`s info`, with the address of the HTTP trigger as `url`."""
        found = shown(self._sdk.get_function(self.name, models.GetFunctionRequest()).body)
        for trigger in self._props.get("triggers", []):
            got = self._sdk.get_trigger(self.name, trigger["triggerName"]).body
            if got.trigger_type == "http":
                found["url"] = got.http_trigger.url_internet
        return found

    def invoke(self, event: bytes) -> Any:
        """`s invoke -e`."""
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Sync", x_fc_log_type="Tail")
        request = models.InvokeFunctionRequest(qualifier="LATEST", body=event)
        return self._sdk.invoke_function_with_options(self.name, request, headers, RuntimeOptions())

    def remove(self) -> None:
        """`s remove -y`."""
        name = self.name
        self._sdk.get_function(name, models.GetFunctionRequest())
        self._sdk.list_vpc_bindings(name)
        self._sdk.list_scaling_configs(
            models.ListScalingConfigsRequest(function_name=name, limit=100)
        )
        reserved = self._maybe(lambda: self._sdk.get_concurrency_config(name))
        assert self._sdk.list_aliases(name, models.ListAliasesRequest(limit=100)).body.aliases == []
        versions = self._sdk.list_function_versions(
            name, models.ListFunctionVersionsRequest(limit=100)
        )
        assert versions.body.versions == []
        triggers = self._sdk.list_triggers(name, models.ListTriggersRequest(limit=10)).body
        self._sdk.list_async_invoke_configs(
            models.ListAsyncInvokeConfigsRequest(function_name=name, limit=100)
        )
        for trigger in triggers.triggers:
            self._sdk.delete_trigger(name, trigger.trigger_name)
        if reserved is not None:
            self._sdk.delete_concurrency_config(name)
        self._sdk.delete_function(name)

    def _function(self) -> dict[str, Any]:
        cloud = self._cloud
        return function_fields(self._props, region=cloud.region, account_id=cloud.account_id)

    def _deploy_trigger(self, trigger: Mapping[str, Any]) -> None:
        fields = {
            "description": trigger.get("description", ""),
            "qualifier": trigger.get("qualifier", "LATEST"),
            "triggerConfig": json.dumps(trigger["triggerConfig"]),
        }
        name = trigger["triggerName"]
        if self._trigger(name) is None:
            given = {**fields, "triggerName": name, "triggerType": trigger["triggerType"]}
            made = models.CreateTriggerInput().from_map(given)
            self._sdk.create_trigger(self.name, models.CreateTriggerRequest(body=made))
        else:
            changed = models.UpdateTriggerInput().from_map(fields)
            self._sdk.update_trigger(self.name, name, models.UpdateTriggerRequest(body=changed))

    def _trigger(self, name: str) -> dict[str, Any] | None:
        return self._maybe(lambda: self._sdk.get_trigger(self.name, name))

    def _upload(self, package: bytes) -> dict[str, str]:
        given = json.loads(upload_key(self._cloud).body)
        keys = given["credentials"]
        auth = oss2.StsAuth(keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"])
        name = f"{self._cloud.account_id}/{given['objectName']}"
        oss2.Bucket(auth, self._cloud.url, given["ossBucket"]).put_object(name, package)
        return {"ossBucketName": given["ossBucket"], "ossObjectName": name}

    @staticmethod
    def _maybe(call: Callable[[], Any]) -> dict[str, Any] | None:
        try:
            return shown(call().body)
        except TeaException as error:
            if error.statusCode != 404:
                raise
            return None
