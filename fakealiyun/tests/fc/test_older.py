"""The API of 2.0, and the helpers for HTTP triggers in `alibabacloud_fc_open20210406`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.fc import Fc, config, refusal

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_fc_open20210406 import models
    from alibabacloud_fc_open20210406.client import Client


def older(cloud: FakeCloud, key: Credential | None = None) -> Any:
    return Client(config(cloud, key))


def test_an_account_has_no_services(fc: Fc) -> None:
    fc.create("shop-upload")
    client = older(fc.cloud)
    assert client.list_services(models.ListServicesRequest()).body.services == []
    calls: list[Callable[[], Any]] = [
        lambda: client.get_service("shop", models.GetServiceRequest()),
        lambda: client.get_function("shop", "shop-upload", models.GetFunctionRequest()),
        lambda: client.list_functions("shop", models.ListFunctionsRequest()),
        lambda: client.list_triggers("shop", "upload", models.ListTriggersRequest()),
        lambda: client.get_trigger("shop", "upload", "http"),
        lambda: client.invoke_function(
            "shop", "shop-upload", models.InvokeFunctionRequest(body=b"{}")
        ),
    ]
    for call in calls:
        refused = refusal(call)
        assert (refused.status, refused.code) == (404, "ServiceNotFound")


def test_none_can_be_made(fc: Fc) -> None:
    request = models.CreateServiceRequest(service_name="shop")
    refused = refusal(lambda: older(fc.cloud).create_service(request))
    assert (refused.status, refused.code) == (501, "NotImplemented")


def test_signatures_and_permissions_are_checked_there_too(fc: Fc) -> None:
    cloud = fc.cloud
    guessed = Credential(cloud.admin.access_key_id, "x" * 30, cloud.admin.principal, ())
    request = models.ListServicesRequest()
    assert refusal(lambda: older(cloud, guessed).list_services(request)).code == "SignatureNotMatch"
    weak = cloud.ram.add_user("weak")
    assert refusal(lambda: older(cloud, weak).list_services(request)).code == "AccessDenied"
