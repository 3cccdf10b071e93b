"""`alibabacloud_fc_open20210406`: its helpers for HTTP triggers."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.fc import ANONYMOUS, ECHO, Fc, config

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_fc_open20210406.client import Client


def older(cloud: FakeCloud) -> Any:
    return Client(config(cloud, None))


@pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning")
class TestHelpers:
    """The helper that calls an HTTP trigger by its URL."""

    def test_an_anonymous_trigger_is_called(self, running: Fc) -> None:
        running.create(code=ECHO)
        url = running.trigger("echo", ANONYMOUS)["httpTrigger"]["urlInternet"]
        client = older(running.cloud)
        answer = client.invoke_anonymous_httptrigger(url, "POST", b'{"n":1}', {})
        assert (answer.status_code, json.loads(answer.json()["body"])) == (200, {"n": 1})
        # An anonymous trigger ignores the FC 2.0 signature in `Authorization`.
        signed = client.invoke_httptrigger(url, "POST", b'{"n":2}', {})
        assert json.loads(signed.json()["body"]) == {"n": 2}
        assert signed.json()["headers"]["Authorization"].startswith("FC ")

    def test_a_signed_trigger_refuses_the_signature_of_2_0(self, running: Fc) -> None:
        running.create(code=ECHO)
        config = {"authType": "function", "methods": ["POST"]}
        url = running.trigger("echo", config)["httpTrigger"]["urlInternet"]
        answer = older(running.cloud).invoke_httptrigger(url, "POST", b"{}", {})
        assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidArgument")
        assert "invalid authorization" in answer.json()["Message"]
        assert "ACS3-HMAC-SHA256" in answer.json()["Message"]
