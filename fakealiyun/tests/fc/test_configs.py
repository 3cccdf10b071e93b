"""The settings beside a function: asynchronous invocation, concurrency, scaling."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_fc20230330 import models

from fakealiyun.testing.fc import Fc, shown

ARN = "acs:fc:cn-shanghai:1234567890123456:functions/echo"


def test_asynchronous_invocation(fc: Fc) -> None:
    fc.create()
    body = models.PutAsyncInvokeConfigInput(
        max_async_retry_attempts=0,
        max_async_event_age_in_seconds=60,
        destination_config=models.DestinationConfig(
            on_failure=models.Destination(destination=f"{ARN}-other")
        ),
    )
    request = models.PutAsyncInvokeConfigRequest(qualifier="LATEST", body=body)
    put = fc.sdk.put_async_invoke_config("echo", request).body
    get = models.GetAsyncInvokeConfigRequest(qualifier="LATEST")
    found = shown(fc.sdk.get_async_invoke_config("echo", get).body)
    assert found == shown(put)
    assert (found["functionArn"], found["maxAsyncRetryAttempts"]) == (ARN, 0)
    assert found["destinationConfig"] == {"onFailure": {"destination": f"{ARN}-other"}}
    listed = fc.sdk.list_async_invoke_configs(
        models.ListAsyncInvokeConfigsRequest(function_name="echo", limit=100)
    )
    assert [shown(one) for one in listed.body.configs] == [found]
    delete = models.DeleteAsyncInvokeConfigRequest(qualifier="LATEST")
    assert fc.sdk.delete_async_invoke_config("echo", delete).status_code == 204
    refused = fc.refused("GET", "/functions/echo/async-invoke-config?qualifier=LATEST")
    assert (refused.status, refused.code) == (404, "AsyncInvokeConfigNotFound")


def test_concurrency(fc: Fc) -> None:
    fc.create()
    assert fc.refused("GET", "/functions/echo/concurrency").code == "ConcurrencyConfigNotFound"
    body = models.PutConcurrencyInput(reserved_concurrency=8)
    fc.sdk.put_concurrency_config("echo", models.PutConcurrencyConfigRequest(body=body))
    found = fc.sdk.get_concurrency_config("echo").body
    assert (found.function_arn, found.reserved_concurrency) == (ARN, 8)
    listed = fc.sdk.list_concurrency_configs(models.ListConcurrencyConfigsRequest()).body
    assert [one.reserved_concurrency for one in listed.configs] == [8]
    assert fc.sdk.delete_concurrency_config("echo").status_code == 204
    assert fc.refused("GET", "/functions/echo/concurrency").status == 404


def test_elasticity_is_one_of_two_kinds_and_holds_the_function(fc: Fc) -> None:
    fc.create()
    scaling = models.PutScalingConfigRequest(
        qualifier="LATEST", body=models.PutScalingConfigInput(min_instances=2)
    )
    fc.sdk.put_scaling_config("echo", scaling)
    get = models.GetScalingConfigRequest(qualifier="LATEST")
    found = fc.sdk.get_scaling_config("echo", get).body
    assert (found.min_instances, found.current_instances, found.target_instances) == (2, 2, 2)
    listed = fc.sdk.list_scaling_configs(models.ListScalingConfigsRequest(function_name="echo"))
    assert [one.function_arn for one in listed.body.scaling_configs] == [ARN]
    provision = {"defaultTarget": 1}
    refused = fc.refused("PUT", "/functions/echo/provision-config", provision)
    assert refused.code == "ProvisionConfigExist"
    assert fc.refused("DELETE", "/functions/echo").code == "ProvisionConfigExist"
    fc.sdk.delete_scaling_config("echo", models.DeleteScalingConfigRequest(qualifier="LATEST"))
    put = models.PutProvisionConfigRequest(
        qualifier="LATEST", body=models.PutProvisionConfigInput(default_target=1)
    )
    assert fc.sdk.put_provision_config("echo", put).body.target == 1
    fc.sdk.delete_provision_config("echo", models.DeleteProvisionConfigRequest())
    assert fc.sdk.delete_function("echo").status_code == 204


def test_there_is_nothing_to_bind_to_and_nothing_published(fc: Fc) -> None:
    fc.create()
    assert fc.sdk.list_vpc_bindings("echo").body.vpc_ids == []
    versions = fc.sdk.list_function_versions("echo", models.ListFunctionVersionsRequest(limit=1))
    assert versions.body.versions == []
    aliases = fc.sdk.list_aliases("echo", models.ListAliasesRequest(limit=100))
    assert aliases.body.aliases == []


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("async-invoke-config", {"maxAsyncRetryAttempts": 9}, "from 0 to 8"),
        ("async-invoke-config", {"maxAsyncEventAgeInSeconds": 0}, "from 1 to 2592000"),
        (
            "async-invoke-config",
            {"destinationConfig": {"onSuccess": {"destination": "echo"}}},
            "destinationConfig.onSuccess.destination must be an ARN",
        ),
        ("concurrency", {"reservedConcurrency": 0}, "reservedConcurrency"),
        ("concurrency", {}, "reservedConcurrency"),
        ("concurrency", {"reservedConcurrency": True}, "reservedConcurrency"),
        ("scaling-config", {"minInstances": -1}, "minInstances"),
        ("provision-config", {}, "target"),
        ("async-invoke-config?qualifier=prod", {}, "alias 'prod'"),
    ],
)
def test_values_out_of_range_are_refused(
    fc: Fc, path: str, body: dict[str, Any], reason: str
) -> None:
    fc.create()
    assert reason in fc.refused("PUT", f"/functions/echo/{path}", body).message
