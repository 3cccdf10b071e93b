"""`alibabacloud_fc_open20210406`: the API of 2.0, and its helpers for HTTP triggers."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from local.cloud import FakeCloud
from local.cloud.identity import Credential
from tests.fc.client import ANONYMOUS, ECHO, Fc, config, refusal

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_fc_open20210406 import models
    from alibabacloud_fc_open20210406.client import Client


def older(cloud: FakeCloud, key: Credential | None = None) -> Any:
    return Client(config(cloud, key))


def test_an_account_has_no_services(fc: Fc) -> None:
    fc.create("vodpass-upload")
    client = older(fc.cloud)
    assert client.list_services(models.ListServicesRequest()).body.services == []
    calls: list[Callable[[], Any]] = [
        lambda: client.get_service("vodpass", models.GetServiceRequest()),
        lambda: client.get_function("vodpass", "vodpass-upload", models.GetFunctionRequest()),
        lambda: client.list_functions("vodpass", models.ListFunctionsRequest()),
        lambda: client.list_triggers("vodpass", "upload", models.ListTriggersRequest()),
        lambda: client.get_trigger("vodpass", "upload", "http"),
        lambda: client.invoke_function(
            "vodpass", "vodpass-upload", models.InvokeFunctionRequest(body=b"{}")
        ),
    ]
    for call in calls:
        refused = refusal(call)
        assert (refused.status, refused.code) == (404, "ServiceNotFound")


def test_none_can_be_made(fc: Fc) -> None:
    request = models.CreateServiceRequest(service_name="vodpass")
    refused = refusal(lambda: older(fc.cloud).create_service(request))
    assert (refused.status, refused.code) == (501, "NotImplemented")


def test_signatures_and_permissions_are_checked_there_too(fc: Fc) -> None:
    cloud = fc.cloud
    guessed = Credential(cloud.admin.access_key_id, "x" * 30, cloud.admin.principal, ())
    request = models.ListServicesRequest()
    assert refusal(lambda: older(cloud, guessed).list_services(request)).code == "SignatureNotMatch"
    weak = cloud.ram.add_user("weak")
    assert refusal(lambda: older(cloud, weak).list_services(request)).code == "AccessDenied"


@pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning")
class TestHelpers:
    """What calls an HTTP trigger by its address."""

    def test_an_anonymous_trigger_is_called(self, running: Fc) -> None:
        running.create(code=ECHO)
        url = running.trigger("echo", ANONYMOUS)["httpTrigger"]["urlInternet"]
        client = older(running.cloud)
        answer = client.invoke_anonymous_httptrigger(url, "POST", b'{"n":1}', {})
        assert (answer.status_code, json.loads(answer.json()["body"])) == (200, {"n": 1})
        # The signature of 2.0 in `Authorization` is nothing to an anonymous trigger.
        signed = client.invoke_httptrigger(url, "POST", b'{"n":2}', {})
        assert json.loads(signed.json()["body"]) == {"n": 2}
        assert signed.json()["headers"]["Authorization"].startswith("FC ")

    def test_a_signed_trigger_does_not_take_the_signature_of_2_0(self, running: Fc) -> None:
        running.create(code=ECHO)
        config = {"authType": "function", "methods": ["POST"]}
        url = running.trigger("echo", config)["httpTrigger"]["urlInternet"]
        answer = older(running.cloud).invoke_httptrigger(url, "POST", b"{}", {})
        assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidArgument")
        assert "invalid authorization" in answer.json()["Message"]
        assert "ACS3-HMAC-SHA256" in answer.json()["Message"]
